/**
 * The independent reading of a program: plain recursion over its data, without flow, plan,
 * journal or time. It gives the one outcome, and everything that must have happened.
 */
import type { Act, Body, Node, Num, Program } from './program.ts'

export interface Outcome {
  /** What came out: the numbers in sight in the end, what was returned, or the code of the failure. */
  readonly end: { readonly output: number | readonly number[] } | { readonly code: string }
  /** What happened to the cells, in no order: `2 +5`, `2 -5`. */
  readonly effects: readonly string[]
  readonly state: Readonly<Record<string, number>>
  /** Kinds of steps that were come to. */
  readonly reached: ReadonlySet<Node['k']>
}

/** What every number of a program is taken by. */
export const modulus = 97

export function numberOf(values: readonly number[], { ref, plus }: Num): number {
  return ((values[values.length - 1 - (ref % values.length)] ?? 0) * 2 + plus) % modulus
}

/** What an action answers. */
export function answerOf(cell: number, n: number): number {
  return (n * 3 + cell) % modulus
}

class Failure extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}
class Returned extends Error {
  readonly value: number
  constructor(value: number) {
    super('returned')
    this.value = value
  }
}

interface Reader {
  readonly program: Program
  readonly effects: string[]
  readonly state: Map<string, number>
  readonly reached: Set<Node['k']>
  readonly signals: { readonly name: number; readonly data: number }[]
  readonly answers: boolean[]
  /** What would be undone, the latest last: of the run, or of the branch that may lose. */
  armed: string[]
}

export function read(program: Program): Outcome {
  const { signals, answers, main, n } = program
  const reader: Reader = {
    program,
    effects: [],
    state: new Map(),
    reached: new Set(),
    signals: [...signals],
    answers: [...answers],
    armed: [],
  }
  const end = run(reader, main, n)
  if ('code' in end && program.onFailure !== undefined) {
    const kept = reader.armed
    block(reader, program.onFailure, [n])
    reader.armed = kept
  }
  const { effects, state, reached } = reader
  return { end, effects: effects.toSorted(), state: Object.fromEntries(state), reached }
}

/** A run of its own: what it did is undone when it fails. */
function run(reader: Reader, body: Body, n: number): Outcome['end'] {
  const outside = reader.armed
  reader.armed = []
  try {
    return { output: block(reader, body, [n]) }
  } catch (thrown) {
    if (thrown instanceof Returned) return { output: thrown.value }
    if (!(thrown instanceof Failure)) throw thrown
    reader.effects.push(...reader.armed)
    return { code: thrown.code }
  } finally {
    reader.armed = outside
  }
}

/** The numbers that are in sight after the last step. */
function block(reader: Reader, body: Body, seen: readonly number[]): readonly number[] {
  let values = seen
  for (const node of body) values = [...values, ...step(reader, node, values)]
  return values
}

/** The number that a block yields: the last one in sight. */
function last(reader: Reader, body: Body, seen: readonly number[]): number {
  return block(reader, body, seen).at(-1) ?? 0
}

/** Does what `node` says; what it adds to the numbers in sight. */
function step(reader: Reader, node: Node, seen: readonly number[]): readonly number[] {
  reader.reached.add(node.k)
  switch (node.k) {
    case 'act':
      return [act(reader, node, numberOf(seen, node.num))]
    case 'let':
      return [numberOf(seen, node.num)]
    case 'sleep':
    case 'until':
      return []
    case 'slow':
      throw new Failure('RUN_STEP_TIMEOUT')
    case 'fail':
      throw new Failure(node.code)
    case 'assert':
      if (numberOf(seen, node.num) % 2 === 0) return []
      throw new Failure('RUN_ASSERTION_FAILED')
    case 'return':
      throw new Returned(numberOf(seen, node.num))
    case 'if':
      return [last(reader, numberOf(seen, node.num) % 2 === 0 ? node.then : node.else, seen)]
    case 'switch':
      return [last(reader, node.cases[numberOf(seen, node.num) % 3] ?? node.rest, seen)]
    case 'each':
      return [each(reader, node, seen)]
    case 'while':
      return repeat(reader, node, seen)
    case 'parallel':
      return node.branches.map((body) => last(reader, body, seen))
    case 'race':
      return [race(reader, node, seen)]
    case 'try':
      return [attempt(reader, node, seen)]
    case 'state': {
      const before = reader.state.get(`k${node.key}`) ?? 0
      reader.state.set(`k${node.key}`, numberOf([before], { ref: 0, plus: node.num.plus }))
      return [before]
    }
    case 'await':
      return [awaited(reader, node, seen)]
    case 'relay':
      return [node.data]
    case 'approve':
      return approve(reader, node.late)
    case 'component':
      return [component(reader, node.body, numberOf(seen, node.num))]
    case 'flow': {
      const end = run(reader, reader.program.child, numberOf(seen, node.num))
      if ('code' in end) throw new Failure('RUN_CHILD_FAILED')
      return [typeof end.output === 'number' ? end.output : (end.output.at(-1) ?? 0)]
    }
  }
}

