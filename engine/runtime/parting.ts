/**
 * Where two plans part: the first of what they decide that is not the same.
 *
 * Compared are the decisions that follow from one record. What follows from these by itself
 * (timers, waits, steps that are stopped) is no decision of its own.
 */
import { isObject, isSame, type Json, type JsonObject } from '#engine/core/json.ts'
import { stepsOf } from '#engine/plan/blocks.ts'
import type { Plan } from '#engine/plan/plan.ts'

import type { Command } from './decider/command.ts'

/** The first thing that is another one. */
export interface Parting {
  /** The step, by its id in the new plan where it is there; empty for the run itself. */
  readonly path: string
  /**
   * `added` and `removed` steps; `earlier` and `later`, in another order; `input` and `key` of a
   * call; `action`, another one is called; `timeout` and `retry`, another number of tries or time;
   * else the kind of the record: `branch.taken`.
   */
  readonly what: string
  /** What the run has, where it is a value. */
  readonly before?: Json
  readonly after?: Json
}

export type Replayed =
  | { readonly verdict: 'same' }
  | ({ readonly verdict: 'different' } & Parting)
  | {
      readonly verdict: 'cannot'
      /** The step at which nothing can be said any more; empty for the run itself. */
      readonly path: string
      /** Its code or the flow it calls is another, the records do not fit, or they are too many. */
      readonly why: 'code' | 'flow' | 'records' | 'limit'
    }

interface Decided {
  readonly before: readonly Command[]
  readonly after: readonly Command[]
  /** The plan of the run, and the other one. */
  readonly plans: readonly [Plan, Plan]
  readonly renamed: ReadonlyMap<string, string>
}

type Decision = Extract<
  Command,
  { kind: 'startStep' } | { kind: 'spawnRun' } | { kind: 'useState' } | { kind: 'record' }
>

/** The first difference; undefined when both decide the same. Paths are those of the new plan. */
export function partingOf({ before, after, plans, renamed }: Decided): Replayed | undefined {
  const left = new Map<string, Decision>()
  for (const command of before) if (isDecision(command)) left.set(pathOf(command), command)
  for (const command of after) {
    if (!isDecision(command)) continue
    const path = pathOf(command)
    const own = left.get(path)
    if (own === undefined) {
      const what = idsOf(plans[0], renamed).has(idOf(path)) ? 'earlier' : 'added'
      return { verdict: 'different', path, what }
    }
    left.delete(path)
    const found = compare(own, command, renamed.size > 0)
    if (found !== undefined) return found
  }
  const [path] = left.keys()
  if (path === undefined) return undefined
  const what = path === '' || idsOf(plans[1], new Map()).has(idOf(path)) ? 'later' : 'removed'
  return { verdict: 'different', path, what }
}

function isDecision(command: Command): command is Decision {
  const { kind } = command
  return kind === 'startStep' || kind === 'spawnRun' || kind === 'useState' || kind === 'record'
}

function pathOf(command: Decision): string {
  if (command.kind !== 'record') return command.path
  const { record } = command
  return 'path' in record && record.kind !== 'run.failed' ? record.path : ''
}

/** The step that a path ends at; what undoes it counts as itself. */
function idOf(path: string): string {
  const parts = path.split('/')
  const last = parts.at(-1) === 'compensate' ? parts.at(-2) : parts.at(-1)
  return (last ?? '').replace(/\[.*$/, '')
}

function idsOf(plan: Plan, renamed: ReadonlyMap<string, string>): ReadonlySet<string> {
  return new Set([...stepsOf(plan)].map(({ id }) => renamed.get(id) ?? id))
}

function compare(own: Decision, head: Decision, isMoved: boolean): Replayed | undefined {
  const path = pathOf(head)
  const different = (what: string, before?: unknown, after?: unknown): Replayed => ({
    verdict: 'different',
    path,
    what,
    ...(before === undefined ? {} : { before: before as Json }),
    ...(after === undefined ? {} : { after: after as Json }),
  })
  if (own.kind === 'record' && head.kind === 'record') {
    const [a, b] = [factsOf(own.record, isMoved), factsOf(head.record, isMoved)]
    if (own.record.kind !== head.record.kind)
      return different('end', own.record.kind, head.record.kind)
    return isSame(a, b) ? undefined : different(own.record.kind, a, b)
  }
  if (own.kind === 'startStep' && head.kind === 'startStep') {
    const [a, b] = [own.step.action, head.step.action]
    if (a.name !== b.name || a.export !== b.export) return different('action', a.name, b.name)
    if (!isSame(own.input, head.input)) return different('input', own.input, head.input)
    if (own.key !== head.key) return different('key', own.key, head.key)
    return a.unit === b.unit ? undefined : { verdict: 'cannot', path, why: 'code' }
  }
  if (own.kind === 'spawnRun' && head.kind === 'spawnRun') {
    if (own.step.flow !== head.step.flow) return different('action', own.step.flow, head.step.flow)
    if (!isSame(own.input, head.input)) return different('input', own.input, head.input)
    return own.step.plan === head.step.plan ? undefined : { verdict: 'cannot', path, why: 'flow' }
  }
  return own.kind === head.kind && isSame(own as unknown as Json, head as unknown as Json)
    ? undefined
    : different('step')
}

/** What a record says beside where and when. Messages name steps, so those of moved ones do not count. */
function factsOf(record: object, isMoved: boolean): Json {
  const { path: _path, at: _at, kind: _kind, cause: _cause, ...facts } = record as JsonObject
  const { error } = facts
  const said = isMoved && isObject(error) ? { ...facts, error: error['code'] ?? null } : facts
  const values = Object.entries(said).map(([name, fact]) => [name, valueOf(fact)] as const)
  const [only] = values
  return only !== undefined && values.length === 1 ? only[1] : Object.fromEntries(values)
}

/** The value of a small payload itself. */
function valueOf(fact: Json): Json {
  return isObject(fact) && fact['value'] !== undefined ? fact['value'] : fact
}
