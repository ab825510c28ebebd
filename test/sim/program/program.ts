/**
 * Random programs as plain data: what a flow does to a small world of cells.
 *
 * Whatever may happen at the same time is made so that order does not show: what adds up is
 * the same in any order, and only what runs alone may fail, wait for people or return. So each
 * program has one outcome, which `reading.ts` gives and a run of `print.ts` must reach.
 */
import fc from 'fast-check'

/** A number out of those that are in sight, chosen by remainder. */
export interface Num {
  readonly ref: number
  readonly plus: number
}

export type Body = readonly Node[]

/** An action on a cell. It fails `fails` times in a row, before or after it took effect. */
export interface Act {
  readonly k: 'act'
  readonly effects: 'idempotent' | 'unsafe' | 'read' | 'pure'
  readonly cell: number
  readonly num: Num
  readonly fails: number
  readonly how: 'net' | 'applied' | 'bug'
  readonly tries: number
  readonly isLate: boolean
  readonly isUndone: boolean
}

export type Node =
  | Act
  | { readonly k: 'let'; readonly num: Num }
  | { readonly k: 'sleep'; readonly minutes: number }
  | { readonly k: 'until' }
  /** A block that is out of time before it comes to anything. */
  | { readonly k: 'slow' }
  | { readonly k: 'if'; readonly num: Num; readonly then: Body; readonly else: Body }
  | {
      readonly k: 'switch'
      readonly num: Num
      readonly cases: readonly Body[]
      readonly rest: Body
    }
  | {
      readonly k: 'each'
      readonly items: readonly number[]
      readonly isWide: boolean
      readonly onError: 'fail' | 'skip' | 'collect'
      readonly body: Body
    }
  | { readonly k: 'while'; readonly turns: number; readonly max: number; readonly body: Body }
  | { readonly k: 'parallel'; readonly branches: readonly Body[]; readonly isChain: boolean }
  | { readonly k: 'race'; readonly winner: Body; readonly losers: readonly Body[] }
  | {
      readonly k: 'try'
      readonly body: Body
      readonly on?: string
      readonly catch?: Body
      readonly finally?: Body
    }
  | { readonly k: 'fail'; readonly code: string }
  | { readonly k: 'assert'; readonly num: Num }
  | { readonly k: 'return'; readonly num: Num }
  | { readonly k: 'state'; readonly key: number; readonly num: Num }
  | { readonly k: 'await'; readonly signal: number; readonly late?: Body }
  /** One branch waits for an event that another one emits. */
  | { readonly k: 'relay'; readonly data: number }
  | { readonly k: 'approve'; readonly late: 'fail' | 'approve' | 'deny' }
  | { readonly k: 'component'; readonly num: Num; readonly body: Body }
  | { readonly k: 'flow'; readonly num: Num }

export interface Program {
  readonly main: Body
  readonly child: Body
  readonly onFailure?: Body
  readonly n: number
  /** What is told to the run as it starts: the name of the signal, and a number. */
  readonly signals: readonly { readonly name: number; readonly data: number }[]
  /** What people answer, one after another; nobody answers after that. */
  readonly answers: readonly boolean[]
  /** After how many turns of the event loop the process dies; again and again. */
  readonly crashes: readonly number[]
}

/** What may be done where. */
interface Place {
  /** Nothing else happens meanwhile. */
  readonly isAlone: boolean
  /** A failure is nobody's loss: it ends the run, or somebody catches it. */
  readonly mayFail: boolean
  readonly isChild: boolean
  /** What is under a race has its time counted. */
  readonly isRaced: boolean
}

const num = fc.record<Num>({ ref: fc.nat(20), plus: fc.nat(9) })
const act = fc.record<Act>({
  k: fc.constant('act'),
  effects: fc.constantFrom('idempotent', 'idempotent', 'unsafe', 'read', 'pure'),
  cell: fc.nat(3),
  num,
  fails: fc.constantFrom(0, 0, 0, 1, 2),
  how: fc.constantFrom('net', 'applied', 'bug'),
  tries: fc.constantFrom(1, 2, 3),
  isLate: fc.boolean(),
  isUndone: fc.boolean(),
})

function body(depth: number, maxLength = 3): fc.Arbitrary<Body> {
  return fc.array(node(depth), { maxLength })
}

function maybe<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(one, { nil: undefined })
}

