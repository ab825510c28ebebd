/**
 * What a run is given and what it returns is looked at before anybody hears of it.
 */
import { expect, test } from 'vitest'

import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { lab } from '#test/fake/lab.ts'

const head = 'dsl: flux/1\nid: main\nreturns: { type: object, required: [id] }\n'
const give = ['idempotent', (input: Json) => input] as const
const gives = (given: string): string =>
  `${head}steps:\n  - { id: a, use: give, with: ${given} }\noutputs: "\${{ steps.a.output }}"\n`

test('what fits is returned', async () => {
  const one = lab({ flows: [gives('{ id: x }')], actions: { give } })
  expect(await one.run()).toMatchObject({ status: 'done', output: { id: 'x' } })
})

test.each([
  ['outputs', gives('{ n: 1 }')],
  ['the last step', gives('{ n: 1 }').replace(/outputs.*/, '')],
  ['return', `${head}steps:\n  - { id: a, use: give }\n  - { id: r, return: { n: 1 } }\n`],
])('what %s gives and does not fit fails the run', async (_, text) => {
  const one = lab({ flows: [text], actions: { give } })
  const view = await one.run()
  expect(view).toMatchObject({ status: 'failed', error: { code: 'RUN_OUTPUT_REFUSED' } })
  expect(view.error?.message).toContain('The output must have "id".')
})

test('what the run did is undone then, and its caller hears why', async () => {
  const kid = `${head.replace('main', 'kid')}steps:\n  - { id: a, use: give, compensate: { use: give } }\n  - { id: r, return: 1 }\n`
  const main =
    'dsl: flux/1\nid: main\nsteps:\n  - { id: t, try: [{ id: k, flow: kid }], catch: [{ id: e, let: "${{ error.data.code }}" }] }\n'
  const one = lab({ flows: [kid, main], actions: { give } })
  expect(await one.run()).toMatchObject({ status: 'done', output: 'RUN_OUTPUT_REFUSED' })
  expect(one.calls).toEqual(['a#1', 'a/compensate#1'])
})

test.each([1, 2, 3, 4])('a process that dies after write %i asks again', async (last) => {
  const one = lab({ flows: [gives('{ id: x }')], actions: { give } })
  one.disk.onWrite = (commit, when) => {
    if (commit === last && when === 'after') throw new Error('the process died')
  }
  one.start().catch(() => undefined)
  await one.settle()
  one.disk.onWrite = undefined
  const two = one.crash()
  await two.settle()
  const [header] = two.host.journal.list({ limit: 1 })
  expect(two.view(header?.run as RunId)).toMatchObject({ status: 'done', output: { id: 'x' } })
})

test('an input that is too large is refused once, and the engine goes on', async () => {
  const one = lab({ flows: [gives('{ id: x }')], actions: { give } })
  const unheard: unknown[] = []
  const hear = (thrown: unknown): void => void unheard.push(thrown)
  process.on('unhandledRejection', hear)
  const refused = one.start({ text: 'x'.repeat(limits.payloadBytesMax) })
  await expect(refused).rejects.toMatchObject({ code: 'RUN_INPUT_REFUSED' })
  expect(one.host.journal.list({ limit: 1 })).toEqual([])
  expect(await one.run()).toMatchObject({ status: 'done' })
  one.engine.close()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', hear)
  expect(unheard).toEqual([])
})
