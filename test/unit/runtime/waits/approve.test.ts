/**
 * Goal: people answer what they were shown, those who may, once; and the flow goes on with
 * exactly their answer.
 */
import { describe, expect, test } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Answer } from '#engine/runtime/live/answer.ts'
import { lab, type Lab } from '#test/fake/lab.ts'

const flow = (steps: string): string => `dsl: flux/1\nid: demo\nsteps:\n${steps}`

async function begun(steps: string, input: Json = { n: 7 }): Promise<{ one: Lab; run: RunId }> {
  const one = lab({ flows: [flow(steps)] })
  const run = await one.start(input)
  await idle(one)
  return { one, run }
}

async function idle(one: Lab): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
  if (one.host.queued() > 0) one.host.flush()
}

const yes = (by: string, more: Partial<Answer> = {}): Answer => ({
  path: 'ok',
  decision: 'approve',
  by,
  ...more,
})
const no = (by: string, reason?: string): Answer => ({
  path: 'ok',
  decision: 'reject',
  by,
  ...(reason === undefined ? {} : { reason }),
})
const ok = (what: string): string =>
  `  - { id: ok, approve: { ask: 'Post \${{ inputs.n }}?', ${what} } }\n`

describe('an approve', () => {
  test('shows what is asked, and yields who said yes to what', async () => {
    const steps = ok("show: { entry: '${{ inputs }}' }, by: [user:ann]")
    const { one, run } = await begun(steps, { n: 7 })
    const [step] = one.view(run).steps
    expect(step).toMatchObject({
      status: 'waiting',
      asks: { ask: 'Post 7?', show: { entry: { n: 7 } }, by: ['user:ann'], quorum: 1 },
    })
    const digest = step?.asks?.digest
    if (digest === undefined) throw new Error('it asks')
    await one.engine.answer(run, yes('user:ann', { digest, reason: 'fine' }))
    await one.settle()
    expect(one.view(run)).toMatchObject({
      status: 'done',
      output: {
        approved: true,
        by: 'user:ann',
        reason: 'fine',
        form: null,
        show: { entry: { n: 7 } },
        digest,
        votes: [{ by: 'user:ann', reason: 'fine' }],
      },
    })
  })

  test('fails with the reason of who denies, which can be caught', async () => {
    const steps = `
  - id: t
    try: [{ id: ok, approve: { ask: Go, by: [team:ops] } }]
    catch: [{ on: [RUN_APPROVAL_DENIED], steps: [{ id: c, let: '\${{ error.data.reason }}' }] }]
`
    const { one, run } = await begun(steps)
    const answer = { ...no('user:bob', 'too early'), path: 't/ok', of: ['team:ops'] }
    await one.engine.answer(run, answer)
    await one.settle()
    expect(one.view(run)).toMatchObject({ status: 'done', output: 'too early' })
  })

  test.each([
    ['a person who is not asked', yes('user:eve'), 'RUN_APPROVAL_REFUSED'],
    ['a team that is not asked', yes('user:eve', { of: ['team:dev'] }), 'RUN_APPROVAL_REFUSED'],
    ['nobody', yes('team:ops'), 'RUN_APPROVAL_REFUSED'],
    [
      'who saw something else',
      yes('user:ann', { digest: 'sha256:0' as Digest }),
      'RUN_APPROVAL_STALE',
    ],
    ['a step that asks nothing', yes('user:ann', { path: 'nope' }), 'RUN_APPROVAL_CLOSED'],
    [
      'another person in the place of a team',
      yes('user:eve', { of: ['user:ann'] }),
      'RUN_APPROVAL_REFUSED',
    ],
    [
      'a form with a denial that nobody asked for',
      { ...no('user:ann', 'no'), form: { a: 1 } },
      'RUN_INPUT_REFUSED',
    ],
    ['a form that nobody asked for', yes('user:ann', { form: { a: 1 } }), 'RUN_INPUT_REFUSED'],
  ])('refuses %s', async (_, answer, code) => {
    const { one, run } = await begun(ok('by: [user:ann, team:ops]'))
    await expect(one.engine.answer(run, answer)).rejects.toMatchObject({ code })
    expect(one.view(run).status).toBe('parked')
  })

  test('needs as many as its quorum, each of them once', async () => {
    const { one, run } = await begun(ok('quorum: 2'))
    await one.engine.answer(run, yes('user:ann', { id: 'x' }))
    await one.engine.answer(run, yes('user:ann', { id: 'x' }))
    await expect(one.engine.answer(run, yes('user:ann'))).rejects.toMatchObject({
      code: 'RUN_APPROVAL_CLOSED',
    })
    expect(one.view(run).status).toBe('parked')
    await one.engine.answer(run, yes('user:bob'))
    await one.settle()
    expect(one.view(run).output).toMatchObject({
      by: 'user:bob',
      votes: [{ by: 'user:ann' }, { by: 'user:bob' }],
    })
    await one.engine.answer(run, yes('user:ann', { id: 'x' }))
  })

  test('of a thousand at once takes one', async () => {
    const { one, run } = await begun(ok('by: [anyone]'))
    const many = Array.from({ length: 1_000 }, (_, i) => one.engine.answer(run, yes(`user:p${i}`)))
    const results = await Promise.allSettled(many)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await one.settle()
    const granted = one.host.journal.read(run).filter(({ kind }) => kind === 'approval.decided')
    expect(granted).toHaveLength(1)
    expect(one.view(run).status).toBe('done')
  })

  test.each([
    ['fail', 'failed', { error: { code: 'RUN_STEP_TIMEOUT' } }],
    ['deny', 'failed', { error: { code: 'RUN_APPROVAL_DENIED' } }],
    ['approve', 'done', { output: { approved: true, by: null } }],
    ['[{ id: l, let: late }]', 'done', { output: 'late' }],
  ])('whose time is up does what it says: %s', async (late, status, result) => {
    const { one, run } = await begun(ok(`timeout: 3d, on_timeout: ${late}`))
    await one.settle()
    expect(one.view(run)).toMatchObject({ status, ...result })
  })

  test('asks more people after a while, and keeps its time', async () => {
    const { one, run } = await begun(
      ok('by: [user:ann], timeout: 3d, escalate: { after: 1d, to: [team:leads] }'),
    )
    const lead = yes('user:zoe', { of: ['team:leads'] })
    await expect(one.engine.answer(run, lead)).rejects.toMatchObject({
      code: 'RUN_APPROVAL_REFUSED',
    })
    one.clock.step()
    await idle(one)
    expect(one.view(run).steps[0]?.asks?.by).toEqual(['user:ann', 'team:leads'])
    const next = one.crash()
    await next.engine.answer(run, lead)
    await next.settle()
    expect(next.view(run)).toMatchObject({ status: 'done', output: { by: 'user:zoe' } })
  })

  test('is found while it asks, and no longer', async () => {
    const { one, run } = await begun(ok('timeout: 1d'))
    expect(one.host.journal.waiting({ kind: 'approval', limit: 9 })).toEqual([{ run, path: 'ok' }])
    await one.engine.cancel(run, 'enough')
    await idle(one)
    expect(one.host.journal.waiting({ kind: 'approval', limit: 9 })).toEqual([])
    await one.engine.retry(run)
    await idle(one)
    expect(one.host.journal.waiting({ kind: 'approval', limit: 9 })).toHaveLength(1)
    await one.engine.answer(run, yes('user:ann'))
    await one.settle()
    expect(one.view(run).status).toBe('done')
    await expect(one.engine.answer(run, yes('user:bob'))).rejects.toMatchObject({
      code: 'RUN_ALREADY_ENDED',
    })
  })

  test.each([
    ["by: '${{ inputs.bad }}'", 'nobody at all'],
    ["by: ['${{ inputs.bad }}']", 'bad name'],
    ['by: \'${{ ["user:ann"] }}\', quorum: 2', 'few people'],
  ])('fails when %s names %s', async (what) => {
    const { one, run } = await begun(ok(what), { n: 7, bad: 'not good' })
    await one.settle()
    expect(one.view(run).error).toMatchObject({ code: 'RUN_EXPRESSION_FAILED' })
  })
})

test('a question is cut between characters, and half of one in what is shown fails the step', async () => {
  const long = `${'a'.repeat(limits.askCharsMax - 1)}😀`
  const { one, run } = await begun(ok('by: [user:ann]').replace('Post ', ''), { n: long })
  expect(one.view(run).steps[0]).toMatchObject({ status: 'waiting' })
  const half = ['pure', (): Json => '\ud83d'] as const
  const shown = ok("by: [user:ann], show: '${{ steps.h.output }}'")
  const odd = lab({ flows: [flow(`  - { id: h, use: half }\n${shown}`)], actions: { half } })
  expect(await odd.run({ n: 7 })).toMatchObject({
    status: 'failed',
    error: { code: 'RUN_EXPRESSION_FAILED' },
  })
})
