import { afterEach, describe, expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { lab } from '#test/fake/lab.ts'

const flow = (steps: string, rest = ''): string => `dsl: flux/1\nid: demo\n${rest}steps:\n${steps}`
const kid = (steps: string): string => `dsl: flux/1\nid: kid\nsteps:\n${steps}`
const post = ['idempotent', (input: Json) => input] as const
const stuck = ['idempotent', async () => new Promise<Json>(() => undefined)] as const
const down = [
  'idempotent',
  (): Json => {
    throw Object.assign(new Error('down'), { code: 'net' })
  },
] as const

const { turnRecordsMax } = limits
function turns(records: number): void {
  ;(limits as { turnRecordsMax: number }).turnRecordsMax = records
}
afterEach(() => turns(turnRecordsMax))

describe('a turn that is full', () => {
  test('acknowledges a cancel only once it is durable', async () => {
    turns(1)
    const one = lab({
      flows: [flow('  - { id: a, let: 1 }\n  - { id: b, let: 2 }\n  - { id: s, sleep: 1h }\n')],
    })
    const run = await one.start()
    await one.engine.cancel(run, 'enough')
    expect(one.host.journal.read(run).map(({ kind }) => kind)).toContain('run.cancel')
  })

  test('fires the retry timer once that came due while it was held', async () => {
    turns(1)
    const step =
      '{ id: p, parallel: { a: [{ id: x, use: down, retry: { max: 2, backoff: { first: 1s, jitter: false } } }], b: [{ id: s, sleep: 1s }, { id: l, let: 1 }, { id: m, let: 2 }] } }'
    const one = lab({ flows: [flow(`  - ${step}\n`)], actions: { down } })
    const view = await one.run()
    expect(view).toMatchObject({ status: 'failed', error: { code: 'net' } })
    const fired = one.host.journal
      .read(view.id)
      .filter((record) => record.kind === 'timer.fired' && record.timer === 'retry')
    expect(fired).toHaveLength(1)
  })

  test('does not take the output of a try for that of its finally', async () => {
    turns(1)
    const steps =
      "  - { id: t, try: [{ id: a, let: 1 }], output: '${{ steps.a.output }}', finally: [{ id: f, use: post, with: { x: 1 } }] }\n"
    const one = lab({ flows: [flow(steps)], actions: { post } })
    const run = await one.start()
    const cancelled = one.engine.cancel(run, 'enough')
    await one.settle()
    await cancelled.catch(() => undefined)
    expect(one.calls).toEqual(['t/f#1'])
    expect(one.view(run).steps.map(({ status }) => status)).not.toContain('running')
  })
})

describe('a run that is told to stop', () => {
  test('stops although a join had what it wants and a loser still tidied up', async () => {
    const steps =
      '  - { id: p, parallel: { a: [{ id: x, let: 1 }], b: [{ id: t, try: [{ id: s, sleep: 1d }], finally: [{ id: f, sleep: 1h }] }] }, join: any }\n  - { id: z, use: post, with: { x: 1 } }\n'
    const one = lab({ flows: [flow(steps)], actions: { post } })
    const run = await one.start()
    await one.engine.cancel(run, 'enough')
    await one.settle()
    expect(one.view(run).status).toBe('cancelled')
    expect(one.calls).toEqual([])
  })

  test('takes its children along, also when the process died in between', async () => {
    const one = lab({
      flows: [
        kid('  - { id: k, use: stuck }\n  - { id: l, use: post, with: { x: 1 } }\n'),
        flow('  - { id: c, flow: kid }\n'),
      ],
      actions: { stuck, post },
    })
    const run = await one.start()
    await one.settle()
    const child = one.host.journal.list({ limit: 9 }).find(({ parent }) => parent === run)?.run
    one.disk.onWrite = (_, when) => {
      if (when === 'after') throw new Error('the process died')
    }
    void one.engine.cancel(run, 'enough')
    await one.settle()
    one.disk.onWrite = undefined
    expect(one.disk.runs.get(run)?.header.status).toBe('cancelled')
    const two = one.crash()
    await two.settle()
    expect(child !== undefined && two.host.journal.find(child)?.status).toBe('cancelled')
    expect(two.calls).not.toContain('l#1')
  })
})

describe('a retry', () => {
  test('of a step that ran out of time between two attempts begins the next one', async () => {
    let isUp = false
    const flaky = [
      'idempotent',
      (): Json => {
        if (!isUp) throw Object.assign(new Error('down'), { code: 'net' })
        return 'up'
      },
    ] as const
    const one = lab({
      flows: [
        flow(
          '  - { id: a, use: flaky, timeout: 1s, retry: { max: 3, backoff: { first: 1h, jitter: false, max: 1h } } }\n',
        ),
      ],
      actions: { flaky },
    })
    const view = await one.run()
    expect(view.error?.code).toBe('RUN_STEP_TIMEOUT')
    isUp = true
    await one.engine.retry(view.id)
    await one.settle()
    expect(one.view(view.id)).toMatchObject({ status: 'done', output: 'up' })
    expect(one.clock.orders).toBe(0)
  })

  test('of a cancelled run carries its children on', async () => {
    const one = lab({
      flows: [
        kid('  - { id: w, sleep: 1h }\n  - { id: l, let: 7 }\n'),
        flow('  - { id: c, flow: kid }\n'),
      ],
    })
    const run = await one.start()
    for (let i = 0; i < 50; i++) await Promise.resolve()
    await one.engine.cancel(run, 'enough')
    for (let i = 0; i < 50; i++) await Promise.resolve()
    await one.engine.retry(run)
    await one.settle()
    expect(one.view(run)).toMatchObject({ status: 'done', output: 7 })
  })

  test('of a run whose outputs failed executes no step again', async () => {
    const one = lab({
      flows: [
        flow('  - { id: a, use: post, with: { x: 1 } }\n', "outputs: { o: '${{ 1 / 0 }}' }\n"),
      ],
      actions: { post },
    })
    const view = await one.run()
    expect(view).toMatchObject({ status: 'failed', error: { code: 'RUN_EXPRESSION_FAILED' } })
    await one.engine.retry(view.id)
    await one.settle()
    expect(one.calls).toEqual(['a#1'])
  })
})

describe('a value that is too large', () => {
  const big = ['read', () => 'x'.repeat(8 * 1024 * 1024)] as const
  const many = '{ id: e, each: { in: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, steps: [{ id: b, use: big }] }'

  test('as the end of a run fails the run', async () => {
    const one = lab({ flows: [flow(`  - ${many}\n`)], actions: { big } })
    expect(await one.run()).toMatchObject({
      status: 'failed',
      error: { code: 'RUN_LIMIT_EXCEEDED' },
    })
  })

  test('as the input of a step fails the step', async () => {
    const steps = `  - ${many}\n  - { id: t, try: [{ id: p, use: post, with: { all: '\${{ steps.e.output }}' } }], catch: [{ id: c, let: '\${{ error.code }}' }] }\n`
    const one = lab({ flows: [flow(steps)], actions: { big, post } })
    expect(await one.run()).toMatchObject({ status: 'done', output: 'RUN_LIMIT_EXCEEDED' })
  })
})
