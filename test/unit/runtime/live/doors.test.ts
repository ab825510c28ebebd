/** Goal: half of a character comes to no run, by none of the doors that data comes in by. */
import { expect, test } from 'vitest'

import { runIdFrom, type RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { lab, type Lab } from '#test/fake/lab.ts'

const half = '\ud83d'
const stuck = ['unsafe', async () => new Promise<Json>(() => undefined)] as const
const fork = runIdFrom(1_770_000_000_000, new Uint8Array(10).fill(9))

const doors: Readonly<Record<string, (one: Lab, run: RunId) => Promise<unknown>>> = {
  'an input': async (one) => await one.start({ deep: [{ n: half }] }),
  'a key of an input': async (one) => await one.start({ [half]: 1 }),
  'a signal': async (one, run) => await one.engine.signal(run, { name: 'go', data: half }),
  'an event': async (one) => await one.engine.publish({ subject: 'a.b', data: { n: half } }),
  'the form of an answer': async (one, run) =>
    await one.engine.answer(run, {
      path: 'p/b/ok',
      decision: 'approve',
      by: 'user:ann',
      form: { why: half },
    }),
  'what settles a step': async (one, run) =>
    await one.engine.settle(run, { path: 'p/a/x', how: 'happened', output: half, id: '1' }),
  'the input of a fork': async (one, run) =>
    await one.engine.fork(run, { run: fork, from: 'p', with: { n: half } }),
  'an output that a fork is given': async (one, run) =>
    await one.engine.fork(run, { run: fork, from: 'p', outputs: { first: half } }),
}

const flow = `dsl: flux/1
id: demo
steps:
  - { id: first, let: 1 }
  - id: p
    parallel:
      a: [{ id: x, use: stuck }]
      b: [{ id: ok, approve: { ask: Go?, by: [user:ann], form: { type: object } } }]
`

test.each(Object.entries(doors))('%s with half of a character is refused', async (_, send) => {
  const first = lab({ flows: [flow], actions: { stuck } })
  const run = await first.start({ n: 1 })
  await new Promise((resolve) => setImmediate(resolve))
  const one = first.crash()
  await one.settle()
  const before = one.host.journal.read(run).length
  await expect(send(one, run)).rejects.toMatchObject({
    code: expect.stringMatching(/^RUN_(?:INPUT|SIGNAL)_REFUSED$/),
    message: expect.stringContaining('half of a character'),
  })
  expect(one.host.journal.read(run)).toHaveLength(before)
  expect(one.host.journal.list({ limit: 9 })).toHaveLength(1)
  expect(one.host.journal.outbox(9)).toEqual([])
})
