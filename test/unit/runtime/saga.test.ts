import { describe, expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'

import { booked, failure, open } from './sagas.ts'

describe('compensation', () => {
  test('undoes what was done when the run fails, the latest first', async () => {
    const seen: Json[] = []
    const undo = ['idempotent', (input: Json) => (seen.push(input), input)] as const
    const one = open([booked('a'), booked('b'), '{ id: c, use: broken }', booked('d')], '', {
      actions: { undo },
    })
    const view = await one.run()
    expect(view).toMatchObject({ status: 'failed', error: { code: 'net' } })
    expect(seen).toEqual([{ of: 'b' }, { of: 'a' }])
    expect(one.calls).toEqual(['a#1', 'b#1', 'c#1', 'b/compensate#1', 'a/compensate#1'])
    expect(view.steps.map(({ path }) => path)).toEqual([
      'a',
      'b',
      'c',
      'b/compensate',
      'a/compensate',
    ])
  })

  test('leaves a run alone that ends well', async () => {
    const one = open([booked('a'), booked('b')])
    expect(await one.run()).toMatchObject({ status: 'done' })
    expect(one.calls).toEqual(['a#1', 'b#1'])
  })

  test('leaves what a try has caught alone', async () => {
    const one = open([
      `{ id: t, try: [${booked('a')}, { id: x, use: broken }], catch: [{ id: c, let: 1 }] }`,
    ])
    expect(await one.run()).toMatchObject({ status: 'done', output: 1 })
    expect(one.calls).not.toContain('a/compensate#1')
  })

  test('undoes every item of a loop on its own, with a key of its own', async () => {
    const one = open([
      `{ id: e, each: { in: [1, 2], concurrency: 1 }, steps: [${booked('a')}] }`,
      '{ id: f, fail: no }',
    ])
    await one.run()
    expect(one.calls.slice(2)).toEqual(['e[1]/a/compensate#1', 'e[0]/a/compensate#1'])
    expect(new Set([...one.keys.values()].flatMap((keys) => [...keys])).size).toBe(4)
  })

  test('also follows a run that is out of time', async () => {
    const one = open([booked('a'), '{ id: s, sleep: 1h }'], 'timeout: 30m\n')
    expect(await one.run()).toMatchObject({ status: 'failed', error: { code: 'RUN_TIMEOUT' } })
    expect(one.calls).toEqual(['a#1', 'a/compensate#1'])
  })

  test('also follows a cancel, and a second cancel changes nothing', async () => {
    const later = Promise.withResolvers<Json>()
    const undo = ['idempotent', () => later.promise] as const
    const one = open([booked('a'), '{ id: s, sleep: 1h }'], '', { actions: { undo } })
    const run = await one.start()
    await one.engine.cancel(run, 'enough')
    await one.engine.cancel(run, 'now')
    expect(one.view(run).status).toBe('running')
    later.resolve(null)
    await one.settle()
    expect(one.view(run).status).toBe('cancelled')
    expect(one.calls).toEqual(['a#1', 'a/compensate#1'])
  })

  test('is tried again by itself, and goes on with the others when it fails for good', async () => {
    const one = open(
      [
        booked('a'),
        '{ id: b, use: book, compensate: { use: broken, retry: 2 } }',
        '{ id: f, fail: no }',
      ],
      '',
    )
    const view = await one.run()
    expect(one.calls).toEqual(['a#1', 'b#1', 'b/compensate#1', 'b/compensate#2', 'a/compensate#1'])
    expect(view.error).toMatchObject({ code: 'RUN_FAILED_BY_FLOW' })
    expect(view.compensation).toMatchObject({
      code: 'RUN_COMPENSATION_FAILED',
      data: { steps: [{ path: 'b', code: 'net' }] },
    })
  })

  test('a cancelled run that cannot be undone has failed', async () => {
    const one = open(['{ id: b, use: book, compensate: { use: bug } }', '{ id: s, sleep: 1h }'])
    const run = await one.start()
    await one.engine.cancel(run, 'enough')
    await one.settle()
    expect(one.view(run)).toMatchObject({
      status: 'failed',
      error: { code: 'RUN_COMPENSATION_FAILED' },
    })
  })

  test('waits for a call that is told to stop, and undoes what it did all the same', async () => {
    const one = open([
      '{ id: a, use: slow, with: { n: 1 }, compensate: { use: undo, with: { of: "${{ steps.a.output.n }}" } } }',
    ])
    const run = await one.start()
    await one.engine.cancel(run, 'enough')
    await one.settle()
    expect(one.calls).toEqual(['a#1', 'a/compensate#1'])
    expect(one.view(run).status).toBe('cancelled')
  })

  test('says so of a call that never answers', async () => {
    const one = open(['{ id: a, use: deaf, compensate: { use: undo } }'])
    const run = await one.start()
    await one.engine.cancel(run, 'enough')
    await one.settle()
    expect(one.view(run)).toMatchObject({
      status: 'failed',
      error: {
        code: 'RUN_COMPENSATION_FAILED',
        data: { steps: [{ path: 'a', code: 'RUN_STEP_UNCERTAIN' }] },
      },
    })
  })

  test('says so when the input of what undoes a step cannot be evaluated', async () => {
    const one = open([
      booked('a'),
      '{ id: b, use: book, with: { n: 0 }, compensate: { use: undo, with: { x: "${{ 1 / steps.b.output.n }}" } } }',
    ])
    const view = await one.run()
    expect(view.error).toMatchObject({ code: 'RUN_EXPRESSION_FAILED' })
    expect(view.compensation).toMatchObject({ data: { steps: [{ path: 'b' }] } })
    expect(one.calls).toEqual(['a#1', 'b#1', 'a/compensate#1'])
  })

  test('uses the key of the author', async () => {
    const one = open([
      '{ id: a, use: book, with: { n: 7 }, compensate: { use: undo, idempotency: "void-${{ steps.a.output.n }}" } }',
      '{ id: f, fail: no }',
    ])
    await one.run()
    expect([...(one.keys.get('a/compensate') ?? [])]).toEqual(['void-7'])
  })

  test('a run that was undone is not retried', async () => {
    const one = open([booked('a'), '{ id: f, fail: no }'])
    const { id } = await one.run()
    await expect(one.engine.retry(id)).rejects.toMatchObject({ code: 'RUN_NOT_RETRYABLE' })
  })

  test('a child undoes itself, and a retry of its parent begins another one', async () => {
    const kid = `dsl: flux/1\nid: kid\nsteps:\n  - ${booked('k')}\n  - { id: kf, use: flaky }\n`
    let tries = 0
    const flaky = [
      'idempotent',
      (): Json => {
        if (++tries === 1) throw failure('bug')
        return 'fine'
      },
    ] as const
    const one = open(['{ id: c, flow: kid }'], '', { flows: [kid], actions: { flaky } })
    const view = await one.run()
    expect(view.error).toMatchObject({ code: 'RUN_CHILD_FAILED' })
    expect(one.calls).toEqual(['k#1', 'kf#1', 'k/compensate#1'])
    await one.engine.retry(view.id)
    await one.settle()
    expect(one.view(view.id)).toMatchObject({ status: 'done', output: 'fine' })
    expect(one.calls.slice(3)).toEqual(['k#1', 'kf#1'])
  })
})

describe('on_failure', () => {
  const notify =
    'on_failure:\n  - { id: tell, use: book, with: { code: "${{ error.code }}", said: "${{ error.message }}" } }\n'

  test('runs after everything is undone, and sees the error', async () => {
    const seen: Json[] = []
    const book = ['idempotent', (input: Json) => (seen.push(input), input)] as const
    const one = open([booked('a'), '{ id: f, fail: gone }'], notify, { actions: { book } })
    const view = await one.run()
    expect(view).toMatchObject({ status: 'failed', error: { code: 'RUN_FAILED_BY_FLOW' } })
    expect(one.calls).toEqual(['a#1', 'a/compensate#1', 'tell#1'])
    expect(seen.at(-1)).toEqual({ code: 'RUN_FAILED_BY_FLOW', said: 'gone' })
  })

  test('does not hide the first failure behind its own', async () => {
    const one = open(
      ['{ id: f, fail: first }'],
      'on_failure:\n  - { id: g, fail: { code: second, message: second } }\n',
    )
    const view = await one.run()
    expect(view.error).toMatchObject({ message: 'first' })
    expect(view.onFailure).toMatchObject({ code: 'second' })
  })

  test('does not run for a cancel, and ends when it is cancelled itself', async () => {
    const one = open(['{ id: s, sleep: 1h }'], 'on_failure:\n  - { id: g, use: book }\n')
    const run = await one.start()
    await one.engine.cancel(run, 'enough')
    expect(one.view(run).status).toBe('cancelled')
    expect(one.calls).toEqual([])
    const two = open(['{ id: f, fail: no }'], 'on_failure:\n  - { id: w, sleep: 9h }\n')
    const late = await two.start()
    await two.engine.cancel(late, 'enough')
    expect(two.view(late)).toMatchObject({ status: 'failed', error: { message: 'no' } })
  })

  test('is carried on after a crash', async () => {
    const one = open(
      ['{ id: f, fail: no }'],
      'on_failure:\n  - { id: w, sleep: 9h }\n  - { id: t, use: book }\n',
    )
    const run = await one.start()
    const next = one.crash()
    await next.settle()
    expect(next.view(run)).toMatchObject({ status: 'failed', error: { message: 'no' } })
    expect(next.calls).toEqual(['t#1'])
  })
})
