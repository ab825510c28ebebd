/**
 * The queues of hosts: how many at once, in which order, and rest for one in trouble.
 */
import { expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { openHostQueues } from '#engine/mirror/sync/queue.ts'

const answered = { host: { kind: 'answered' } } as const
const failed = { host: { kind: 'failed' } } as const

test('asks one host a few times at once, in order, and each host by itself', async () => {
  const queues = openHostQueues({ now: () => 0 })
  const begun: string[] = []
  const gates: (() => void)[] = []
  const ask = (name: string, url: string) =>
    queues.run(url, async () => {
      begun.push(name)
      await new Promise<void>((resolve) => gates.push(resolve))
      return answered
    })
  const max = limits.mirrorHostConcurrencyMax
  const all = Array.from({ length: max + 3 }, (_, i) => ask(`a${i}`, `https://a.example/r${i}`))
  all.push(ask('b', 'https://b.example/r'))
  await Promise.resolve()
  expect(begun).toEqual([...Array.from({ length: max }, (_, i) => `a${i}`), 'b'])
  while (begun.length < max + 4 || gates.length > 0) {
    gates.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(all)
  expect(begun.slice(max)).toEqual(['b', ...[0, 1, 2].map((i) => `a${max + i}`)])
})

test('gives a host that fails a rest, tells how long, and asks it again after it', async () => {
  let now = 0
  const queues = openHostQueues({ now: () => now })
  const ask = (result: typeof answered | typeof failed) =>
    queues.run('https://a.example/r', async () => result)
  for (let i = 0; i < limits.mirrorHostFailuresMax; i++) await ask(failed)
  await expect(ask(answered)).rejects.toMatchObject({
    code: 'MIRROR_HOST_RESTS',
    data: { host: 'a.example', restMs: limits.mirrorPollMsMin },
  })
  await expect(queues.run('https://b.example/r', async () => answered)).resolves.toBe(answered)
  now = limits.mirrorPollMsMin
  await ask(answered)
  await ask(failed)
  await expect(ask(answered)).resolves.toBe(answered)
})

test('goes on after work that throws', async () => {
  const queues = openHostQueues({ now: () => 0 })
  const broken = Array.from({ length: 20 }, () =>
    queues.run('https://a.example/r', () => Promise.reject(new Error('no'))).catch(() => 'no'),
  )
  expect(await Promise.all(broken)).toHaveLength(20)
  await expect(queues.run('https://a.example/r', async () => answered)).resolves.toBe(answered)
})
