/**
 * A case of the simulation as plain data: two flows, what their actions do, what people do.
 *
 * fast-check makes and shrinks cases; a failure prints one as JSON, and `regressions.json`
 * keeps it. `build.ts` turns a case into plans.
 */
import fc from 'fast-check'

import { type RunId, runIdFrom } from '#engine/core/id.ts'
import type { Effects } from '#engine/dsl/template.ts'

import { gates } from './make/gates.ts'
import { maybe, node, out, steps, timeout } from './make/nodes.ts'

/**
 * What one attempt does: it works, fails before or after taking effect, fails for good, or
 * never ends. `ms` is how long it takes; below zero it answers without a promise.
 */
export interface Attempt {
  readonly does: 'ok' | 'net' | 'applied' | 'bug' | 'hang'
  readonly ms: number
}

export interface Retry {
  readonly max: number
  readonly firstMs: number
  readonly jitter: boolean
}

/** What undoes a step. */
export interface Undo {
  readonly effects: Effects
  readonly attempts: readonly Attempt[]
  readonly retry?: Retry
  readonly timeoutMs?: number
}

/** Numbers that name a value choose one of those that are visible, by remainder. */
export type Node =
  | {
      readonly k: 'call'
      readonly effects: Effects
      /** By attempt; the last one goes for all later ones. */
      readonly attempts: readonly Attempt[]
      readonly refs: readonly number[]
      readonly retry?: Retry
      readonly timeoutMs?: number
      readonly hasKey: boolean
      readonly undo?: Undo
    }
  | { readonly k: 'let'; readonly ref: number }
  | { readonly k: 'sleep'; readonly ms: number; readonly timeoutMs?: number }
  | {
      readonly k: 'if'
      readonly ref: number
      readonly then: readonly Node[]
      readonly else?: readonly Node[]
      readonly out: Out
    }
  | {
      readonly k: 'switch'
      readonly ref: number
      readonly cases: readonly (readonly Node[])[]
      readonly rest: readonly Node[]
    }
  | {
      readonly k: 'each'
      readonly count: number
      readonly ref: number
      readonly concurrency: number
      readonly onError: 'fail' | 'skip' | 'collect'
      readonly body: readonly Node[]
      readonly out: Out
      readonly timeoutMs?: number
    }
  | {
      readonly k: 'while'
      readonly turns: number
      readonly max: number
      readonly body: readonly Node[]
      readonly out: Out
    }
  | {
      readonly k: 'parallel'
      readonly branches: readonly {
        readonly needs: readonly number[]
        readonly body: readonly Node[]
        readonly out: Out
      }[]
      readonly join: 'all' | 'any' | number
      readonly out: Out
      readonly timeoutMs?: number
    }
  | {
      readonly k: 'race'
      readonly branches: readonly { readonly body: readonly Node[]; readonly out: Out }[]
      readonly timeoutMs?: number
    }
  | {
      readonly k: 'try'
      readonly body: readonly Node[]
      readonly on?: readonly string[]
      readonly catch?: readonly Node[]
      readonly finally?: readonly Node[]
      readonly out: Out
      readonly timeoutMs?: number
    }
  | {
      readonly k: 'flow'
      readonly refs: readonly number[]
      readonly retry?: Retry
      readonly timeoutMs?: number
      readonly undo?: Undo
      /** Nobody waits for the run. */
      readonly isDetached?: boolean
    }
  | {
      readonly k: 'approve'
      readonly quorum: number
      readonly dueMs: number
      readonly late: 'fail' | 'approve' | 'deny' | readonly Node[]
    }
  | { readonly k: 'state'; readonly key: number; readonly isRead: boolean }
  | { readonly k: 'emit'; readonly name: number; readonly data: number }
  | {
      readonly k: 'await'
      readonly on: 'signal' | 'event'
      readonly name: number
      readonly count: number | 'all'
      readonly isPicky: boolean
      readonly dueMs: number
      readonly late?: readonly Node[]
      readonly out: Out
    }
  | { readonly k: 'fail'; readonly code: string }
  | { readonly k: 'assert'; readonly ref: number }
  | { readonly k: 'return'; readonly ref: number }

