/** Goal: a step that a crash cut off is never guessed about; somebody says what became of it. */
import { expect, test } from 'vitest'

import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { lab, type Lab } from '#test/fake/lab.ts'

let answers: Json | undefined
const post = [
  'unsafe',
  async (): Promise<Json> => answers ?? (await new Promise<Json>(() => undefined)),
] as const
const undo = ['idempotent', (input: Json) => input] as const

const flow = (steps: string, rest = ''): string => `dsl: flux/1\nid: demo\n${rest}steps:\n${steps}`

/** A run whose step was under way when its process died, in the next process. */
async function cutOff(text: string): Promise<{ readonly one: Lab; readonly run: RunId }> {
  answers = undefined
  const one = lab({ flows: [text], actions: { post, undo } })
  const run = await one.start()
  await new Promise((resolve) => setImmediate(resolve)) // the call is under way, no time has passed
  const next = one.crash()
  await next.settle()
  return { one: next, run }
}

const posted = flow("  - { id: a, use: post }\n  - { id: b, let: '${{ steps.a.output }}' }\n")

test('a step that happened yields what somebody saw', async () => {
  const { one, run } = await cutOff(posted)
  expect(one.host.journal.find(run)?.status).toBe('uncertain')
  await one.engine.settle(run, {
    path: 'a',
    how: 'happened',
    output: { n: 7 },
    id: 'x',
    by: 'user:ann',
  })
  expect(one.view(run)).toMatchObject({ status: 'done', output: { n: 7 } })
  expect(one.calls).toEqual(['a#1'])
})

test('a step that did not happen fails, and may be caught', async () => {
  const { one, run } = await cutOff(
    flow(
      '  - { id: t, try: [{ id: a, use: post }], catch: [{ on: [RUN_STEP_UNCERTAIN], steps: [{ id: c, let: 1 }] }] }\n',
    ),
  )
  await one.engine.settle(run, { path: 't/a', how: 'did-not-happen', id: 'x' })
  expect(one.view(run)).toMatchObject({ status: 'done', output: 1 })
})

test('a step is called again with the same input and key when somebody says so', async () => {
  const { one, run } = await cutOff(posted)
  answers = 'sent'
  await one.engine.settle(run, { path: 'a', how: 'retry', id: 'x' })
  await one.settle()
  expect(one.view(run)).toMatchObject({ status: 'done', output: 'sent' })
  expect(one.calls).toEqual(['a#1', 'a#2'])
})

test('saying it twice counts once, and what is not uncertain is not settled', async () => {
  const { one, run } = await cutOff(posted)
  const said = { path: 'a', how: 'happened', id: 'x' } as const
  await one.engine.settle(run, said)
  await one.engine.settle(run, said)
  const other = one.engine.settle(run, { ...said, id: 'y' })
  await expect(other).rejects.toMatchObject({ code: 'RUN_NOT_UNCERTAIN' })
  expect(one.host.journal.read(run).filter(({ kind }) => kind === 'step.settled')).toHaveLength(1)
})

test('it is still uncertain after another crash, and its time does not run meanwhile', async () => {
  const { one, run } = await cutOff(
    flow('  - { id: a, use: post, timeout: 1h, compensate: { use: undo } }\n'),
  )
  const next = one.crash()
  await next.settle()
  expect(next.view(run).status).toBe('uncertain')
  expect(next.host.journal.nextDue()).toBeUndefined()
  await next.engine.settle(run, { path: 'a', how: 'happened', id: 'x' })
  expect(next.view(run).status).toBe('done')
})

test('a run that is cancelled instead says that it may have taken effect', async () => {
  const { one, run } = await cutOff(flow('  - { id: a, use: post, compensate: { use: undo } }\n'))
  await one.engine.cancel(run, 'enough')
  await one.settle()
  expect(one.view(run)).toMatchObject({
    status: 'failed',
    error: { code: 'RUN_COMPENSATION_FAILED', data: { steps: [{ path: 'a' }] } },
  })
})

test('a key of the author makes it safe to call again', async () => {
  answers = undefined
  const text = flow('  - { id: a, use: post, idempotency: k }\n')
  const one = lab({ flows: [text], actions: { post, undo } })
  const run = await one.start()
  await one.settle()
  const next = one.crash()
  await next.settle()
  expect(next.view(run).status).toBe('running')
  expect(next.calls).toEqual(['a#1', 'a#1'])
})
