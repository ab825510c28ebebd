/** An engine that was closed says so, whoever asks it, whenever. */
import { expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'
import { lab } from '#test/fake/lab.ts'

const flow = 'dsl: flux/1\nid: demo\nsteps:\n  - { id: s, use: stuck }\n'
const stuck = ['idempotent', () => new Promise<Json>(() => undefined)] as const

test.each(['start', 'wait', 'cancel', 'signal'] as const)(
  '%s after the end is refused',
  async (verb) => {
    const one = lab({ flows: [flow], actions: { stuck } })
    const run = await one.start()
    one.engine.close()
    const asked = {
      start: async () => void (await one.start()),
      wait: async () => void (await one.engine.wait(run)),
      cancel: async () => await one.engine.cancel(run, 'enough'),
      signal: async () => await one.engine.signal(run, { name: 'x', data: null }),
    }[verb]
    await expect(asked()).rejects.toMatchObject({ code: 'CLI_ENGINE_UNREACHABLE' })
  },
)

test('a start that is under way when the engine is closed is refused', async () => {
  const one = lab({ flows: [flow], actions: { stuck } })
  const starting = one.start()
  one.engine.close()
  await expect(starting).rejects.toMatchObject({ code: 'CLI_ENGINE_UNREACHABLE' })
})

test('everybody who drains hears of the end', async () => {
  const { promise, resolve } = Promise.withResolvers<Json>()
  const one = lab({ flows: [flow], actions: { stuck: ['idempotent', () => promise] } })
  await one.start()
  const drained = Promise.all([one.engine.drain(1e9), one.engine.drain(1e9)])
  resolve(1)
  expect(await drained).toHaveLength(2)
})
