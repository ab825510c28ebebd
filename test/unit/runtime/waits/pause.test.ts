/**
 * Goal: a paused run begins nothing new and loses nothing, and goes on where it was.
 */
import { expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'
import { lab } from '#test/fake/lab.ts'

const post = ['idempotent', (input: Json) => input] as const
const flow = `dsl: flux/1
id: demo
steps:
  - { id: s, sleep: 1h }
  - { id: a, use: post, with: { x: 1 } }
  - { id: t, try: [{ id: w, sleep: 1h }], finally: [{ id: f, use: post, with: { x: 2 } }] }
`

async function idle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
}

test('a paused run lets time pass and begins nothing, in the next process too', async () => {
  const one = lab({ flows: [flow], actions: { post } })
  const run = await one.start()
  await one.engine.pause(run, 'user:ann')
  await one.engine.pause(run)
  await one.settle()
  expect(one.calls).toEqual([])
  expect(one.view(run)).toMatchObject({ status: 'parked', isPaused: true })
  const next = one.crash()
  await next.settle()
  expect(next.calls).toEqual([])
  await next.engine.resume(run, 'user:bob')
  await next.engine.resume(run)
  await next.settle()
  expect(next.calls).toEqual(['a#1', 't/f#1'])
  expect(next.view(run)).toMatchObject({ status: 'done' })
  expect(next.view(run).isPaused).toBeUndefined()
  const kinds = next.host.journal.read(run).map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind.startsWith('run.p') || kind.startsWith('run.res'))).toEqual([
    'run.paused',
    'run.resumed',
  ])
})

test('a step under way ends, and what follows waits', async () => {
  const { promise, resolve } = Promise.withResolvers<Json>()
  const slow = ['idempotent', async () => await promise] as const
  const steps =
    'dsl: flux/1\nid: demo\nsteps:\n  - { id: a, use: slow }\n  - { id: b, use: post }\n'
  const one = lab({ flows: [steps], actions: { post, slow } })
  const run = await one.start()
  await idle()
  await one.engine.pause(run)
  resolve(7)
  await one.settle()
  expect(one.view(run).steps.map(({ path, status }) => `${path} ${status}`)).toEqual([
    'a done',
    'b running',
  ])
  expect(one.calls).toEqual(['a#1'])
  await one.engine.resume(run)
  await one.settle()
  expect(one.view(run).status).toBe('done')
})

test('a paused run can be cancelled, and tidies up', async () => {
  const one = lab({ flows: [flow], actions: { post } })
  const run = await one.start()
  one.clock.step()
  await idle()
  await one.engine.pause(run)
  await one.engine.cancel(run, 'enough')
  await one.settle()
  expect(one.view(run).status).toBe('cancelled')
  expect(one.calls).toEqual(['a#1', 't/f#1'])
  await expect(one.engine.pause(run)).rejects.toMatchObject({ code: 'RUN_ALREADY_ENDED' })
})
