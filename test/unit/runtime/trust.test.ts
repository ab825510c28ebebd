/**
 * What one run may do to what is told of it, and to the others: acknowledgements wait for the
 * disk, a run that is taken up hears first what was decided about it, and a broken one stays alone.
 */
import { describe, expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'
import { lab } from '#test/fake/lab.ts'

const flow = (id: string, steps: string): string => `dsl: flux/1\nid: ${id}\nsteps:\n${steps}`

const post = ['idempotent', (input: Json) => input] as const
const never = ['idempotent', () => new Promise<Json>(() => undefined)] as const
const nap = flow('nap', '  - { id: s, sleep: 1h }\n')

describe('what is told', () => {
  const lengths = [0, 1, 2, 3].flatMap((a) => [0, 1, 2, 3].map((b) => [a, b] as const))
  test.each(lengths)('is on the disk when children of %i and %i steps end', async (a, b) => {
    const child = (id: string, steps: number): string => {
      const many = Array.from(
        { length: steps },
        (_, i) => `  - { id: t${i}, use: post, with: { n: 1 } }\n`,
      )
      return flow(id, `  - { id: s, let: 1 }\n${many.join('')}`)
    }
    const both = '  - { id: p, parallel: { a: [{ id: x, flow: c1 }], b: [{ id: y, flow: c2 }] } }\n'
    const flows = [child('c1', a), child('c2', b), flow('main', both)]
    const one = lab({ flows, actions: { post }, commit: 'turn' })
    const told = one.start().then(async (run) => {
      const status = await one.engine.wait(run)
      return { status, onDisk: one.host.journal.find(run)?.status }
    })
    await one.settle()
    expect(await told).toEqual({ status: 'done', onDisk: 'done' })
  })

  test('parks a run whose child only waits, and wakes it at the end of the child', async () => {
    const one = lab({
      flows: [nap, flow('main', '  - { id: k, flow: nap }\n  - { id: z, let: end }\n')],
    })
    const run = await one.start()
    expect(await one.engine.wait(run, 'parked')).toBe('parked')
    expect(one.host.journal.find(run)?.status).toBe('parked')
    const two = one.crash()
    await two.settle()
    expect(two.view(run)).toMatchObject({ status: 'done', output: 'end' })
  })

  test('cancels the waiting child of a parent that is not in memory', async () => {
    const one = lab({ flows: [nap, flow('main', '  - { id: k, flow: nap }\n')] })
    const run = await one.start()
    await one.engine.wait(run, 'parked')
    const two = one.crash()
    await two.engine.cancel(run, 'enough')
    await two.engine.wait(run)
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
    expect(two.host.journal.list({ limit: 9 }).map((one) => one.status)).toEqual([
      'cancelled',
      'cancelled',
    ])
  })

  test('dates the decisions of a long run when they were made', async () => {
    const steps =
      "  - { id: e, each: { in: '${{ range(2000) }}' }, steps: [{ id: k, let: '${{ item }}' }] }\n"
    const one = lab({ flows: [flow('main', steps)] })
    const run = await one.start()
    one.clock.pass(5000)
    await one.settle()
    const last = one.host.journal.read(run).at(-1)
    expect((last?.at ?? 0) - (one.host.journal.read(run)[0]?.at ?? 0)).toBeGreaterThanOrEqual(5000)
  })
})

describe('a run that is taken up', () => {
  test('executes nothing again when what comes first is its cancel', async () => {
    const one = lab({ flows: [flow('main', '  - { id: pay, use: never }\n')], actions: { never } })
    const run = await one.start()
    await one.settle()
    const two = one.crash(false)
    await two.engine.cancel(run, 'enough')
    await two.settle()
    expect(two.calls).toEqual(['pay#1'])
    expect(two.view(run).status).toBe('cancelled')
  })

  test('is retried once when that is asked for twice', async () => {
    const fails = [
      'idempotent',
      (): Json => {
        throw Object.assign(new Error('x'), { code: 'net' })
      },
    ] as const
    const one = lab({ flows: [flow('main', '  - { id: a, use: fails }\n')], actions: { fails } })
    const run = await one.start()
    await one.settle()
    await Promise.all([one.engine.retry(run), one.engine.retry(run)])
    await one.settle()
    expect(one.calls).toEqual(['a#1', 'a#2'])
  })
})

describe('a retry', () => {
  test('runs a finally again under another key, and the failed step under its own', async () => {
    let isUp = false
    const work = [
      'idempotent',
      (): Json => {
        if (!isUp) throw Object.assign(new Error('down'), { code: 'net' })
        return 'done'
      },
    ] as const
    const steps =
      '  - { id: t, try: [{ id: work, use: work }], finally: [{ id: unlock, use: post, with: { a: 1 } }] }\n'
    const one = lab({ flows: [flow('main', steps)], actions: { work, post } })
    const run = await one.start()
    await one.settle()
    isUp = true
    await one.engine.retry(run)
    await one.settle()
    expect(one.view(run).status).toBe('done')
    expect(one.calls).toEqual(['t/work#1', 't/unlock#1', 't/work#2', 't/unlock#1'])
    expect(one.keys.get('t/work')?.size).toBe(1)
    expect(one.keys.get('t/unlock')?.size).toBe(2)
  })

  test('refuses the data of a failure that is too large to keep', async () => {
    const steps = "  - { id: f, fail: { message: no, data: '${{ range(40000) }}' } }\n"
    const one = lab({ flows: [flow('main', steps)] })
    expect(await one.run()).toMatchObject({
      status: 'failed',
      error: { code: 'RUN_LIMIT_EXCEEDED' },
    })
  })
})

describe('a broken run', () => {
  test('keeps its timers and leaves those of the others alone', async () => {
    const one = lab({ flows: [nap] })
    const bad = await one.start()
    const good = await one.start()
    await one.engine.wait(good, 'parked')
    const text = JSON.stringify({ kind: 'step.done', path: 'ghost', at: 1, output: { value: 1 } })
    const records = one.disk.runs.get(bad)?.records as string[] | undefined
    records?.push(text)
    const two = one.crash()
    for (let i = 0; i < 50; i++) {
      await new Promise((resolve) => setImmediate(resolve))
      two.clock.step()
    }
    expect(two.view(good).status).toBe('done')
    expect(one.disk.runs.get(bad)?.timers.size).toBe(1)
    await expect(two.engine.cancel(bad, 'x')).rejects.toMatchObject({ code: 'JOURNAL_DIVERGED' })
    expect(two.clock.orders).toBeLessThanOrEqual(1)
  })

  test('does not stop its child from ending', async () => {
    const one = lab({ flows: [nap, flow('main', '  - { id: k, flow: nap }\n')] })
    const run = await one.start()
    await one.engine.wait(run, 'parked')
    const text = JSON.stringify({ kind: 'step.done', path: 'ghost', at: 1, output: { value: 1 } })
    const records = one.disk.runs.get(run)?.records as string[] | undefined
    records?.push(text)
    const two = one.crash()
    for (let i = 0; i < 30; i++) {
      await new Promise((resolve) => setImmediate(resolve))
      two.clock.step()
    }
    const child = two.host.journal.list({ limit: 9 }).find((header) => header.flow === 'nap')
    expect(child?.status).toBe('done')
  })
})

test('a called flow that holds more than its caller is not started, whoever made the plans', async () => {
  const kid = `dsl: flux/1\nid: kid\npermissions: { secrets: [TOKEN] }\nsteps:\n  - { id: s, let: 1 }\n`
  const one = lab({ flows: [kid, flow('main', '  - { id: k, flow: kid }\n')] })
  expect(await one.run()).toMatchObject({ status: 'failed', error: { code: 'CAP_NOT_GRANTED' } })
  expect(one.host.journal.list({ limit: 9 })).toHaveLength(1)
  const both = lab({
    flows: [
      kid,
      flow('main', '  - { id: k, flow: kid }\n').replace(
        'steps:',
        'permissions: { secrets: [TOKEN] }\nsteps:',
      ),
    ],
  })
  expect(await both.run()).toMatchObject({ status: 'done', output: 1 })
})
