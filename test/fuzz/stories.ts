/** The flows that the golden journals are made from, and what is said to their runs. */
import type { Json } from '#engine/core/json.ts'
import type { Settlement } from '#engine/runtime/record.ts'
import type { Lab } from '#test/fake/lab.ts'

const flow = (steps: readonly string[], rest = ''): string =>
  `dsl: flux/1\nid: golden\n${rest}steps:\n${steps.map((step) => `  - ${step}\n`).join('')}`
const kid =
  'dsl: flux/1\nid: kid\nsteps:\n  - { id: k, use: add, with: { n: "${{ inputs.n }}" } }\n'

/** What the golden journals of this release were made from. */
export const stories: Readonly<
  Record<
    string,
    {
      readonly flows: readonly string[]
      readonly components?: Readonly<Record<string, string>>
      readonly keeps?: boolean
      readonly tell?: (one: Lab) => Promise<void>
    }
  >
> = {
  sequence: {
    flows: [
      flow(
        [
          '{ id: a, use: add, with: { n: "${{ inputs.n }}" } }',
          '{ id: b, use: post, with: { v: "${{ steps.a.output }}" }, idempotency: "${{ run.flow }}" }',
        ],
        "outputs: { sum: '${{ steps.a.output + 1 }}' }\n",
      ),
    ],
  },
  choices: {
    flows: [
      flow([
        "{ id: a, if: '${{ inputs.n > 1 }}', then: [{ id: b, let: 1 }] }",
        "{ id: c, switch: '${{ inputs.n }}', cases: { '3': [{ id: d, let: three }] }, default: [] }",
        "{ id: e, if: '${{ false }}', then: [{ id: f, let: 1 }] }",
      ]),
    ],
  },
  each: {
    flows: [
      flow([
        "{ id: e, each: { in: [1, 2, 3], as: k, concurrency: 2, on_error: collect }, steps: [{ id: i, if: '${{ k == 2 }}', then: [{ id: x, fail: no }], else: [{ id: y, use: add, with: { n: '${{ k }}' } }] }] }",
      ]),
    ],
  },
  while: {
    flows: [
      flow([
        "{ id: w, while: '${{ turn.index < 2 }}', max: 5, steps: [{ id: y, use: post, with: { t: '${{ turn.index }}' } }], output: '${{ turn.index }}' }",
      ]),
    ],
  },
  parallel: {
    flows: [
      flow([
        "{ id: p, parallel: { a: [{ id: x, use: add, with: { n: 1 } }], b: { needs: [a], steps: [{ id: y, let: '${{ branches.a.output }}' }] }, c: [{ id: s, sleep: 1h }] }, join: 2 }",
      ]),
    ],
  },
  try: {
    flows: [
      flow([
        "{ id: t, try: [{ id: a, assert: '${{ inputs.n == 0 }}', message: none }], catch: [{ on: [RUN_ASSERTION_FAILED], steps: [{ id: c, let: '${{ error.code }}' }] }], finally: [{ id: f, use: post, with: { done: true } }] }",
        '{ id: r, return: early }',
      ]),
    ],
  },
  retry: {
    flows: [
      flow(['{ id: a, use: flaky, with: { x: 1 }, retry: { max: 3, backoff: { first: 1s } } }']),
    ],
  },
  wait: {
    flows: [
      flow(
        [
          '{ id: s, sleep: 30d }',
          '{ id: t, try: [{ id: u, until: 2030-01-01T00:00:00Z, timeout: 1h }], catch: [{ id: c, let: late }] }',
        ],
        'timeout: 60d\n',
      ),
    ],
  },
  signal: {
    flows: [
      flow([
        "{ id: a, await: { signal: paid, match: { order: '${{ inputs.n }}' }, where: '${{ event.data.amount > 1 }}', count: 2, timeout: 3d }, output: '${{ event.data.amount }}' }",
        '{ id: b, await: { signal: never, timeout: 1h, on_timeout: [{ id: c, let: late }] } }',
        '{ id: d, await: { signal: early } }',
      ]),
    ],
    async tell(one) {
      const run = await one.start({ n: 3 })
      const say = async (name: string, data: Json, id: string): Promise<void> =>
        await one.engine.signal(run, { name, data, id, by: 'user:ann' })
      await say('early', 'first', 's1')
      await say('paid', { order: 4, amount: 9 }, 's2')
      await say('paid', { order: 3, amount: 1 }, 's3')
      await say('paid', { order: 3, amount: 2, more: [] }, 's4')
      await say('paid', { order: 3, amount: 3 }, 's5')
    },
  },
  queued: {
    flows: [flow(['{ id: s, sleep: 1h }'], "concurrency: { key: 'n${{ inputs.n }}', limit: 1 }\n")],
    async tell(one) {
      await one.start({ n: 3 })
      await one.start({ n: 3 })
    },
  },
  gates: {
    flows: [
      flow(
        ['{ id: p, use: post, with: { x: 1 } }'],
        "debounce: { key: 'n${{ inputs.n }}', wait: 5m, max_wait: 7m }\nrate_limit: { limit: 1, per: 1h }\nconcurrency: { limit: 1 }\n",
      ),
    ],
    async tell(one) {
      await one.start({ n: 2 })
      await one.start({ n: 3 })
      await one.settle()
      await one.start({ n: 3 })
    },
  },
  returned: {
    flows: [
      flow(
        ['{ id: p, use: post, with: { x: 1 } }'],
        'returns: { type: object, required: [y] }\noutputs: { x: "${{ steps.p.output.x }}" }\n',
      ),
    ],
  },
  detached: { flows: [kid, flow(['{ id: c, flow: kid, detach: true, with: { n: 41 } }'])] },
  settled: {
    flows: [
      flow([
        '{ id: p, parallel: { a: [{ id: x, use: stuck }], b: [{ id: y, use: stuck }], c: [{ id: z, use: stuck, retry: { max: 2, on: [RUN_STEP_UNCERTAIN] } }] }, join: any }',
      ]),
    ],
    async tell(one) {
      const run = await one.start({ n: 3 })
      await one.settle()
      const next = one.crash()
      await next.settle()
      const say = async (path: string, how: Settlement, more = {}): Promise<void> =>
        await next.engine.settle(run, { path, how, id: path, by: 'user:ann', ...more })
      await say('p/c/z', 'did-not-happen')
      await say('p/a/x', 'retry')
      await say('p/b/y', 'happened', { output: { sent: true } })
      await next.settle()
    },
  },
  undone: {
    flows: [
      flow(
        [
          '{ id: a, use: post, with: { x: 1 }, compensate: { use: post, with: { of: "${{ steps.a.output.x }}" } } }',
          '{ id: r, race: { l: [{ id: b, use: post, compensate: { use: post, idempotency: "${{ run.flow }}" } }, { id: s, sleep: 1h }], w: [{ id: z, sleep: 1m }] } }',
          '{ id: f, fail: "won by ${{ steps.r.output.winner }}" }',
        ],
        'on_failure: [{ id: n, use: post, with: { code: "${{ error.code }}" } }]\n',
      ),
    ],
  },
  approval: {
    flows: [
      flow([
        '{ id: a, approve: { ask: "Post ${{ inputs.n }}?", show: "${{ inputs }}", by: [user:ann, team:ops], form: { type: object }, quorum: 2, timeout: 3d, escalate: { after: 1d, to: [user:zoe] } } }',
        '{ id: t, try: [{ id: b, approve: { ask: Really } }], catch: [{ id: c, let: "${{ error.data.reason }}" }] }',
        '{ id: d, approve: { ask: Late, timeout: 1h, on_timeout: [{ id: e, let: late }] } }',
      ]),
    ],
    async tell(one) {
      const run = await one.start({ n: 3 })
      for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
      const yes = { path: 'a', decision: 'approve' } as const
      await one.engine.answer(run, { ...yes, by: 'user:ann', id: 'y1', form: { x: 1 } })
      one.clock.step()
      await one.engine.answer(run, { ...yes, by: 'user:zoe', id: 'y2', reason: 'fine' })
      for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
      const no = {
        path: 't/b',
        decision: 'reject',
        by: 'user:bob',
        id: 'n1',
        reason: 'no',
      } as const
      await one.engine.answer(run, no)
    },
  },
  state: {
    flows: [
      flow([
        '{ id: g, state: { get: seen, default: 0 } }',
        '{ id: s, state: { set: seen, value: "${{ steps.g.output.value + inputs.n }}", expected: "${{ steps.g.output.version }}" } }',
        '{ id: t, try: [{ id: c, state: { delete: seen, expected: 7 } }], catch: [{ id: l, let: "${{ error.code }}" }] }',
        '{ id: d, state: { delete: seen } }',
      ]),
    ],
  },
  paused: {
    flows: [flow(['{ id: s, sleep: 1h }', '{ id: a, use: post, with: { x: 1 } }'])],
    async tell(one) {
      const run = await one.start({ n: 3 })
      await one.engine.pause(run, 'user:ann')
      one.clock.step()
      for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
      await one.engine.resume(run, 'user:bob')
    },
  },
  event: {
    flows: [
      flow([
        "{ id: e, emit: { event: 'orders.created', data: { n: '${{ inputs.n }}' }, key: o3 } }",
        "{ id: a, await: { event: 'order.*', match: { n: 3 }, where: '${{ event.data.ok }}', timeout: 3d } }",
      ]),
    ],
    async tell(one) {
      await one.start({ n: 3 })
      const say = async (data: Json, id: string): Promise<void> => {
        await one.engine.publish({ subject: 'order.paid', data, id })
        for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
      }
      await say({ n: 4, ok: true }, 'e1')
      await say({ n: 3, ok: false }, 'e2')
      await say({ n: 3, ok: true }, 'e3')
    },
  },
  component: {
    flows: [
      flow([
        '{ id: c, component: ./c.component.yaml, with: { n: "${{ inputs.n + 1 }}" } }',
        '{ id: d, let: "${{ steps.c.output.sum + inputs.n }}" }',
      ]),
    ],
    components: {
      'c.component.yaml':
        'dsl: flux/1\nid: c\ninputs: { type: object, properties: { by: { default: 10 } } }\nsteps: [{ id: c, use: post, with: { n: "${{ inputs.n }}" } }]\noutput: { sum: "${{ steps.c.output.n + inputs.by }}" }\n',
    },
  },
  child: { flows: [kid, flow(['{ id: c, flow: kid, with: { n: 41 } }'])] },
  large: {
    flows: [
      flow([
        '{ id: a, use: large }',
        '{ id: b, use: post, with: { all: "${{ steps.a.output }}" } }',
      ]),
    ],
  },
  cached: {
    keeps: true,
    flows: [flow(['{ id: a, use: add, with: { n: "${{ inputs.n }}" } }'])],
    async tell(one) {
      await one.start({ n: 3 })
      await one.settle()
      await one.start({ n: 3 })
    },
  },
  failed: {
    flows: [
      flow([
        '{ id: a, use: post, with: { x: 1 } }',
        '{ id: f, fail: { code: no_stock, message: "none of ${{ inputs.n }}", data: { n: 3 } } }',
      ]),
    ],
  },
  cancelled: {
    flows: [
      flow([
        '{ id: t, try: [{ id: s, sleep: 1h }], finally: [{ id: f, use: post, with: { x: 1 } }] }',
        '{ id: z, let: end }',
      ]),
    ],
    async tell(one) {
      const run = await one.start({ n: 3 })
      await one.engine.cancel(run, 'enough')
      await one.settle()
      await one.engine.retry(run)
    },
  },
  retried: {
    flows: [
      flow(['{ id: a, use: post, with: { x: 1 } }', '{ id: b, use: flaky, with: { x: 2 } }']),
    ],
    async tell(one) {
      const run = await one.start({ n: 3 })
      await one.settle()
      await one.engine.retry(run)
    },
  },
}
