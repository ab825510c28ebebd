/**
 * Which test files are meant by what a person names: test files, folders, flow files, ids.
 */
import { posix } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { openCatalog } from '#engine/host/repository/catalog.ts'
import type { Files } from '#engine/host/repository/files.ts'
import { isTestFile, testGlobs } from './files.ts'
import { flowOf } from '#engine/testing/check.ts'

export interface Wanted {
  /** As the person wrote it. */
  readonly written: string
  /** The same as a path from the root. */
  readonly path: string
}

/** The test files of `wanted`, or all. Throws `CLI_USAGE` for a name that means none. */
export function testsOf(files: Files, wanted: readonly Wanted[]): readonly string[] {
  const all = files.find(testGlobs)
  if (wanted.length === 0) return all
  return [...new Set(wanted.flatMap((one) => namedBy({ files, all }, one)))].toSorted()
}

interface Known {
  readonly files: Files
  readonly all: readonly string[]
}

function namedBy({ files, all }: Known, { written, path }: Wanted): readonly string[] {
  if (isTestFile(path) && files.readText(path) !== undefined) return [path]
  const below = all.filter((file) => path === '' || file.startsWith(`${path}/`))
  if (below.length > 0) return below
  const catalog = openCatalog(files)
  const flow = files.readText(path) === undefined ? catalog.findFlow(written)?.file : path
  const tests = all.filter((file) => isTestOf(files, file, flow))
  if (flow !== undefined && tests.length > 0) return tests
  const near = suggest(written, [...all, ...catalog.flowIds()])
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  const message =
    flow === undefined
      ? `There is no test, flow or folder "${written}" here.${hint}`
      : `The flow "${written}" has no tests: write ${stemOf(flow)}.test.yaml.`
  throw new IonError('CLI_USAGE', message, { data: { path: written } })
}

/** A file beside the flow is its test also where what it names is no flow: its mistake is told. */
function isTestOf(files: Files, file: string, flow: string | undefined): boolean {
  const named = testedBy(files, file)
  if (named === flow) return true
  const isBeside = stemOf(file) === stemOf(flow ?? '')
  return isBeside && files.readText(named) === undefined
}

function stemOf(path: string): string {
  return path.replace(/\.(?:flow|test)\.ya?ml$/, '')
}

/** The flow that a test file tests. */
function testedBy(files: Files, file: string): string {
  const { value } = parseDocument({ file, text: files.readText(file) ?? '' })
  return posix.normalize(flowOf(file, value))
}
