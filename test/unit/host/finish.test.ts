/** Goal: an owner cuts no call short that somebody waits for, and stays for nobody else. */
import { expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { finish } from '#engine/host/owner.ts'

/** Calls that take `callMs` of waiting, and how long they were waited for. */
function owner({ callMs, followers }: { callMs: number; followers: (waited: number) => number }) {
  let waited = 0
  return {
    waited: () => waited,
    drain: async (ms: number) => {
      waited += Math.min(ms, Math.max(0, callMs - waited))
    },
    callsUnderWay: () => (waited < callMs ? 2 : 0),
    followers: () => followers(waited),
  }
}

test('calls for a guest are ended, and the person is told once', async () => {
  const calls = 60_000
  const told: number[] = []
  const one = owner({ callMs: calls, followers: () => 1 })
  await finish(one, { onFinishing: (count) => void told.push(count) })
  expect([one.waited(), told]).toEqual([calls, [2]])
})

test('a call without an end is left after the limit', async () => {
  const one = owner({ callMs: Infinity, followers: () => 1 })
  await finish(one, {})
  expect(one.waited()).toBe(limits.finishMsMax)
})

test('nobody is told and little is waited where nobody follows', async () => {
  const told: number[] = []
  const one = owner({ callMs: 60_000, followers: () => 0 })
  await finish(one, { onFinishing: (count) => void told.push(count) })
  expect([one.waited(), told]).toEqual([limits.drainMsMax, []])
})

test('when the last follower goes, so does the owner', async () => {
  const one = owner({ callMs: 60_000, followers: (waited) => (waited < 20_000 ? 1 : 0) })
  await finish(one, {})
  expect(one.waited()).toBe(20_000)
})

test('a stop of a supervisor waits no longer for guests than for nobody', async () => {
  const one = owner({ callMs: 60_000, followers: () => 1 })
  await finish(one, { signal: AbortSignal.abort() })
  expect(one.waited()).toBe(limits.drainMsMax)
})
