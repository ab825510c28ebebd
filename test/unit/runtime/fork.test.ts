/** Goal: a run can be gone through again from any step, and nothing that was committed is lost. */
import { expect, test } from 'vitest'

import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { runIdFrom } from '#engine/core/id.ts'
import { printInstant } from '#engine/core/instant.ts'
import { forkOf } from '#engine/runtime/fork.ts'
import { lab, type Lab } from '#test/fake/lab.ts'

const post = ['idempotent', (input: Json) => input] as const
const fork = runIdFrom(1_770_000_000_000, new Uint8Array(10).fill(9))
const flow = (steps: readonly string[], rest = ''): string =>
  `dsl: flux/1\nid: demo\n${rest}steps:\n${steps.map((step) => `  - ${step}\n`).join('')}`

const three = flow([
  '{ id: a, use: post, with: { n: "${{ inputs.n }}" } }',
  '{ id: b, use: post, with: { n: "${{ steps.a.output.n + inputs.n }}" } }',
  '{ id: c, use: post, with: { n: "${{ steps.b.output.n + 1 }}" } }',
])

async function ran(text: string, input: Json): Promise<{ one: Lab; run: RunId }> {
  const one = lab({ flows: [text], actions: { post } })
  const run = await one.start(input)
  await one.settle()
  return { one, run }
}

test('reuses what was committed before the step and runs the rest, under keys of its own', async () => {
  const { one, run } = await ran(three, { n: 1 })
  const before = new Set(one.keys.get('b'))
  await one.engine.fork(run, { run: fork, from: 'b' })
  await one.settle()
  expect(one.view(fork)).toMatchObject({ status: 'done', output: { n: 3 } })
  expect(one.calls).toEqual(['a#1', 'b#1', 'c#1', 'b#1', 'c#1'])
  expect(one.keys.get('b')?.size).toBe(before.size + 1)
  expect(one.host.journal.read(fork)[0]).toMatchObject({ run: fork, forked: { run, seq: 3 } })
})

test('takes other inputs, and outputs that are given', async () => {
  const { one, run } = await ran(three, { n: 1 })
  await one.engine.fork(run, { run: fork, from: 'b', with: { n: 10 }, outputs: { a: { n: 100 } } })
  await one.settle()
  expect(one.view(fork)).toMatchObject({ status: 'done', input: { n: 10 }, output: { n: 111 } })
})

test('does not run the step itself when its output is given', async () => {
  const { one, run } = await ran(three, { n: 1 })
  await one.engine.fork(run, { run: fork, from: 'b', outputs: { b: { n: 50 } } })
  await one.settle()
  expect(one.view(fork)).toMatchObject({ output: { n: 51 } })
  expect(one.calls).toEqual(['a#1', 'b#1', 'c#1', 'c#1'])
})

test('goes on with what still waits, and survives a crash at once', async () => {
  const text = flow([
    '{ id: p, parallel: { x: [{ id: s, sleep: 1h }, { id: d, use: post }], y: [{ id: a, use: post }, { id: b, use: post }] } }',
  ])
  const one = lab({ flows: [text], actions: { post } })
  const run = await one.start({})
  await one.settle()
  await one.engine.fork(run, { run: fork, from: 'p/y/b' })
  const next = one.crash()
  await next.settle()
  expect(next.view(fork).status).toBe('done')
  expect(next.calls.filter((call) => call === 'p/x/d#1')).toHaveLength(2)
})

test('forking twice under one name forks once', async () => {
  const { one, run } = await ran(three, { n: 1 })
  for (let i = 0; i < 2; i++) await one.engine.fork(run, { run: fork, from: 'c' })
  await one.settle()
  expect(one.calls).toEqual(['a#1', 'b#1', 'c#1', 'c#1'])
})

test('a fork of a failed run can be forked and retried like any other', async () => {
  const text = flow([
    '{ id: a, use: post, with: { n: "${{ inputs.n }}" }, compensate: { use: post } }',
    '{ id: f, assert: "${{ inputs.n > 5 }}" }',
    '{ id: c, use: post }',
  ])
  const { one, run } = await ran(text, { n: 1 })
  expect(one.view(run).status).toBe('failed')
  await one.engine.fork(run, { run: fork, from: 'f', with: { n: 6 } })
  await one.settle()
  expect(one.view(fork)).toMatchObject({ status: 'done' })
  expect(one.calls).toEqual(['a#1', 'a/compensate#1', 'c#1'])
})

test.each([
  ['ghost', {}],
  ['c', { ghost: 1 }],
])('is refused from "%s" with outputs %j', async (from, outputs) => {
  const { one, run } = await ran(three, { n: 1 })
  const asked = one.engine.fork(run, { run: fork, from, outputs })
  await expect(asked).rejects.toMatchObject({ code: 'RUN_NOT_FORKABLE' })
})

test('from a step that nobody knows names the one that was meant', async () => {
  const { one, run } = await ran(
    three.replaceAll('id: b', 'id: book').replaceAll('steps.b.', 'steps.book.'),
    { n: 1 },
  )
  const asked = one.engine.fork(run, { run: fork, from: 'bok', outputs: {} })
  await expect(asked).rejects.toThrow('never came to "bok", but to "book"')
})

test('says which past effects are reused, given and happen again', async () => {
  const { one, run } = await ran(three, { n: 1 })
  const { plan } = one.host.journal.find(run) ?? {}
  const text = new TextDecoder().decode(one.host.store.get(plan as never))
  const preview = forkOf(JSON.parse(text) as never, one.host.journal.read(run), {
    run: fork,
    from: 'c',
    outputs: new Map([['b', { value: 1 }]]),
  })
  expect(preview).toMatchObject({
    reused: [{ path: 'a', what: 'post' }],
    stubbed: [{ path: 'b' }],
    repeated: [{ path: 'c' }],
  })
})

test('what is under way where a fork begins is shown from then on', async () => {
  const { one, run } = await ran(
    flow([
      '{ id: a, use: post }',
      '{ id: e, each: { in: [1, 2], as: n }, steps: [{ id: s, sleep: 1h }, { id: b, use: post }] }',
    ]),
    {},
  )
  await one.settle()
  one.clock.pass(86_400_000)
  const now = printInstant(one.clock.now())
  await one.engine.fork(run, { run: fork, from: 'e' })
  await one.settle()
  const { startedAt, status, steps } = one.view(fork)
  const [a, e] = steps
  expect({ status, startedAt, e: e?.startedAt }).toEqual({ status: 'done', startedAt: now, e: now })
  expect(a?.endedAt ?? '').toBe(one.view(run).steps[0]?.endedAt)
  expect(a?.startedAt).toBe(one.view(run).steps[0]?.startedAt)
})
