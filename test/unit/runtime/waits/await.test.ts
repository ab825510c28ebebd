/**
 * Goal: a step that waits takes what fits, once, in whatever order things come, and costs the
 * run nothing while it waits.
 */
import { describe, expect, test } from 'vitest'

import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { lab, type Lab } from '#test/fake/lab.ts'

const flow = (steps: string): string => `dsl: flux/1\nid: demo\nsteps:\n${steps}`

async function begun(steps: string, input: Json = {}): Promise<{ one: Lab; run: RunId }> {
  const one = lab({ flows: [flow(steps)] })
  const run = await one.start(input)
  await idle(one)
  return { one, run }
}

/** Lets everything happen that needs no time to pass. */
async function idle(one: Lab): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
  if (one.host.queued() > 0) one.host.flush()
}

const simple = '  - { id: a, await: { signal: paid } }\n'

describe('a signal', () => {
  test('ends the wait and is what the step yields', async () => {
    const { one, run } = await begun(simple)
    expect(one.view(run)).toMatchObject({
      status: 'parked',
      steps: [{ path: 'a', status: 'waiting', awaits: { on: 'signal', topic: 'paid' } }],
    })
    await one.engine.signal(run, { name: 'paid', data: { amount: 7 }, id: 's1', by: 'user:ann' })
    await one.settle()
    expect(one.view(run)).toMatchObject({
      status: 'done',
      output: { id: 's1', name: 'paid', data: { amount: 7 }, by: 'user:ann' },
    })
  })

  test('that comes before anybody waits for it is kept', async () => {
    const { one, run } = await begun('  - { id: s, sleep: 1h }\n' + simple)
    await one.engine.signal(run, { name: 'paid', data: 1 })
    await one.settle()
    expect(one.view(run)).toMatchObject({ status: 'done', output: { data: 1 } })
  })

  test('is one however often it is sent', async () => {
    const steps = `
  - { id: a, await: { signal: paid } }
  - { id: b, await: { signal: paid, timeout: 1h, on_timeout: [{ id: n, let: nothing }] } }
`
    const { one, run } = await begun(steps)
    const sent = { name: 'paid', data: 1, id: 'once' }
    await Promise.all([one.engine.signal(run, sent), one.engine.signal(run, sent)])
    await one.engine.signal(run, sent)
    await one.settle()
    expect(one.view(run).output).toBe('nothing')
  })

  test('goes to one of the steps that wait, the next one to the other', async () => {
    const steps = `
  - { id: p, parallel: { x: [{ id: a, await: { signal: go } }], y: [{ id: b, await: { signal: go } }] }, output: '\${{ [branches.x.output.data, branches.y.output.data] }}' }
`
    const { one, run } = await begun(steps)
    await Promise.all([1, 2].map((data) => one.engine.signal(run, { name: 'go', data })))
    await one.settle()
    expect(one.view(run).output).toEqual([1, 2])
  })

  test('is taken only by who asked for such data', async () => {
    const steps = `
  - { id: a, await: { signal: paid, match: { order: { id: '\${{ inputs.n }}' }, tags: [x] }, where: '\${{ event.data.amount > 3 }}' }, output: '\${{ event.data.amount }}' }
`
    const { one, run } = await begun(steps, { n: 7 })
    for (const data of [
      { order: { id: 8 }, tags: ['x'], amount: 9 },
      { order: { id: 7 }, tags: ['x', 'y'], amount: 9 },
      { order: { id: 7, more: 1 }, tags: ['x'], amount: 2 },
      7,
      { order: { id: 7, more: 1 }, tags: ['x'], amount: 4 },
    ]) {
      await one.engine.signal(run, { name: 'paid', data })
    }
    await one.settle()
    expect(one.view(run)).toMatchObject({ status: 'done', output: 4 })
  })

  test('that a run heard before it ended is heard, when it is sent again', async () => {
    const { one, run } = await begun(simple)
    await one.engine.signal(run, { name: 'paid', data: 1, id: 's' })
    await idle(one)
    await one.engine.signal(run, { name: 'paid', data: 1, id: 's' })
    expect(one.view(run).status).toBe('done')
  })

  test('for a run that has ended says so', async () => {
    const { one, run } = await begun('  - { id: a, let: 1 }\n')
    await expect(one.engine.signal(run, { name: 'late', data: 1 })).rejects.toMatchObject({
      code: 'RUN_ALREADY_ENDED',
    })
    await expect(
      one.engine.signal('none' as RunId, { name: 'late', data: 1 }),
    ).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
  })

  test('is refused when its name is none, or too many wait already', async () => {
    const { one, run } = await begun(simple)
    await expect(one.engine.signal(run, { name: 'no name', data: 1 })).rejects.toMatchObject({
      code: 'RUN_SIGNAL_REFUSED',
    })
    const many = Array.from({ length: limits.signalsWaitingMax + 5 }, (_, i) =>
      one.engine.signal(run, { name: 'other', data: i }),
    )
    const results = await Promise.allSettled(many)
    const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(refused).toHaveLength(5)
    expect(refused[0]).toMatchObject({ code: 'RUN_SIGNAL_REFUSED' })
  })

  test('that was acknowledged survives the process', async () => {
    const { one, run } = await begun('  - { id: s, sleep: 1h }\n' + simple)
    await one.engine.signal(run, { name: 'paid', data: 5 })
    const next = one.crash()
    await next.settle()
    expect(next.view(run)).toMatchObject({ status: 'done', output: { data: 5 } })
  })

  test('wakes a run that no process remembers', async () => {
    const { one, run } = await begun(simple)
    const next = one.crash(false)
    await next.engine.signal(run, { name: 'paid', data: 5 })
    await next.settle()
    expect(next.view(run)).toMatchObject({ status: 'done', output: { data: 5 } })
  })
})

