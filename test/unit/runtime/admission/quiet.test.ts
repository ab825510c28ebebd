/** Goal: of runs that come soon after each other the last one begins, and exactly one, whatever dies. */
import { describe, expect, test } from 'vitest'

import type { RunId } from '#engine/core/id.ts'
import { lab, type Lab } from '#test/fake/lab.ts'

const minute = 60_000
const flow = (rest: string, steps = '  - { id: s, let: 1 }\n'): string =>
  `dsl: flux/1\nid: demo\ndebounce: ${rest}\nsteps:\n${steps}`

async function ticked(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Lets `ms` pass. */
async function pass(one: Lab, ms: number): Promise<void> {
  const until = one.clock.now() + ms
  one.clock.wakeAt(until, () => undefined)
  while (one.clock.now() < until && one.clock.step()) await ticked()
}

const statuses = (one: Lab, runs: readonly RunId[]): readonly string[] =>
  runs.map((run) => one.view(run).status)

test('the last of a series begins, once it has been quiet; those before name it', async () => {
  const one = lab({ flows: [flow('{ wait: 5m }')] })
  const first = await one.start()
  expect(one.view(first).gate).toMatchObject({ for: 'debounce' })
  await pass(one, 4 * minute)
  const second = await one.start()
  await ticked()
  expect(one.view(first)).toMatchObject({ status: 'cancelled', steps: [] })
  expect(one.view(first).error?.message).toContain(
    `skipped: run ${second} of its key came within 5m`,
  )
  await pass(one, 4 * minute)
  expect(one.view(second).status).toBe('parked')
  await pass(one, minute)
  expect(one.view(second).status).toBe('done')
  expect(one.host.journal.waiting({ kind: 'debounce', limit: 9 })).toEqual([])
})

test('runs of other keys are left alone, and so is one that has begun', async () => {
  const one = lab({
    flows: [flow("{ wait: 5m, key: '${{ inputs.k }}' }", '  - { id: s, sleep: 1h }\n')],
  })
  const runs = [await one.start({ k: 'a' }), await one.start({ k: 'b' })]
  await pass(one, 6 * minute)
  runs.push(await one.start({ k: 'a' }))
  await one.settle()
  expect(statuses(one, runs)).toEqual(['done', 'done', 'done'])
})

test('the longest wait is from the first of the series on', async () => {
  const one = lab({ flows: [flow('{ wait: 5m, max_wait: 12m }')] })
  const runs: RunId[] = []
  for (let i = 0; i < 6; i++) {
    runs.push(await one.start())
    await pass(one, 4 * minute)
  }
  await one.settle()
  expect(statuses(one, runs)).toEqual([
    'cancelled',
    'cancelled',
    'done',
    'cancelled',
    'cancelled',
    'done',
  ])
})

describe('a process that dies', () => {
  const places = Array.from({ length: 6 }, (_, i) => i + 1).flatMap((at) => [
    [at, 'before'] as const,
    [at, 'after'] as const,
  ])
  test.each(places)('at write %i, %s it, leaves exactly one', async (at, when) => {
    const one = lab({ flows: [flow('{ wait: 5m }')] })
    one.disk.onWrite = (commit, now) => {
      if (commit === at && now === when) throw new Error('the process died')
    }
    one.start().catch(() => undefined)
    await ticked()
    one.start().catch(() => undefined)
    await ticked()
    one.disk.onWrite = undefined
    const two = one.crash()
    await ticked()
    await two.settle()
    const ended = two.host.journal.list({ limit: 9 }).map(({ status }) => status)
    expect(ended.filter((status) => status === 'done')).toHaveLength(ended.length === 0 ? 0 : 1)
    expect(ended.filter((status) => status === 'parked' || status === 'running')).toEqual([])
  })

  test('does not forget when a series began', async () => {
    const one = lab({ flows: [flow('{ wait: 5m, max_wait: 6m }')] })
    await one.start()
    await pass(one, 4 * minute)
    const two = one.crash()
    const last = await two.start()
    const from = two.clock.now()
    await two.settle()
    expect(two.view(last).status).toBe('done')
    expect(two.clock.now() - from).toBe(2 * minute)
  })
})

test('a hundred at once leave one', async () => {
  const one = lab({ flows: [flow('{ wait: 5m }')], commit: 'turn' })
  const starting = Promise.all(Array.from({ length: 100 }, async () => await one.start()))
  await one.settle()
  const ended = statuses(one, await starting)
  expect(ended.filter((status) => status === 'done')).toHaveLength(1)
  expect(ended.filter((status) => status === 'cancelled')).toHaveLength(99)
})

test('a run that was replaced can be retried, and comes anew', async () => {
  const one = lab({ flows: [flow('{ wait: 5m }')] })
  const [first, second] = [await one.start(), await one.start()]
  await pass(one, minute)
  await one.engine.retry(first)
  await ticked()
  await one.settle()
  expect(statuses(one, [first, second])).toEqual(['done', 'cancelled'])
})

test('all gates are passed in their order, and a pause holds a run at them', async () => {
  const gates = '{ wait: 5m }\nrate_limit: { limit: 1, per: 1h }\nconcurrency: { limit: 1 }'
  const one = lab({ flows: [flow(gates)] })
  const run = await one.start()
  await one.engine.pause(run, 'user:ann')
  await pass(one, 10 * minute)
  expect(one.host.journal.read(run).map(({ kind }) => kind)).toEqual([
    'run.started',
    'run.debounced',
    'run.paused',
    'timer.fired',
  ])
  await one.engine.resume(run, 'user:ann')
  await one.settle()
  expect(
    one.host.journal
      .read(run)
      .map(({ kind }) => kind)
      .slice(-5),
  ).toEqual(['run.limited', 'run.queued', 'run.admitted', 'step.done', 'run.done'])
})
