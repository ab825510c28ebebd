/**
 * Goal: of two writers of one file, only the one that came last commits, and the other one
 * acknowledges nothing. Method: both hosts, opened twice, as if the lease were not there.
 */
import { expect, test } from 'vitest'

import { memoryBench, sqliteBench } from '#test/fake/disk.ts'
import { header, runId, started, stepDone } from '#test/fake/journal.ts'

test.each([
  ['memory', memoryBench],
  ['sqlite', sqliteBench],
])('%s refuses a writer that was passed over', async (_, bench) => {
  using disk = bench()
  const [a, b] = [runId(1), runId(2)]
  const first = disk.open()
  const log = first.journal.create(header(a))
  await log.append({ records: [started(a)] })
  const late = log.append({ records: [stepDone('x', 1)] })
  const second = disk.open()
  await expect(late).rejects.toMatchObject({
    code: 'JOURNAL_WRITE_FAILED',
    data: { reason: 'taken over' },
  })
  // What was waiting beside it is refused, too, and so is everything that comes.
  const state = first.states.change([{ flow: 'f', key: 'k', value: 1 }])
  await expect(state).rejects.toMatchObject({ code: 'JOURNAL_WRITE_FAILED' })
  expect(second.journal.read(a)).toEqual([started(a)])
  await second.journal.open(a).append({ records: [stepDone('y', 2)] })
  await second.journal.create(header(b)).append({ records: [started(b)] })
  expect(second.journal.read(a)).toEqual([started(a), stepDone('y', 2)])
  expect(second.verify(a)).toMatchObject({ ok: true, records: 2 })
})