describe('an await', () => {
  test('of several takes them in the order in which they come', async () => {
    const { one, run } = await begun(
      "  - { id: a, await: { signal: vote, count: 3 }, output: '${{ event.data }}' }\n",
    )
    for (const data of ['x', 'y', 'z']) await one.engine.signal(run, { name: 'vote', data })
    await one.settle()
    expect(one.view(run).output).toEqual(['x', 'y', 'z'])
  })

  test('of all takes what comes until the time is up', async () => {
    const { one, run } = await begun(
      "  - { id: a, await: { signal: vote, count: all, timeout: 1d }, output: '${{ event.data }}' }\n",
    )
    for (const data of ['x', 'y']) await one.engine.signal(run, { name: 'vote', data })
    await one.settle()
    expect(one.view(run)).toMatchObject({ status: 'done', output: ['x', 'y'] })
  })

  test('fails when its time is up', async () => {
    const { one, run } = await begun(
      "  - { id: a, await: { signal: paid, timeout: '${{ inputs.t }}' } }\n",
      {
        t: '3d',
      },
    )
    expect(one.view(run).steps[0]).toMatchObject({ due: expect.stringMatching(/Z$/) })
    await one.settle()
    expect(one.view(run).error).toMatchObject({ code: 'RUN_STEP_TIMEOUT' })
  })

  test('runs other steps when its time is up, and they can be waited in', async () => {
    const steps = `
  - id: a
    await:
      signal: paid
      timeout: 1d
      on_timeout:
        - { id: r, sleep: 1h }
        - { id: l, let: '\${{ inputs.n }} was not paid' }
`
    const { one, run } = await begun(steps, { n: 3 })
    await one.settle()
    expect(one.view(run)).toMatchObject({ status: 'done', output: '3 was not paid' })
    expect(one.view(run).steps.map(({ path, status }) => `${path} ${status}`)).toEqual([
      'a done',
      'a/r done',
      'a/l done',
    ])
  })

  test('fails when its condition gives no answer', async () => {
    const { one, run } = await begun(
      "  - { id: a, await: { signal: paid, where: '${{ event.data.nothing > 1 }}' } }\n",
    )
    await one.engine.signal(run, { name: 'paid', data: {} })
    await one.settle()
    expect(one.view(run).error).toMatchObject({ code: 'RUN_EXPRESSION_FAILED' })
  })

  test.each([
    ['a signal', "signal: '${{ inputs.bad }}'"],
    ['an event', "event: '${{ inputs.bad }}'"],
    ['a match', "signal: x, match: '${{ inputs.bad }}'"],
    ['a time', "signal: x, timeout: '${{ inputs.bad }}'"],
  ])('fails when %s is none', async (_, what) => {
    const { one, run } = await begun(`  - { id: a, await: { ${what} } }\n`, { bad: 'not good' })
    await one.settle()
    expect(one.view(run).error).toMatchObject({ code: 'RUN_EXPRESSION_FAILED' })
  })

  test('is left when the run is cancelled, and waits again after a retry', async () => {
    const { one, run } = await begun(
      '  - { id: a, await: { signal: paid, timeout: 30d } }\n  - { id: b, let: paid }\n',
    )
    await one.engine.cancel(run, 'enough')
    await idle(one)
    expect(one.view(run).status).toBe('cancelled')
    await one.engine.retry(run)
    await one.engine.signal(run, { name: 'paid', data: 1 })
    await one.settle()
    expect(one.view(run)).toMatchObject({ status: 'done', output: 'paid' })
  })

  test('in a branch that loses takes nothing', async () => {
    const steps = `
  - { id: p, parallel: { x: [{ id: a, await: { signal: go } }], y: [{ id: b, sleep: 1m }] }, join: any }
  - { id: c, await: { signal: go, timeout: 1h }, output: '\${{ event.data }}' }
`
    const { one, run } = await begun(steps)
    one.clock.step()
    await idle(one)
    await one.engine.signal(run, { name: 'go', data: 'later' })
    await one.settle()
    expect(one.view(run).output).toBe('later')
  })
})
