/** Goal: once a budget is used up no model is asked any more, whoever spent it, whatever dies. */
import { describe, expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'
import { lab, type Lab, type LabSetup } from '#test/fake/lab.ts'

const flow = (id: string, budget: string, steps: string): string =>
  `dsl: flux/1\nid: ${id}\npermissions: { ${budget === '' ? '' : `budget: ${budget}`} }\nsteps:\n${steps}`

const answer = (spent: Json): Json => ({ ok: true, output: 'yes', spent })
const ask = ['idempotent', () => answer({ usdMicros: 100_000, tokens: 1000, turns: 1 })] as const
const free = ['idempotent', () => 1] as const
const actions = { ask, free }
const asks = (...ids: readonly string[]): string =>
  ids.map((id) => `  - { id: ${id}, use: ask }\n`).join('')

const called = (one: Lab): readonly string[] => one.calls.map((call) => call.replace(/#.*/, ''))
const exceeded = { status: 'failed', error: { code: 'RUN_BUDGET_EXCEEDED' } }

test.each([
  ['{ usd: 0.3 }', ['a', 'b', 'c']],
  ['{ usd: 0.25 }', ['a', 'b', 'c']],
  ['{ usd: 0.2 }', ['a', 'b']],
  ['{ tokens: 1000 }', ['a']],
  ['{ turns: 2, usd: 9 }', ['a', 'b']],
  ['{ usd: 0 }', []],
])('with a budget of %s these are asked: %j', async (budget, made) => {
  const one = lab({ flows: [flow('main', budget, asks('a', 'b', 'c', 'd'))], actions })
  const view = await one.run()
  expect(view).toMatchObject(exceeded)
  expect(called(one)).toEqual(made)
  expect(view.spent?.turns ?? 0).toBe(made.length)
})

test('what asks no model goes on, and the failure can be caught', async () => {
  const steps =
    '  - { id: a, use: ask }\n  - { id: t, try: [{ id: b, use: ask }], catch: [{ on: [RUN_BUDGET_EXCEEDED], steps: [{ id: f, use: free }] }] }\n'
  const one = lab({ flows: [flow('main', '{ turns: 1 }', steps)], actions })
  expect(await one.run()).toMatchObject({ status: 'done', output: 1 })
})

test('attempts that fail are paid for', async () => {
  const weak = (): Json => ({
    ok: false,
    error: { code: 'RUN_STEP_FAILED', message: 'down' },
    spent: { turns: 1 },
  })
  const steps = '  - { id: a, use: ask, retry: { max: 9, backoff: { jitter: false } } }\n'
  const one = lab({
    flows: [flow('main', '{ turns: 3 }', steps)],
    actions: { ask: ['idempotent', weak] },
  })
  expect(await one.run()).toMatchObject(exceeded)
  expect(one.calls).toEqual(['a#1', 'a#2', 'a#3'])
})

describe('runs that are called', () => {
  const kid = flow('kid', '', asks('k', 'l'))

  test('spend of the budget of their caller, and tell it what they spent', async () => {
    const two = '  - { id: c, flow: kid }\n  - { id: d, flow: kid }\n'
    const one = lab({ flows: [kid, flow('main', '{ turns: 3 }', two)], actions })
    const view = await one.run()
    expect(view).toMatchObject({
      status: 'failed',
      error: { code: 'RUN_CHILD_FAILED', data: { code: 'RUN_BUDGET_EXCEEDED' } },
      spent: { turns: 3 },
    })
    expect(called(one)).toEqual(['k', 'l', 'k'])
  })

  test('count while they run, side by side', async () => {
    const each =
      '  - { id: e, each: { in: [1, 2, 3, 4], concurrency: 4, on_error: skip }, steps: [{ id: c, flow: kid }] }\n'
    const slow = async (): Promise<Json> => {
      await new Promise((resolve) => setImmediate(resolve))
      return answer({ turns: 1 })
    }
    const one = lab({
      flows: [kid, flow('main', '{ turns: 4 }', each)],
      actions: { ask: ['idempotent', slow] },
    })
    await one.run()
    expect(called(one)).toEqual(['k', 'k', 'k', 'k'])
  })

  test('have a budget of their own as well', async () => {
    const own = flow('kid', '{ turns: 1 }', asks('k', 'l'))
    const one = lab({
      flows: [own, flow('main', '{ turns: 9 }', '  - { id: c, flow: kid }\n')],
      actions,
    })
    expect(await one.run()).toMatchObject({ error: { code: 'RUN_CHILD_FAILED' } })
    expect(called(one)).toEqual(['k'])
  })

  test('get what is left when they are detached', async () => {
    const steps = '  - { id: a, use: ask }\n  - { id: c, flow: kid, detach: true }\n'
    const one = lab({ flows: [kid, flow('main', '{ turns: 2 }', steps)], actions })
    expect(await one.run()).toMatchObject({ status: 'done' })
    expect(called(one)).toEqual(['a', 'k'])
  })
})

describe('what was spent stays spent', () => {
  const weakly = (setup: Partial<LabSetup>, budget: string): LabSetup => ({
    flows: [flow('main', budget, `${asks('a')}  - { id: w, use: weak }\n${asks('b')}`)],
    ...setup,
  })

  test('after a crash', async () => {
    const never = ['idempotent', () => new Promise<Json>(() => undefined)] as const
    const one = lab(weakly({ actions: { ask, weak: never } }, '{ turns: 1 }'))
    const run = await one.start()
    await one.settle()
    const next = lab({
      ...weakly({ actions: { ask, weak: free } }, '{ turns: 1 }'),
      disk: one.disk,
    })
    next.engine.recover()
    await next.settle()
    expect(next.view(run)).toMatchObject({ ...exceeded, spent: { turns: 1 } })
  })

  test('after a retry, which drops records, and not in a fork', async () => {
    let isUp = false
    const weak = (): Json => {
      if (!isUp) throw Object.assign(new Error('down'), { code: 'down' })
      return 1
    }
    const setup = weakly({ actions: { ask, weak: ['idempotent', weak] } }, '{ turns: 2 }')
    const caught = flow(
      'main',
      '{ turns: 2 }',
      `  - { id: t, try: [{ id: w, use: weak }], finally: [{ id: f, use: ask }] }\n${asks('b')}`,
    )
    const one = lab({ ...setup, flows: [caught] })
    const run = await one.start()
    await one.settle()
    isUp = true
    await one.engine.retry(run)
    await one.settle()
    // `f` was asked before and after the retry: nothing is left for `b`.
    expect(one.view(run)).toMatchObject({ ...exceeded, spent: { turns: 2 } })
    const fork = `${run.slice(0, 10)}ZZZZZZZZZZZZZZZZ` as typeof run
    await one.engine.fork(run, { run: fork, from: 'b' })
    await one.settle()
    expect(one.view(fork)).toMatchObject({ status: 'done', spent: { turns: 1 } })
  })

  test('a called run that is carried on tells only what is new', async () => {
    let isUp = false
    const weak = (): Json => {
      if (!isUp) throw Object.assign(new Error('down'), { code: 'down' })
      return 1
    }
    const kid = flow('kid', '', `${asks('k')}  - { id: w, use: weak }\n${asks('l')}`)
    const one = lab({
      flows: [kid, flow('main', '{ turns: 9 }', '  - { id: c, flow: kid }\n')],
      actions: { ask, weak: ['idempotent', weak] },
    })
    const run = await one.start()
    await one.settle()
    expect(one.view(run).spent).toMatchObject({ turns: 1 })
    isUp = true
    await one.engine.retry(run)
    await one.settle()
    expect(one.view(run)).toMatchObject({ status: 'done', spent: { turns: 2 } })
  })
})
