/**
 * Goal: what a step emits reaches every run that waits for it, once, whatever dies on the way.
 */
import { describe, expect, test } from 'vitest'

import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { matchKey, matchKeys, topicKey, topicKeys } from '#engine/runtime/waits/route.ts'
import { lab, type Lab } from '#test/fake/lab.ts'

const listener = `dsl: flux/1
id: listener
steps:
  - id: a
    await: { event: '\${{ inputs.on }}', match: '\${{ inputs.match }}', timeout: 1d, on_timeout: [{ id: n, let: nothing }] }
    output: \${{ event.data }}
`
const teller = `dsl: flux/1
id: teller
steps:
  - { id: e, emit: { event: '\${{ inputs.say }}', data: '\${{ inputs.data }}', key: '\${{ inputs.say }}' } }
`

/** One disk with both flows; `hear` starts a run that waits, `say` one that emits. */
function town(): {
  readonly ears: Lab
  hear(on: string, match?: Json): Promise<RunId>
  say(subject: string, data: Json): Promise<RunId>
} {
  const mouth = lab({ flows: [teller] })
  const ears = lab({ flows: [teller, listener], disk: mouth.disk, clock: mouth.clock })
  const idle = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    ears,
    async hear(on, match = {}) {
      const run = await ears.start({ on, match })
      await idle()
      return run
    },
    async say(say, data) {
      const digest = ears.plans.get('teller')
      if (digest === undefined) throw new Error('the lab knows both flows')
      const run = await ears.engine.start({ plan: digest, input: { say, data }, source: {} })
      await idle()
      return run
    },
  }
}

describe('an event', () => {
  test('reaches every run that waits for its subject and data, and no other', async () => {
    const { ears, hear, say } = town()
    const runs = await Promise.all([
      hear('orders.paid'),
      hear('orders.*', { id: 7 }),
      hear('orders.>', { id: 7, by: { name: 'ann' } }),
      hear('orders.*', { id: 8 }),
      hear('orders.late'),
      hear('orders.paid.>'),
    ])
    await say('orders.paid', { id: 7, by: { name: 'ann', age: 3 } })
    await ears.settle()
    const heard = runs.map((run) => ears.view(run).output !== 'nothing')
    expect(heard).toEqual([true, true, true, false, false, false])
    expect(ears.host.journal.outbox(9)).toEqual([])
  })

  test('reaches a run that says it itself and then waits in the same breath', async () => {
    const flow = `dsl: flux/1
id: both
steps:
  - { id: e, emit: { event: ping, data: 1 } }
  - { id: a, await: { event: ping, timeout: 1h, on_timeout: [{ id: n, let: nothing }] }, output: '\${{ event.data }}' }
`
    const one = lab({ flows: [flow] })
    expect(await one.run()).toMatchObject({ status: 'done', output: 1 })
  })

  test('is delivered by the next process when this one dies after the commit', async () => {
    const { ears, hear, say } = town()
    const run = await hear('orders.paid')
    ears.host.journal.waiting = () => [] // it dies before it looks who waits
    ears.host.journal.delivered = () => new Promise(() => undefined)
    await say('orders.paid', 5)
    expect(ears.host.journal.outbox(9)).toHaveLength(1)
    const next = ears.crash()
    await next.settle()
    expect(next.view(run).output).toBe(5)
    expect(next.host.journal.outbox(9)).toEqual([])
  })

  test('counts once for a run that has it already', async () => {
    const flow = `dsl: flux/1
id: twice
steps:
  - { id: a, await: { event: ping } }
  - { id: b, await: { event: ping, timeout: 1h, on_timeout: [{ id: n, let: nothing }] } }
`
    const one = lab({ flows: [flow] })
    const run = await one.start()
    await one.engine.publish({ subject: 'ping', data: 1, id: 'once' })
    for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
    await one.engine.publish({ subject: 'ping', data: 1, id: 'once' })
    await one.settle()
    expect(one.view(run).output).toBe('nothing')
  })

  test('from elsewhere needs a subject', async () => {
    const one = lab({ flows: [teller] })
    await expect(one.engine.publish({ subject: 'a.*', data: 1 })).rejects.toMatchObject({
      code: 'RUN_SIGNAL_REFUSED',
    })
  })

  test('that does not hold is put away and the next one is looked at', async () => {
    const flow = `dsl: flux/1
id: picky
steps:
  - { id: a, await: { event: 'n.*', where: '\${{ event.data > 2 }}', count: 2, timeout: 1d }, output: '\${{ [event.subject, event.data] }}' }
`
    const one = lab({ flows: [flow] })
    const run = await one.start()
    for (const data of [1, 3, 2, 4]) await one.engine.publish({ subject: `n.x${data}`, data })
    await one.settle()
    expect(one.view(run).output).toEqual([
      ['n.x3', 3],
      ['n.x4', 4],
    ])
  })

  test('finds more runs than a page holds, and leaves nobody waiting in the index', async () => {
    const before = limits.eventReceiversPerPage
    ;(limits as { eventReceiversPerPage: number }).eventReceiversPerPage = 3
    try {
      const { ears, hear, say } = town()
      const runs: RunId[] = []
      for (let i = 0; i < 10; i++) runs.push(await hear('orders.paid'))
      await say('orders.paid', 5)
      await ears.settle()
      expect(runs.map((run) => ears.view(run).output)).toEqual(runs.map(() => 5))
      const query = {
        kind: 'event',
        topics: topicKeys('orders.paid'),
        keys: [''],
        limit: 9,
      } as const
      expect(ears.host.journal.waiting(query)).toEqual([])
    } finally {
      ;(limits as { eventReceiversPerPage: number }).eventReceiversPerPage = before
    }
  })

  test('under a subject that is none fails the step', async () => {
    const one = lab({ flows: [teller] })
    const view = await one.run({ say: 'a b', data: 1 })
    expect(view.error).toMatchObject({ code: 'RUN_EXPRESSION_FAILED' })
  })
})

describe('a route', () => {
  test.each([
    ['a.b.c', 'a.b.c', true],
    ['a.*.c', 'a.b.c', true],
    ['a.>', 'a.b.c', true],
    ['*.b', 'a.b', true],
    ['a.b', 'a.c', false],
    ['a.b.>', 'a.c.d', false],
  ])('of %s is among those of %s: %s', (pattern, subject, is) => {
    expect(topicKeys(subject).includes(topicKey(pattern))).toBe(is)
  })

  test.each([
    [undefined, { a: 1 }, true],
    [{}, 7, true],
    [{ a: 1, b: 2 }, { b: 2, a: 1, c: [] }, true],
    [{ deep: { a: 1 } }, { deep: { a: 2 } }, true],
    [{ a: 1 }, { a: 2 }, false],
    [{ a: 1 }, { a: '1' }, false],
  ])('by %j is among those of %j: %s', (match, data, is) => {
    expect(matchKeys(data as Json).includes(matchKey(match))).toBe(is)
  })
})
