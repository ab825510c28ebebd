import { describe, expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'

import { booked, open } from './sagas.ts'

describe('a race', () => {
  test('gives the first that ends well, and undoes the others before it does', async () => {
    const one = open([
      `{ id: r, race: { left: [${booked('a')}, { id: s, sleep: 1h }], right: { steps: [{ id: w, sleep: 1m }, { id: b, let: 5 }] } } }`,
      '{ id: o, use: book, with: { of: "${{ steps.r.output }}" } }',
    ])
    const view = await one.run()
    expect(one.calls).toEqual(['r/left/a#1', 'r/left/a/compensate#1', 'o#1'])
    expect(view.output).toEqual({ of: { winner: 'right', output: 5 } })
  })

  test('keeps what the winner did, and undoes it when the run fails later', async () => {
    const one = open([
      `{ id: r, race: { left: [${booked('a')}], right: [{ id: s, sleep: 1h }] } }`,
      '{ id: f, fail: no }',
    ])
    await one.run()
    expect(one.calls).toEqual(['r/left/a#1', 'r/left/a/compensate#1'])
  })

  test('is lost by a branch that fails, and fails with the last one', async () => {
    const one = open([
      '{ id: r, race: { left: [{ id: a, fail: one }], right: [{ id: w, sleep: 1m }, { id: b, let: 5 }] } }',
    ])
    expect((await one.run()).output).toEqual({ winner: 'right', output: 5 })
    const two = open([
      '{ id: r, race: { left: [{ id: w, sleep: 1m }, { id: a, fail: last }], right: [{ id: b, fail: first }] } }',
    ])
    expect((await two.run()).error).toMatchObject({ message: 'last' })
  })

  test('fails when a loser cannot be undone', async () => {
    const one = open([
      '{ id: r, race: { left: [{ id: a, use: book, compensate: { use: bug } }, { id: s, sleep: 1h }], right: [{ id: w, sleep: 1m }] } }',
    ])
    expect((await one.run()).error).toMatchObject({
      code: 'RUN_COMPENSATION_FAILED',
      data: { steps: [{ path: 'r/left/a' }] },
    })
  })

  test('stops when it is cancelled while a loser is undone', async () => {
    const one = open(
      [
        `{ id: r, race: { left: [{ id: a, use: book, compensate: { use: slow } }, { id: s, sleep: 1h }], right: [{ id: w, sleep: 1m }] } }`,
      ],
      '',
      { actions: { slow: ['idempotent', () => new Promise<Json>(() => undefined)] } },
    )
    const run = await one.start()
    await one.settle()
    await one.engine.cancel(run, 'enough')
    const next = one.crash(false)
    next.engine.recover()
    await next.settle()
    expect(next.view(run).status).toBe('running')
    expect(next.calls.filter((call) => call.startsWith('r/left/a/compensate'))).toHaveLength(2)
  })
})
