import { expect, test } from 'vitest'

import { Bench } from '#test/unit/sandbox/bench.ts'
import { keepSpare, takeBorn } from '#engine/sandbox/threads/born.ts'

test('one thread is started ahead, however often it is asked for, and is taken once', async () => {
  keepSpare()
  keepSpare()
  const [spare, fresh] = [takeBorn(), takeBorn()]
  expect(spare.worker.threadId).toBeLessThan(fresh.worker.threadId)
  expect(fresh.worker).not.toBe(spare.worker)
  await Promise.all([spare, fresh].map(async ({ worker }) => await worker.terminate()))
})

test('a sandbox takes the thread that was started ahead, and calls run on it', async () => {
  keepSpare()
  await using bench = new Bench({ workers: 1 })
  const unit = await bench.transform('export default (n) => n + 1')
  expect(await bench.call(unit, 1)).toEqual({ ok: true, output: 2 })
  const next = takeBorn()
  keepSpare()
  const other = takeBorn()
  expect(other.worker.threadId).toBeGreaterThan(next.worker.threadId)
  await Promise.all([next, other].map(async ({ worker }) => await worker.terminate()))
})
