/**
 * Runs test files: every case, judged, with what it covered and the snapshot beside it.
 *
 * The cases of one command share one sandbox and the code that they call. Nothing is written
 * but snapshots, and those only when that is asked for.
 */
import { hasErrors, type Problem } from '#engine/core/problem.ts'
import { pointer } from '#engine/core/json.ts'
import { checkInput } from '#engine/host/inputs.ts'
import { openBundleCache } from '#engine/host/repository/bundle-cache.ts'
import type { Files } from '#engine/host/repository/files.ts'
import { openLoader } from '#engine/host/repository/load.ts'
import type { RunSource } from '#engine/runtime/record.ts'
import {
  coverageOf,
  nothingTaken,
  take,
  type Coverage,
  type Taken,
} from '#engine/testing/coverage.ts'
import { judge, type Fault } from '#engine/testing/judge.ts'
import type { Outline } from '#engine/testing/outline.ts'
import { runCase } from '#engine/testing/run-case.ts'
import { openSuite, type Blobs } from '#engine/testing/suite.ts'

import { loadTest, type LoadedTest } from './load.ts'
import { openReal, type RealCalls } from './real.ts'
import { openSnapshotFile } from './snapshot-file.ts'

export type { Difference } from '#engine/testing/difference.ts'
export type { Fault } from '#engine/testing/judge.ts'

export interface CaseResult {
  readonly name: string
  /** JSON Pointer of the case. */
  readonly at: string
  readonly faults: readonly Fault[]
  readonly wallMs: number
  /** In the time of the test. */
  readonly virtualMs: number
}

export interface FileResult {
  readonly test: LoadedTest
  readonly cases: readonly CaseResult[]
  /** The snapshot file, where it was written. */
  readonly updated?: string
}

/** What the tests of one flow cover, over all its test files. */
export interface FlowCoverage extends Coverage {
  readonly flow: LoadedTest['flow']
}

export interface TestRun {
  /** Of test files and of the flows that they test. */
  readonly problems: readonly Problem[]
  readonly files: readonly FileResult[]
  readonly coverage: readonly FlowCoverage[]
}

export interface TestWish {
  readonly files: Files
  /** Paths of test files from the root. */
  readonly paths: readonly string[]
  readonly directory: string
  readonly source: RunSource
  /** Only cases whose name holds it. */
  readonly filter?: string
  /** Writes snapshots instead of comparing them. */
  readonly isUpdate?: boolean
  /** Hears of each file once its cases have run. */
  onFile?(result: FileResult): void
}

/** Runs the cases of `paths`, or none where a file has mistakes. */
export async function runTests(wish: TestWish): Promise<TestRun> {
  const { files, paths, directory } = wish
  const blobs: Blobs = new Map()
  const loader = openLoader(files, openBundleCache(directory))
  const broken = loader.catalog.broken()
  if (broken.length > 0) return { problems: broken, files: [], coverage: [] }
  const tests: LoadedTest[] = []
  for (const path of paths) tests.push(await loadTest({ files, loader, blobs }, path))
  // Several files may test one flow, whose problems are told once.
  const found = tests.flatMap((test) => [...test.problems, ...test.flowProblems])
  const problems = [...new Set(found)]
  if (hasErrors(problems)) return { problems, files: [], coverage: [] }
  const real = openReal(blobs, directory)
  const covered = new Map<string, Covered>()
  const done: FileResult[] = []
  try {
    for (const test of tests) {
      const result = await runFile({ wish, blobs, real, covered }, test)
      wish.onFile?.(result)
      done.push(result)
    }
  } finally {
    await real.close()
  }
  const coverage = [...covered.values()].map(({ flow, outline, taken }) => ({
    flow,
    ...coverageOf(outline, taken),
  }))
  return { problems, files: done, coverage }
}

interface Running {
  readonly wish: TestWish
  readonly blobs: Blobs
  readonly real: RealCalls
  readonly covered: Map<string, Covered>
}

async function runFile(running: Running, test: LoadedTest): Promise<FileResult> {
  if (test.ready === undefined) return { test, cases: [] }
  const { wish, blobs, real, covered } = running
  const { plan, outline, test: file } = test.ready
  const { source } = wish
  const parts = { file, plan, outline, blobs, checkInput, source }
  const suite = openSuite({ ...parts, real: real.caller })
  const taken = takenOf(covered, test, outline)
  const snapshots = openSnapshotFile(wish.files, test.file)
  const cases: CaseResult[] = []
  for (const [index, one] of file.cases.entries()) {
    const { name } = one
    if (!isWanted(name, wish.filter)) continue
    const began = performance.now()
    real.forget()
    const run = await runCase(suite, index)
    take(taken, run)
    const at = pointer('cases', index)
    const faults = [...judge(one, run, at)]
    if (one.snapshot === true) {
      if (wish.isUpdate === true) snapshots.keep({ name, at, run })
      else faults.push(...snapshots.compare({ name, at, run }))
    }
    cases.push({ name, at, faults, wallMs: performance.now() - began, virtualMs: run.tookMs })
  }
  const kept = file.cases.flatMap(({ name, snapshot }) => (snapshot === true ? [name] : []))
  const updated = wish.isUpdate === true ? snapshots.write(kept) : undefined
  return { test, cases, ...(updated === undefined ? {} : { updated }) }
}

interface Covered {
  readonly flow: LoadedTest['flow']
  readonly outline: Outline
  readonly taken: Taken
}

function takenOf(covered: Map<string, Covered>, { flow }: LoadedTest, outline: Outline): Taken {
  const found = covered.get(flow.file) ?? { flow, outline, taken: nothingTaken() }
  covered.set(flow.file, found)
  return found.taken
}

function isWanted(name: string, filter: string | undefined): boolean {
  return filter === undefined || name.toLowerCase().includes(filter.toLowerCase())
}
