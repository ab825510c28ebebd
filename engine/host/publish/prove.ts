/**
 * What a release has to show before it is one: it builds, `check` finds nothing, and its own
 * tests pass in the sandbox. All of it over the bytes of the commit, in a folder that is thrown
 * away.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { digestOf, digestOfBytes, type Digest } from '#engine/core/digest.ts'
import { hasErrors, type Problem } from '#engine/core/problem.ts'
import type { Package } from '#engine/host/package/package.ts'
import { makeFolder } from '#engine/host/place/folder.ts'
import { readCases } from '#engine/host/plugin/case-file.ts'
import { buildFolder, openPlugin } from '#engine/host/plugin/folder.ts'
import { CaseRunner } from '#engine/host/plugin/run-cases.ts'
import { checkAll } from '#engine/host/repository/check-all.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { testGlobs } from '#engine/host/testing/files.ts'
import { runTests } from '#engine/host/testing/run-tests.ts'
import { type Lock, lockFile, printLock } from '#engine/plan/lock/lock.ts'

export interface Proof {
  /** Over what can change behaviour; absent where it does not build. */
  readonly exec?: Digest
  /** What is wrong. Nothing is released with errors. */
  readonly problems: readonly Problem[]
  readonly passed: number
  /** What failed, by name. */
  readonly failed: readonly string[]
}

/** Builds, checks and tests a package; a blueprint with the packages of `lock`. */
export async function prove(one: Package, lock: Lock): Promise<Proof> {
  const dir = await mkdtemp(join(tmpdir(), 'ionflux-prove-'))
  try {
    for (const [path, bytes] of one.files) {
      makeFolder(dirname(join(dir, 'package', path)))
      await writeFile(join(dir, 'package', path), bytes)
    }
    if (lock.packages.length > 0) await writeFile(join(dir, 'package', lockFile), printLock(lock))
    return one.kind === 'plugin'
      ? await provePlugin(join(dir, 'package'))
      : await proveBlueprint(one, { root: join(dir, 'package'), directory: join(dir, 'data') })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function provePlugin(path: string): Promise<Proof> {
  const folder = openPlugin(path)
  const { built, problems: found } = await buildFolder(folder)
  const { files, problems: wrong } = await readCases(folder)
  const problems = [...found, ...wrong]
  if (built === undefined || hasErrors(problems)) return { problems, passed: 0, failed: [] }
  await using runner = new CaseRunner(built)
  const failed: string[] = []
  let passed = 0
  for (const file of files) {
    for (const one of file.cases) {
      const { ok } = await runner.run(file, one)
      if (ok) passed++
      else failed.push(`${one.action}: ${one.name}`)
    }
  }
  return { exec: built.digest, problems, passed, failed }
}

async function proveBlueprint(
  one: Package,
  { root, directory }: { readonly root: string; readonly directory: string },
): Promise<Proof> {
  const files = openWorkingTree(root)
  const { problems } = await checkAll({ files })
  const exec = execDigestOf(one)
  const paths = files.find(testGlobs)
  if (hasErrors(problems) || paths.length === 0) return { exec, problems, passed: 0, failed: [] }
  const source = { repository: one.name, isWorkingTree: true }
  const run = await runTests({ files, paths, directory, source })
  const cases = run.files.flatMap((file) => file.cases)
  const failed = cases.filter(({ faults }) => faults.length > 0).map(({ name }) => name)
  return { exec, problems: run.problems, passed: cases.length - failed.length, failed }
}

/** Of a blueprint, which is not built: its files but for what only people read. */
function execDigestOf({ kind, files }: Package): Digest {
  const list = [...files]
    .filter(([path]) => !/\.md$|(?:^|\/)LICENSE[^/]*$|^lineage\.yaml$/.test(path))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, bytes]) => ({ path, sha256: digestOfBytes(bytes) }))
  return digestOf({ $type: 'ionflux.exec/v1', kind, files: list })
}
