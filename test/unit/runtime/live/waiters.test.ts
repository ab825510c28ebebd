/**
 * Goal: who waits until a run only waits hears of it once nothing works for it any more.
 */
import { expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'
import { lab } from '#test/fake/lab.ts'

const flow = (id: string, steps: string): string => `dsl: flux/1\nid: ${id}\nsteps:\n${steps}`
const post = ['idempotent', (input: Json) => input] as const
const main = flow('main', '  - { id: m, flow: mid }\n')
const mid = flow('mid', '  - { id: k, flow: kid }\n  - { id: p, use: post }\n')

test('a run whose children work is awaited to its end', async () => {
  const one = lab({
    flows: [flow('kid', '  - { id: p, use: post }\n'), mid, main],
    actions: { post },
  })
  const run = await one.start()
  expect(await one.engine.wait(run, 'parked')).toBe('done')
})

test('a run rests once the deepest run that it waits for does', async () => {
  const { promise: held, resolve: open } = Promise.withResolvers<Json>()
  const kid = flow('kid', '  - { id: h, use: hold }\n  - { id: s, sleep: 1h }\n')
  const one = lab({
    flows: [kid, mid, main],
    actions: { post, hold: ['idempotent', async () => await held] },
  })
  const run = await one.start()
  let status = ''
  const rests = one.engine.wait(run, 'parked').then((reached) => (status = reached))
  for (let turn = 0; one.calls.length === 0 || turn < 20; turn++)
    await new Promise((resolve) => setImmediate(resolve))
  expect([one.host.journal.find(run)?.status, status]).toEqual(['parked', ''])
  open(null)
  expect(await rests).toBe('parked')
  expect(await one.engine.wait(run, 'parked')).toBe('parked')
  // One that is taken up again finds its callers in their journals.
  const two = one.crash()
  expect(await two.engine.wait(run, 'parked')).toBe('parked')
  await two.settle()
  expect(await two.engine.wait(run)).toBe('done')
})

test('a run that is let go of keeps nobody from resting', async () => {
  const stuck = ['idempotent', () => new Promise<Json>(() => undefined)] as const
  const kid = flow('kid', '  - { id: h, use: stuck }\n')
  const steps = '  - { id: c, flow: kid, detach: true }\n  - { id: s, sleep: 1h }\n'
  const one = lab({ flows: [kid, flow('main', steps)], actions: { stuck } })
  const run = await one.start()
  expect(await one.engine.wait(run, 'parked')).toBe('parked')
})
