/**
 * The generators of steps: what a case of the simulation is made of.
 */
import fc from 'fast-check'

import type { Effects } from '#engine/dsl/template.ts'
import type { Attempt, Node, Retry, Undo } from '#test/sim/case.ts'

const codes = ['net', 'NO_SUCH', 'RUN_STEP_TIMEOUT', 'RUN_CHILD_FAILED', 'bug'] as const

const attempt = fc.record<Attempt>({
  does: fc.oneof(
    { weight: 30, arbitrary: fc.constant('ok' as const) },
    { weight: 3, arbitrary: fc.constantFrom('net', 'applied', 'bug') },
    { weight: 1, arbitrary: fc.constant('hang' as const) },
  ),
  ms: fc.constantFrom(-1, -1, 0, 0, 5, 40),
})
const retry = fc.record<Retry>({
  max: fc.integer({ min: 1, max: 3 }),
  firstMs: fc.constantFrom(0, 10, 1000),
  jitter: fc.boolean(),
})
const ref = fc.nat(7)
const refs = fc.array(ref, { maxLength: 2 })
export const out = fc.oneof(
  { weight: 12, arbitrary: fc.constant('last' as const) },
  { weight: 6, arbitrary: fc.constant('map' as const) },
  { weight: 1, arbitrary: fc.constant('bad' as const) },
)
const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
export const timeout = rarely(fc.constantFrom(20, 3_600_000))
export const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined })

/** What undoes a step: most of it works. */
const undo = maybe(
  fc
    .record<Undo>({
      effects: fc.constantFrom<Effects>('idempotent', 'idempotent', 'unsafe', 'pure'),
      attempts: fc.array(attempt, { minLength: 1, maxLength: 2 }),
      retry: maybe(retry) as fc.Arbitrary<Retry>,
      timeoutMs: timeout as fc.Arbitrary<number>,
    })
    .map(mustEnd),
)

export function node(depth: number, hasChild: boolean): fc.Arbitrary<Node> {
  const call = fc
    .record({
      k: fc.constant('call' as const),
      effects: fc.constantFrom<Effects>(
        'pure',
        'read',
        'idempotent',
        'idempotent',
        'idempotent',
        'unsafe',
      ),
      attempts: fc.array(attempt, { minLength: 1, maxLength: 3 }),
      refs,
      retry: maybe(retry),
      timeoutMs: timeout,
      hasKey: fc.boolean(),
      undo,
    })
    .map(mustEnd)
  const leaves: fc.WeightedArbitrary<Node>[] = [
    { weight: 40, arbitrary: call as fc.Arbitrary<Node> },
    { weight: 2, arbitrary: fc.record({ k: fc.constant('let' as const), ref }) },
    {
      weight: 2,
      arbitrary: fc.record({
        k: fc.constant('sleep' as const),
        ms: fc.constantFrom(0, 10, 50, 60_000),
        timeoutMs: timeout,
      }) as fc.Arbitrary<Node>,
    },
    {
      weight: 1,
      arbitrary: fc.record({
        k: fc.constant('fail' as const),
        code: fc.constantFrom('net', 'bug'),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        k: fc.constant('state' as const),
        key: fc.nat(1),
        isRead: fc.constantFrom(false, false, true),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        k: fc.constant('emit' as const),
        name: fc.constantFrom(0, 0, 1),
        data: fc.nat(3),
      }),
    },
    { weight: 1, arbitrary: fc.record({ k: fc.constant('assert' as const), ref }) },
    { weight: 1, arbitrary: fc.record({ k: fc.constant('return' as const), ref }) },
  ]
  if (hasChild) {
    const flow = fc.record({
      k: fc.constant('flow' as const),
      refs,
      retry: maybe(retry),
      timeoutMs: timeout,
      undo,
    })
    leaves.push({ weight: 8, arbitrary: flow as fc.Arbitrary<Node> })
    const detached = fc.record({
      k: fc.constant('flow' as const),
      refs,
      retry: maybe(retry),
      undo,
      isDetached: fc.constant(true),
    })
    leaves.push({ weight: 3, arbitrary: detached as fc.Arbitrary<Node> })
  }
  if (depth === 0) return fc.oneof(...leaves)
  const body = steps(depth - 1, hasChild, 1)
  const free = steps(depth - 1, hasChild, 0)
  const blocks = [
    fc.record({
      k: fc.constant('approve' as const),
      quorum: fc.constantFrom(1, 1, 2),
      dueMs: fc.constantFrom(10, 3_600_000, 3_600_000),
      late: fc.oneof(fc.constantFrom('fail', 'approve', 'deny'), free),
    }),
    fc.record({
      k: fc.constant('await' as const),
      on: fc.constantFrom('signal', 'signal', 'event'),
      name: fc.constantFrom(0, 0, 1),
      count: fc.constantFrom<number | 'all'>(1, 1, 2, 'all'),
      isPicky: fc.constantFrom(false, false, true),
      dueMs: fc.constantFrom(10, 3_600_000, 3_600_000),
      late: maybe(free),
      out,
    }),
    fc.record({ k: fc.constant('if' as const), ref, then: free, else: maybe(free), out }),
    fc.record({
      k: fc.constant('switch' as const),
      ref,
      cases: fc.array(free, { maxLength: 2 }),
      rest: free,
    }),
    fc.record({
      k: fc.constant('each' as const),
      count: fc.integer({ min: 0, max: 3 }),
      ref,
      concurrency: fc.integer({ min: 1, max: 3 }),
      onError: fc.constantFrom('fail', 'skip', 'collect'),
      body,
      out,
      timeoutMs: timeout,
    }),
    fc.record({
      k: fc.constant('while' as const),
      turns: fc.nat(3),
      max: fc.integer({ min: 1, max: 3 }),
      body,
      out,
    }),
    fc.record({
      k: fc.constant('parallel' as const),
      branches: fc.array(fc.record({ needs: fc.array(fc.nat(2), { maxLength: 1 }), body, out }), {
        minLength: 1,
        maxLength: 3,
      }),
      join: fc.constantFrom<'all' | 'any' | number>('all', 'all', 'any', 1, 2),
      out,
      timeoutMs: timeout,
    }),
    fc.record({
      k: fc.constant('race' as const),
      branches: fc.array(fc.record({ body, out }), { minLength: 1, maxLength: 3 }),
      timeoutMs: timeout,
    }),
    fc.record({
      k: fc.constant('try' as const),
      body,
      on: maybe(fc.array(fc.constantFrom(...codes), { minLength: 1, maxLength: 2 })),
      catch: maybe(body),
      finally: maybe(body),
      out,
      timeoutMs: timeout,
    }),
  ] as unknown as fc.Arbitrary<Node>[]
  return fc.oneof(...leaves, ...blocks.map((arbitrary) => ({ weight: 7, arbitrary })))
}

/** An attempt that never ends needs a timeout, or the run would never end either. */
function mustEnd<
  T extends { readonly attempts: readonly Attempt[]; readonly timeoutMs?: number | undefined },
>(call: T): T {
  const hangs = call.attempts.some((one) => one.does === 'hang')
  return hangs && call.timeoutMs === undefined ? { ...call, timeoutMs: 100 } : call
}

export function steps(depth: number, hasChild: boolean, minLength: number): fc.Arbitrary<Node[]> {
  return fc.array(node(depth, hasChild), { minLength, maxLength: 3 })
}