function act(reader: Reader, one: Act, n: number): number {
  const takes = (): void => {
    if (one.effects === 'idempotent' || one.effects === 'unsafe')
      reader.effects.push(`${one.cell} +${n}`)
  }
  const isTransient = one.how !== 'bug'
  const succeeds = one.fails === 0 || (isTransient && one.fails < one.tries)
  if (!succeeds) {
    if (one.how === 'applied') takes()
    throw new Failure(one.how === 'bug' ? 'SANDBOX_GUEST_THREW' : 'net')
  }
  takes()
  if (one.isUndone) reader.armed.push(`${one.cell} -${n}`)
  return answerOf(one.cell, n)
}

function each(reader: Reader, one: Extract<Node, { k: 'each' }>, seen: readonly number[]): number {
  let count = 0
  for (const item of one.items) {
    try {
      last(reader, one.body, [...seen, item])
      count += 1
    } catch (thrown) {
      if (one.onError === 'fail' || !(thrown instanceof Failure)) throw thrown
      if (one.onError === 'collect') count += 1
    }
  }
  return count
}

function repeat(
  reader: Reader,
  one: Extract<Node, { k: 'while' }>,
  seen: readonly number[],
): readonly number[] {
  const outputs: number[] = []
  for (let turn = 0; turn < one.turns; turn++) {
    if (turn >= one.max) throw new Failure('RUN_LOOP_EXCEEDED')
    outputs.push(last(reader, one.body, [...seen, turn]))
  }
  return one.turns === 0 ? [] : outputs.slice(-1)
}

/** The losers do their part, and it is undone; the winner comes after them. */
function race(reader: Reader, one: Extract<Node, { k: 'race' }>, seen: readonly number[]): number {
  const outside = reader.armed
  for (const body of one.losers) {
    reader.armed = []
    block(reader, body, seen)
    reader.effects.push(...reader.armed)
  }
  reader.armed = outside
  return last(reader, one.winner, seen)
}

function attempt(
  reader: Reader,
  one: Extract<Node, { k: 'try' }>,
  seen: readonly number[],
): number {
  try {
    return last(reader, one.body, seen)
  } catch (thrown) {
    const isTaken =
      one.catch !== undefined &&
      thrown instanceof Failure &&
      (one.on === undefined || one.on === thrown.code)
    if (!isTaken) throw thrown
    return last(reader, one.catch ?? [], seen)
  } finally {
    if (one.finally !== undefined) block(reader, one.finally, seen)
  }
}

function awaited(
  reader: Reader,
  one: Extract<Node, { k: 'await' }>,
  seen: readonly number[],
): number {
  const at = reader.signals.findIndex(({ name }) => name === one.signal)
  const [taken] = at < 0 ? [] : reader.signals.splice(at, 1)
  if (taken !== undefined) return taken.data
  if (one.late === undefined) throw new Failure('RUN_STEP_TIMEOUT')
  return last(reader, one.late, seen)
}

function approve(reader: Reader, late: 'fail' | 'approve' | 'deny'): readonly number[] {
  const said = reader.answers.shift()
  const isYes = said ?? late === 'approve'
  if (isYes) return []
  const isSilent = said === undefined && late === 'fail'
  throw new Failure(isSilent ? 'RUN_STEP_TIMEOUT' : 'RUN_APPROVAL_DENIED')
}

/** What returns in a component ends the component. */
function component(reader: Reader, body: Body, n: number): number {
  try {
    return last(reader, body, [n])
  } catch (thrown) {
    if (thrown instanceof Returned) return thrown.value
    throw thrown
  }
}
