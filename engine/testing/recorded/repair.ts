/**
 * Runs a case that was made of a recorded run, and mends what a record cannot say beforehand:
 * pure code that does not give the same again is mocked with what it gave then.
 */
import type { Json } from '#engine/core/json.ts'
import { counting } from '#engine/runtime/decider/replay.ts'
import type { Answer, Case, TestFile } from '#engine/testing/file.ts'
import { judge, wayOf, type Fault } from '#engine/testing/judge.ts'
import { runCase, type CaseRun } from '#engine/testing/run-case.ts'
import type { Suite } from '#engine/testing/suite.ts'

import { caseOf, literal, type Recorded } from './case.ts'

export interface Repaired {
  readonly test: TestFile
  /** What still differs from the recorded run. */
  readonly faults: readonly Fault[]
}

/** A mended case may show the next difference. */
const roundsMax = 4

/** Mends the one case of `test`; `open` makes a suite of a test file. */
export async function repair(
  recorded: Recorded,
  test: TestFile,
  open: (test: TestFile) => Suite,
): Promise<Repaired> {
  const first = await mended(recorded, test, open)
  if (first.faults.length === 0) return first
  // The time that pure code took may have decided something.
  const cases = test.cases.map(({ name }) => caseOf(recorded, name, true))
  const whole = await mended(recorded, { ...test, cases }, open)
  return whole.faults.length === 0 ? whole : first
}

async function mended(
  recorded: Recorded,
  test: TestFile,
  open: (test: TestFile) => Suite,
): Promise<Repaired> {
  let last = test
  for (let round = 1; ; round++) {
    const [one] = last.cases
    if (one === undefined) throw new Error('broken assumption: there is a case')
    const run = await runCase(open(last), 0)
    const faults = judge(one, run, '/cases/0')
    const better = round < roundsMax && faults.length > 0 ? mend(recorded, one, run) : undefined
    if (better === undefined) return { test: last, faults }
    last = { ...last, cases: [better] }
  }
}

/** The case with one more reason for differences taken out; undefined when none is known. */
function mend(recorded: Recorded, one: Case, run: CaseRun): Case | undefined {
  const before = outputsOf(recorded)
  const mocks: Record<string, readonly Answer[] | Answer> = { ...one.mocks }
  const isMocked = Object.keys(mocks).length
  for (const record of run.records) {
    if (record.kind !== 'step.done' || record.since === undefined) continue
    const { path } = record
    const known = before.get(path)
    if (known === undefined || JSON.stringify(known) === JSON.stringify(run.value(record))) continue
    mocks[path] = { output: literal(known) }
  }
  if (Object.keys(mocks).length > isMocked) return { ...one, mocks }
  return reordered(one, run)
}

/** The same steps may begin in another order where the record's own milliseconds decided. */
function reordered(one: Case, run: CaseRun): Case | undefined {
  const path = one.expect?.path
  if (path === undefined || !Array.isArray(path)) return undefined
  const expected = path as readonly string[]
  const actual = wayOf(run)
  const isSame = [...expected].toSorted().join(' ') === [...actual].toSorted().join(' ')
  const isOrdered = expected.join(' ') === actual.join(' ')
  return isSame && !isOrdered ? { ...one, expect: { ...one.expect, path: actual } } : undefined
}

/** What pure calls gave, by path. */
function outputsOf({ records, value }: Recorded): ReadonlyMap<string, Json> {
  const outputs = new Map<string, Json>()
  for (const { record } of counting(records)) {
    if (record.kind === 'step.done' && record.since !== undefined)
      outputs.set(record.path, value(record.output))
  }
  return outputs
}
