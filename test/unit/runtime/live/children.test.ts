/**
 * A detached call starts a run once, however often the process dies, and lets go of it.
 */
import { describe, expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'
import { type Lab, lab } from '#test/fake/lab.ts'

const flow = (id: string, steps: string, head = ''): string =>
  `dsl: flux/1\nid: ${id}\n${head}steps:\n${steps}`
const post = ['idempotent', (input: Json) => input] as const
const stuck = ['idempotent', () => new Promise<Json>(() => undefined)] as const
const nap = flow('kid', '  - { id: s, sleep: 1h }\n  - { id: p, use: post }\n')
const calls =
  '  - { id: c, flow: kid, detach: true }\n  - { id: z, let: "${{ steps.c.output.run }}" }\n'

const childrenOf = (one: Lab): readonly { readonly status: string; readonly run: string }[] =>
  one.host.journal.list({ limit: 9 }).filter(({ parent }) => parent !== undefined)

test('gives the id of the run and does not wait for it', async () => {
  const one = lab({ flows: [nap, flow('main', calls)], actions: { post } })
  const run = await one.start()
  expect(await one.engine.wait(run)).toBe('done')
  const [child] = childrenOf(one)
  expect(child?.status).not.toBe('done')
  expect(one.view(run)).toMatchObject({ output: child?.run })
  await one.settle()
  expect(childrenOf(one)).toMatchObject([{ status: 'done' }])
})

describe('a process that dies', () => {
  const places = [1, 2, 3, 4, 5, 6].flatMap((at) => [
    [at, 'before'] as const,
    [at, 'after'] as const,
  ])
  test.each(places)(
    'at write %i, %s it, leaves one run and one that waits no more',
    async (at, when) => {
      const one = lab({ flows: [nap, flow('main', calls)], actions: { post } })
      one.disk.onWrite = (commit, now) => {
        if (commit === at && now === when) throw new Error('the process died')
      }
      one.start().catch(() => undefined)
      await one.settle()
      one.disk.onWrite = undefined
      const two = one.crash()
      await two.settle()
      const runs = two.host.journal.list({ limit: 9 })
      expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 'done'))
      expect(childrenOf(two)).toHaveLength(runs.length / 2)
    },
  )
})

describe('the detached run', () => {
  test('goes on when the other one is cancelled, also after a crash', async () => {
    const main = flow('main', `${calls}  - { id: w, sleep: 2h }\n`)
    const one = lab({ flows: [nap, main], actions: { post } })
    const run = await one.start()
    await one.engine.wait(run, 'parked')
    await one.engine.cancel(run, 'enough')
    const two = one.crash()
    await two.settle()
    expect(two.view(run).status).toBe('cancelled')
    expect(childrenOf(two)).toMatchObject([{ status: 'done' }])
  })

  test('takes nothing along when it fails or is cancelled', async () => {
    const bad = flow('kid', '  - { id: f, fail: { message: No. } }\n')
    expect(await lab({ flows: [bad, flow('main', calls)] }).run()).toMatchObject({ status: 'done' })
    const held = flow('kid', '  - { id: s, use: stuck }\n')
    const one = lab({
      flows: [held, flow('main', `${calls}  - { id: w, sleep: 2h }\n`)],
      actions: { stuck },
    })
    const run = await one.start()
    await one.engine.wait(run, 'parked')
    const [child] = childrenOf(one)
    await one.engine.cancel(child?.run as typeof run, 'enough')
    await one.settle()
    expect(one.view(run).status).toBe('done')
  })

  test('is no deeper than others may be, and its inputs are checked', async () => {
    const picky = flow(
      'kid',
      '  - { id: s, let: 1 }\n',
      'inputs: { type: object, required: [n] }\n',
    )
    expect(await lab({ flows: [picky, flow('main', calls)] }).run()).toMatchObject({
      status: 'failed',
      error: { code: 'RUN_INPUT_REFUSED' },
    })
  })
})

test('a retry starts it again only where it was not started, a fork starts its own', async () => {
  let isUp = false
  const weak = [
    'idempotent',
    () => {
      if (!isUp) throw Object.assign(new Error('down'), { code: 'down' })
      return 1
    },
  ] as const
  const one = lab({
    flows: [nap, flow('main', `${calls}  - { id: w, use: weak }\n`)],
    actions: { post, weak },
  })
  const run = await one.start()
  expect(await one.engine.wait(run)).toBe('failed')
  isUp = true
  await one.engine.retry(run)
  await one.settle()
  expect(one.view(run).status).toBe('done')
  expect(childrenOf(one)).toHaveLength(1)
  const fork = `${run.slice(0, 10)}ZZZZZZZZZZZZZZZZ` as typeof run
  await one.engine.fork(run, { run: fork, from: 'c' })
  await one.settle()
  expect(one.view(fork).status).toBe('done')
  expect(childrenOf(one)).toHaveLength(2)
})