/** What a block yields: its last step's output, a map over what it sees, or an expression that fails. */
export type Out = 'last' | 'map' | 'bad'

/** Something that is told to one of the runs. */
export interface Told {
  readonly at: number
  readonly run: number
  readonly name: number
  readonly data: number
}

export interface Gate {
  readonly limit: number
  readonly onConflict: 'queue' | 'cancel_old' | 'skip' | 'reject'
}

/** How many runs may begin within a time. */
export interface Rate {
  readonly limit: number
  readonly perMs: number
  readonly onExceed: 'queue' | 'skip' | 'reject'
}

/** Of runs that come soon after each other the last one begins. */
export interface Quiet {
  readonly waitMs: number
  readonly maxWaitMs?: number
}

export interface Case {
  readonly main: readonly Node[]
  /** The flow that `flow` steps call; it calls none. */
  readonly child: readonly Node[]
  readonly out: Out
  readonly timeoutMs?: number
  readonly onFailure?: readonly Node[]
  /** How many of its runs may be under way, and what happens to one too many. */
  readonly gate?: Gate
  readonly rate?: Rate
  readonly quiet?: Quiet
  /** How often models may be asked; every other call asks one. */
  readonly turns?: number
  /** The last run is started after so many moves. */
  readonly lateAt?: number
  /** How many runs are started at once. */
  readonly runs: number
  /** Somebody cancels the first run after so many moves of the scheduler. */
  readonly cancelAt?: number
  /** Somebody pauses the first run after so many moves, and has it go on once nothing moves. */
  readonly pauseAt?: number
  /** What somebody tells a run after so many moves. */
  readonly signals?: readonly Told[]
  /** What people answer, one after another, to whatever is asked. */
  readonly answers?: readonly { readonly by: number; readonly isYes: boolean }[]
  /** How often a run that failed or was cancelled is retried. */
  readonly retries: number
  /** How many records a turn takes before it commits (`limits.turnRecordsMax`). */
  readonly turn: number
  /** Chooses the order of everything that may happen next. */
  readonly order: number
}

/** Cases of the size at which every crash point of each can be tried. */
export function cases(): fc.Arbitrary<Case> {
  return fc
    .record({
      main: fc.array(node(2, true), { minLength: 2, maxLength: 4 }),
      child: steps(1, false, 1),
      out,
      timeoutMs: timeout,
      onFailure: maybe(steps(1, false, 1)),
      runs: fc.constantFrom(1, 1, 1, 2),
      pauseAt: fc.oneof(
        { weight: 4, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.nat(20) },
      ),
      cancelAt: fc.oneof(
        { weight: 3, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.nat(30) },
      ),
      signals: fc.array(
        fc.record({
          at: fc.nat(40),
          run: fc.nat(1),
          name: fc.constantFrom(0, 0, 1),
          data: fc.nat(3),
        }),
        { maxLength: 6 },
      ),
      answers: fc.array(
        fc.record({ by: fc.nat(2), isYes: fc.constantFrom(true, true, true, false) }),
        { maxLength: 6 },
      ),
      retries: fc.constantFrom(0, 0, 0, 1, 2),
      turn: fc.constantFrom(1, 2, 3, 5, 512, 512),
      order: fc.nat(1_000_000),
      gates,
    })
    .map(({ gates: { more, ...given }, ...one }) => ({ ...one, ...given, runs: one.runs + more }))
    .map((one) => JSON.parse(JSON.stringify(one)) as Case)
}

/** The case that `seed` stands for: the same on every machine. */
export function caseOf(seed: number): Case {
  const [one] = fc.sample(cases(), { seed, numRuns: 1 })
  if (one === undefined) throw new Error('a sample of one has one')
  return one
}

/** The names of the runs that are started. */
export function runIds(one: Case): readonly RunId[] {
  return Array.from({ length: one.runs }, (_, i) =>
    runIdFrom(1_760_000_000_000 + i, new Uint8Array(10).fill(i)),
  )
}