const leaves: readonly fc.WeightedArbitrary<Node>[] = [
  { weight: 10, arbitrary: act },
  { weight: 2, arbitrary: fc.record({ k: fc.constant('let'), num }) },
  { weight: 1, arbitrary: fc.record({ k: fc.constant('sleep'), minutes: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.constant({ k: 'until' }) },
  { weight: 1, arbitrary: fc.constant({ k: 'slow' }) },
  {
    weight: 1,
    arbitrary: fc.record({ k: fc.constant('fail'), code: fc.constantFrom('no', 'never') }),
  },
  { weight: 1, arbitrary: fc.record({ k: fc.constant('assert'), num }) },
  { weight: 1, arbitrary: fc.record({ k: fc.constant('return'), num }) },
  { weight: 3, arbitrary: fc.record({ k: fc.constant('state'), key: fc.nat(1), num }) },
  { weight: 1, arbitrary: fc.record({ k: fc.constant('relay'), data: fc.nat(9) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      k: fc.constant('approve'),
      late: fc.constantFrom('fail', 'approve', 'deny'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ k: fc.constant('flow'), num }) },
] as readonly fc.WeightedArbitrary<Node>[]

function node(depth: number): fc.Arbitrary<Node> {
  if (depth === 0) return fc.oneof(...leaves)
  const b = body(depth - 1)
  const is = <K extends Node['k']>(k: K): fc.Arbitrary<K> => fc.constant(k)
  const blocks = [
    fc.record({ k: is('if'), num, then: b, else: b }),
    fc.record({ k: is('switch'), num, cases: fc.array(b, { maxLength: 2 }), rest: b }),
    fc.record({
      k: is('each'),
      items: fc.array(fc.nat(9), { maxLength: 3 }),
      isWide: fc.boolean(),
      onError: fc.constantFrom('fail', 'skip', 'collect'),
      body: b,
    }),
    fc.record({ k: is('while'), turns: fc.nat(3), max: fc.constantFrom(2, 5, 5), body: b }),
    fc.record({
      k: is('parallel'),
      branches: fc.array(b, { minLength: 1, maxLength: 3 }),
      isChain: fc.boolean(),
    }),
    fc.record({ k: is('race'), winner: b, losers: fc.array(b, { minLength: 1, maxLength: 2 }) }),
    fc.record({
      k: is('try'),
      body: b,
      on: maybe(fc.constantFrom('no', 'net', 'RUN_STEP_TIMEOUT')),
      catch: maybe(b),
      finally: maybe(b),
    }),
    fc.record({ k: is('await'), signal: fc.nat(1), late: maybe(b) }),
    fc.record({ k: is('component'), num, body: b }),
  ] as readonly fc.Arbitrary<Node>[]
  return fc.oneof(
    { weight: 10, arbitrary: fc.oneof(...leaves) },
    { weight: 9, arbitrary: fc.oneof(...blocks) },
  )
}

/** Programs in which everything has its place. */
export function programs(depth: number): fc.Arbitrary<Program> {
  const alone: Place = { isAlone: true, mayFail: true, isChild: false, isRaced: false }
  const after = { ...alone, mayFail: false }
  return fc
    .record({
      main: fc.array(node(depth), { minLength: 1, maxLength: 5 }),
      child: body(1),
      onFailure: maybe(fc.array(act, { maxLength: 2 })),
      n: fc.nat(9),
      signals: fc.array(fc.record({ name: fc.nat(1), data: fc.nat(9) }), { maxLength: 4 }),
      answers: fc.array(fc.boolean(), { maxLength: 3 }),
      crashes: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(fc.nat(14), { minLength: 1, maxLength: 3 }) },
      ),
    })
    .map(({ main, child, onFailure, ...rest }) => ({
      ...rest,
      main: fit(main, alone),
      child: fit(child, { ...alone, isChild: true, isRaced: true }),
      ...(onFailure === undefined ? {} : { onFailure: fit(onFailure, after) }),
    }))
}

function fit(body: Body, place: Place): Body {
  return body.map((one) => fitted(one, place))
}

const nothing = { k: 'let', num: { ref: 0, plus: 0 } } as const

function fitted(one: Node, place: Place): Node {
  const { isAlone, mayFail, isChild, isRaced } = place
  const inner = (body: Body, more: Partial<Place> = {}): Body => fit(body, { ...place, ...more })
  const beside = { isAlone: false, mayFail: false }
  switch (one.k) {
    case 'act': {
      // What a crash may leave unknown is told by the world, and works when it is tried again.
      const fails = one.effects === 'unsafe' || !mayFail ? 0 : one.fails
      return {
        ...one,
        fails,
        isUndone: one.isUndone && one.effects !== 'read' && one.effects !== 'pure',
      }
    }
    case 'slow':
    case 'fail':
    case 'assert':
      return mayFail ? one : nothing
    case 'flow':
      return mayFail && !isChild ? one : nothing
    case 'return':
      return isAlone && mayFail ? one : nothing
    case 'state':
      return isAlone && !isChild ? one : nothing
    case 'approve':
      return isAlone && mayFail && !isChild ? one : nothing
    case 'await':
      if (!isAlone || isChild || (!mayFail && one.late === undefined)) return nothing
      return one.late === undefined ? one : { ...one, late: inner(one.late) }
    case 'if':
      return { ...one, then: inner(one.then), else: inner(one.else) }
    case 'switch':
      return { ...one, cases: one.cases.map((body) => inner(body)), rest: inner(one.rest) }
    case 'component':
      return { ...one, body: inner(one.body) }
    case 'while':
      return { ...one, max: mayFail ? one.max : 5, body: inner(one.body) }
    case 'each': {
      const isWide = one.isWide || !isAlone
      const isFree = one.onError !== 'fail'
      const own = { isAlone: isAlone && !isWide, mayFail: isFree || (mayFail && !isWide) }
      return { ...one, isWide, body: inner(one.body, own) }
    }
    case 'parallel':
      return { ...one, branches: one.branches.map((body) => inner(body, beside)) }
    case 'race': {
      if (isRaced) return nothing
      const raced = { ...beside, isRaced: true }
      const losers = one.losers.map((body) => inner(body, raced))
      return { ...one, winner: inner(one.winner, raced), losers }
    }
    case 'try': {
      const isCaught = one.catch !== undefined && one.on === undefined
      const { catch: taken, finally: last, body, ...rest } = one
      // A `return` leaves a try, too; what a failure in its last part hides has no one outcome.
      return {
        ...rest,
        body: inner(body, { mayFail: mayFail || isCaught }),
        ...(taken === undefined ? {} : { catch: inner(taken) }),
        ...(last === undefined ? {} : { finally: inner(last, { mayFail: false }) }),
      }
    }
    case 'let':
    case 'sleep':
    case 'until':
    case 'relay':
      return one
  }
}
