import { describe, expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'
import { lab, type LabSetup } from '#test/fake/lab.ts'

const add = ['pure', (input: Json) => ((input as { n: number }).n ?? 0) + 1] as const
const post = ['idempotent', (input: Json) => input] as const
const broken = [
  'idempotent',
  (): Json => {
    throw Object.assign(new Error('no'), { code: 'net' })
  },
] as const

const flow = (steps: string, rest = ''): string => `dsl: flux/1\nid: demo\n${rest}steps:\n${steps}`

async function output(steps: string, setup: Partial<LabSetup> = {}): Promise<Json> {
  const one = lab({
    flows: [...(setup.flows ?? []), flow(steps)],
    actions: { add, post, broken, ...setup.actions },
  })
  const view = await one.run({ n: 5, list: [3, 1, 2] })
  expect(view.error).toBeNull()
  return view.output
}

describe('a run', () => {
  test('goes through its steps in order and yields the last output', async () => {
    const steps = `
  - { id: a, use: add, with: { n: 1 } }
  - { id: b, use: add, with: { n: '\${{ steps.a.output }}' } }
  - { id: c, let: { sum: '\${{ steps.a.output + steps.b.output }}' } }
`
    expect(await output(steps)).toEqual({ sum: 5 })
  })

  test.each([
    [
      'if true',
      "{ id: x, if: '${{ inputs.n > 3 }}', then: [{ id: y, let: yes }], else: [{ id: z, let: no }] }",
      'yes',
    ],
    [
      'if false',
      "{ id: x, if: '${{ inputs.n > 9 }}', then: [{ id: y, let: yes }], else: [{ id: z, let: no }] }",
      'no',
    ],
    ['if without else', "{ id: x, if: '${{ false }}', then: [{ id: y, let: yes }] }", null],
    [
      'switch',
      "{ id: x, switch: '${{ inputs.n }}', cases: { '5': [{ id: y, let: five }] }, default: [] }",
      'five',
    ],
    [
      'switch default',
      "{ id: x, switch: q, cases: { '5': [{ id: y, let: five }] }, default: [{ id: d, let: rest }] }",
      'rest',
    ],
    [
      'each',
      "{ id: x, each: { in: '${{ inputs.list }}', as: k, concurrency: 2 }, steps: [{ id: y, use: add, with: { n: '${{ k }}' } }] }",
      [4, 2, 3],
    ],
    ['each over nothing', '{ id: x, each: { in: [] }, steps: [{ id: y, let: 1 }] }', []],
    [
      'each with an output',
      "{ id: x, each: { in: '${{ inputs.list }}' }, steps: [{ id: y, let: '${{ item * 2 }}' }], output: '${{ steps.y.output + turn.index }}' }",
      [6, 3, 6],
    ],
    [
      'while',
      "{ id: x, while: '${{ turn.index < 3 }}', max: 9, steps: [{ id: y, let: '${{ turn.index * 10 }}' }] }",
      20,
    ],
    [
      'parallel',
      "{ id: x, parallel: { a: [{ id: y, use: add, with: { n: 1 } }], b: { needs: [a], steps: [{ id: z, let: '${{ branches.a.output + 1 }}' }] } } }",
      { a: 2, b: 3 },
    ],
    [
      'parallel any',
      '{ id: x, parallel: { a: [{ id: y, sleep: 1h }], b: [{ id: z, let: fast }] }, join: any }',
      { b: 'fast' },
    ],
    [
      'try',
      "{ id: x, try: [{ id: y, use: broken }], catch: [{ on: [net], steps: [{ id: z, let: '${{ error.code }}' }] }] }",
      'net',
    ],
    [
      'try with finally',
      '{ id: x, try: [{ id: y, let: 1 }], finally: [{ id: z, use: add, with: { n: 1 } }] }',
      1,
    ],
    [
      'return',
      "{ id: x, if: '${{ true }}', then: [{ id: y, return: { early: true } }] }",
      { early: true },
    ],
    ['sleep', '{ id: x, sleep: 30d }', null],
    [
      'each that skips',
      "{ id: x, each: { in: '${{ inputs.list }}', on_error: skip }, steps: [{ id: y, if: '${{ item == 1 }}', then: [{ id: z, fail: no }], else: [{ id: k, let: '${{ item }}' }] }] }",
      [3, 2],
    ],
    [
      'each that collects',
      "{ id: x, each: { in: '${{ inputs.list }}', on_error: collect }, steps: [{ id: y, if: '${{ item == 1 }}', then: [{ id: z, fail: no }], else: [{ id: k, let: '${{ item }}' }] }] }",
      [3, { error: { code: 'RUN_FAILED_BY_FLOW', message: 'no' } }, 2],
    ],
  ])('yields %s', async (_, step, expected) => {
    expect(await output(`  - ${step}\n`)).toEqual(expected)
  })

  test('tries a failing step again at growing distances and then fails', async () => {
    const one = lab({
      flows: [
        flow(
          '  - { id: a, use: broken, retry: { max: 3, backoff: { first: 1s, factor: 2, jitter: false } } }\n',
        ),
      ],
      actions: { broken },
    })
    const before = one.clock.now()
    const view = await one.run()
    expect(view).toMatchObject({
      status: 'failed',
      error: { code: 'net' },
      steps: [{ attempts: 3 }],
    })
    expect(one.calls).toEqual(['a#1', 'a#2', 'a#3'])
    expect(one.clock.now() - before).toBe(3000)
    expect(one.keys.get('a')?.size).toBe(1)
  })

  test('calls another flow and takes its output', async () => {
    const child =
      'dsl: flux/1\nid: kid\nsteps:\n  - { id: w, sleep: 1h }\n  - { id: k, use: add, with: { n: "${{ inputs.n }}" } }\n'
    expect(await output('  - { id: x, flow: kid, with: { n: 41 } }\n', { flows: [child] })).toBe(42)
  })

  test('retries from the failed step and keeps what was committed', async () => {
    let isUp = false
    const flaky = [
      'idempotent',
      (): Json => {
        if (!isUp) throw Object.assign(new Error('down'), { code: 'net' })
        return 'up'
      },
    ] as const
    const one = lab({
      flows: [flow('  - { id: a, use: post, with: { v: 1 } }\n  - { id: b, use: flaky }\n')],
      actions: { post, flaky },
    })
    const run = await one.start()
    await one.settle()
    expect(one.view(run).status).toBe('failed')
    isUp = true
    await one.engine.retry(run)
    await one.settle()
    expect(one.view(run)).toMatchObject({ status: 'done', output: 'up' })
    expect(one.calls).toEqual(['a#1', 'b#1', 'b#2'])
  })

  test('cancels in order, runs finally, and can be carried on', async () => {
    const one = lab({
      flows: [
        flow(
          '  - { id: t, try: [{ id: s, sleep: 1h }], finally: [{ id: f, use: post, with: { x: 1 } }] }\n  - { id: z, let: end }\n',
        ),
      ],
      actions: { post },
    })
    const run = await one.start()
    await one.engine.cancel(run, 'enough')
    await one.settle()
    expect(one.view(run)).toMatchObject({ status: 'cancelled', error: { code: 'RUN_CANCELLED' } })
    expect(one.calls).toEqual(['t/f#1'])
    await one.engine.retry(run)
    await one.settle()
    expect(one.view(run)).toMatchObject({ status: 'done', output: 'end' })
  })

  test('is out of time where its timeout says so', async () => {
    const one = lab({
      flows: [
        flow(
          "  - { id: t, try: [{ id: e, each: { in: [1, 2] }, timeout: 1m, steps: [{ id: s, sleep: 1h }] }], catch: [{ id: c, let: '${{ error.code }}' }] }\n",
        ),
      ],
    })
    expect(await one.run()).toMatchObject({ status: 'done', output: 'RUN_STEP_TIMEOUT' })
    expect(one.clock.orders).toBe(0)
  })

  test('carries on after its process died, with the same key', async () => {
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => (release = resolve))
    const slow = ['idempotent', async () => gate.then(() => 'ok')] as const
    const one = lab({
      flows: [flow('  - { id: a, use: post, with: { v: 1 } }\n  - { id: b, use: slow }\n')],
      actions: { post, slow },
    })
    const run = await one.start()
    await one.settle()
    expect(one.calls).toEqual(['a#1', 'b#1'])
    release()
    const two = one.crash()
    await two.settle()
    expect(two.view(run)).toMatchObject({ status: 'done', output: 'ok' })
    expect(two.calls.filter((call) => call === 'a#1')).toHaveLength(1)
    expect([...(one.keys.get('b') ?? [])]).toEqual([...(two.keys.get('b') ?? [])])
  })

  test('does not guess about an unsafe step that was cut off', async () => {
    const stuck = ['unsafe', async () => new Promise<Json>(() => undefined)] as const
    const one = lab({ flows: [flow('  - { id: a, use: stuck }\n')], actions: { stuck } })
    const run = await one.start()
    await one.settle()
    const two = one.crash()
    await two.settle()
    expect(two.view(run)).toMatchObject({ status: 'uncertain', steps: [{ status: 'uncertain' }] })
    expect(two.calls).toEqual(['a#1'])
  })

  test('stops when its journal does not fit its plan, and lets the others go on', async () => {
    const gate = Promise.withResolvers<Json>()
    const slow = ['idempotent', () => gate.promise] as const
    const one = lab({ flows: [flow('  - { id: a, use: slow }\n')], actions: { slow } })
    const [bad, good] = [await one.start(), await one.start()]
    await one.settle()
    const text = JSON.stringify({ kind: 'step.done', path: 'ghost', at: 1, output: { value: 1 } })
    const records = one.disk.runs.get(bad)?.records as string[] | undefined
    records?.push(text)
    gate.resolve('ok')
    const two = one.crash()
    await two.settle()
    await expect(two.engine.wait(bad)).rejects.toMatchObject({ code: 'JOURNAL_DIVERGED' })
    expect(two.view(good)).toMatchObject({ status: 'done', output: 'ok' })
  })

  test('starts once what is started twice under one name', async () => {
    const one = lab({
      flows: [flow('  - { id: a, use: add, with: { n: 1 } }\n')],
      actions: { add },
    })
    const [first, second] = await Promise.all([one.start({}, 'twin'), one.start({}, 'twin')])
    await one.settle()
    expect(first).toBe(second)
    expect(one.calls).toEqual(['a#1'])
  })

  test('starts nothing any more once it is closed', async () => {
    const one = lab({ flows: [flow('  - { id: a, use: post }\n')], actions: { post } })
    const start = one.start().catch((error: unknown) => error)
    await Promise.resolve()
    one.engine.close()
    await expect(start).resolves.toMatchObject({ code: 'CLI_ENGINE_UNREACHABLE' })
    await one.settle()
    expect(one.calls).toEqual([])
  })
})
