/**
 * Goal: schemas that a guest made up cost the engine nothing and other guests a wait.
 * Method: schemas that take long to compile, and the processor time of this thread.
 */
import { expect, test } from 'vitest'

import { allowance, Comparer } from '#engine/sandbox/compare/thread.ts'

/** Each pattern is compiled for itself; `salt` keeps it from being known. */
const slow = (salt: string, count: number): string => {
  const keys = Array.from({ length: count }, (_, i) => `${salt}${i}`)
  const properties = Object.fromEntries(keys.map((key) => [key, { pattern: `^${key}+$` }]))
  return JSON.stringify({ properties })
}
const { signal } = new AbortController()
const comparer = new Comparer()

test('what takes long takes it elsewhere', async () => {
  const [here, everywhere] = [process.threadCpuUsage(), process.cpuUsage()]
  const question = { schema: slow('a', 500), value: '{"a7":"b"}' }
  expect(await comparer.compare(question, allowance(), signal)).toMatchObject({ at: '/a7' })
  const own = process.threadCpuUsage(here)
  const all = process.cpuUsage(everywhere)
  expect(own.user + own.system).toBeLessThan((all.user + all.system) / 2)
})

test('who has used up its time is ended, and the others are answered', async () => {
  const short = { ...allowance(), leftMs: 20 }
  const late = comparer.compare({ schema: slow('b', 1_500), value: '{}' }, short, signal)
  const again = comparer.compare({ schema: 'true', value: '1' }, short, signal)
  const other = comparer.compare({ schema: '{"type":"string"}', value: '1' }, allowance(), signal)
  await expect(late).rejects.toMatchObject({ code: 'SANDBOX_TIME_EXCEEDED' })
  await expect(again).rejects.toMatchObject({ code: 'SANDBOX_TIME_EXCEEDED' })
  expect(await other).toMatchObject({ keyword: 'type' })
})

test('what ends the thread fails alone, and the next one is answered', async () => {
  const broken = comparer.compare({ schema: '{', value: '1' }, allowance(), signal)
  const next = comparer.compare({ schema: 'true', value: '1' }, allowance(), signal)
  await expect(broken).rejects.toMatchObject({ code: 'SANDBOX_MEMORY_EXCEEDED' })
  expect(await next).toBeUndefined()
})

test('a question of a call that has ended is not asked', async () => {
  const gone = comparer.compare({ schema: 'true', value: '1' }, allowance(), AbortSignal.abort())
  await expect(gone).rejects.toThrow('Nobody waits')
})
