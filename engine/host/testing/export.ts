/**
 * A recorded run as a test file that passes at once: made of its records, run, and mended
 * where something does not come out the same.
 */
import { posix } from 'node:path'

import type { RunId } from '#engine/core/id.ts'
import type { Problem } from '#engine/core/problem.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import type { DurableReader } from '#engine/durable/durable.ts'
import { checkInput } from '#engine/host/inputs.ts'
import { openBundleCache } from '#engine/host/repository/bundle-cache.ts'
import type { Files } from '#engine/host/repository/files.ts'
import { openLoader } from '#engine/host/repository/load.ts'
import { payloadsOf, planOf } from '#engine/host/views.ts'
import { viewRun } from '#engine/runtime/view.ts'
import type { TestFile } from '#engine/testing/file.ts'
import type { Fault } from '#engine/testing/judge.ts'
import { stepAt } from '#engine/testing/outline.ts'
import { caseOf, type Recorded } from '#engine/testing/recorded/case.ts'
import { printTest } from '#engine/testing/recorded/print.ts'
import { repair } from '#engine/testing/recorded/repair.ts'
import { openSuite, type Blobs } from '#engine/testing/suite.ts'

import { loadTest } from './load.ts'
import { openReal } from './real.ts'

export interface ExportWish {
  readonly files: Files
  readonly directory: string
  readonly reader: Pick<DurableReader, 'journal' | 'store'>
  readonly run: RunId
  /** The test file to be, from the root; absent means beside the flow. */
  readonly path?: string
  /** What the case shows; absent names the run. */
  readonly name?: string
}

export interface Exported {
  readonly text: string
  /** What still differs from the recorded run, when the flow of now runs it. */
  readonly faults: readonly Fault[]
  /** Of the flow as it is now; then nothing was run. */
  readonly problems: readonly Problem[]
  /** Where the text is meant to be, from the root. */
  readonly path: string
}

/** Makes the test. Throws `RUN_NOT_FOUND`. */
export async function exportTest(wish: ExportWish): Promise<Exported> {
  const { files, directory, run } = wish
  const recorded = recordedOf(wish)
  const loader = openLoader(files, openBundleCache(directory))
  const id = recorded.view.flow
  const flow = loader.catalog.filesOfFlow(id)[0] ?? `${id}.flow.yaml`
  const path = wish.path ?? flow.replace(/(?:\.flow)?\.ya?ml$/, '.test.yaml')
  const one = caseOf(recorded, wish.name ?? `the run ${run}`)
  const draft: TestFile = { dsl: 'test/1', flow: fromFolder(path, flow), cases: [one] }
  const schema = fromFolder(path, '.ionflux-schemas/test.json')
  const print = (test: TestFile): string => printTest(test, schema)
  const blobs: Blobs = new Map()
  const over: Files = {
    ...files,
    readText: (at) => (at === path ? print(draft) : files.readText(at)),
  }
  const { ready, problems, flowProblems } = await loadTest({ files: over, loader, blobs }, path)
  const found = [...problems, ...flowProblems]
  if (ready === undefined) return { text: print(draft), faults: [], problems: found, path }
  const real = openReal(blobs, directory)
  try {
    const { plan, outline } = ready
    const parts = { plan, outline, blobs, real: real.caller, checkInput, source: {} }
    const open = (test: TestFile) => openSuite({ ...parts, file: reread(print(test)) })
    const { test, faults } = await repair(recorded, draft, open)
    return { text: print(test), faults, problems: [], path }
  } finally {
    await real.close()
  }
}

/** As the file will be read: what it cannot hold must show now. */
function reread(text: string): TestFile {
  return parseDocument({ file: '', text }).value as unknown as TestFile
}

function recordedOf({ reader, run }: ExportWish): Recorded {
  const plan = planOf(reader, run)
  const records = reader.journal.read(run)
  const payloads = payloadsOf(reader.store)
  const view = viewRun({ plan, payloads }, records)
  const used = view.steps.flatMap(({ kind, path }) => (kind === 'component' ? [stepAt(path)] : []))
  const components = new Set(used)
  const idOf = (path: string): string => stepAt(path, components)
  return { view, records, idOf, value: (payload) => payloads.value(payload) }
}

/** `to` as it is written in a file at `from`. */
function fromFolder(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to)
  return path.startsWith('../') ? path : `./${path}`
}
