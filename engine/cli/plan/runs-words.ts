/**
 * What a change means for recorded runs, in words.
 */
import { limits } from '#engine/core/limits.ts'
import type { Json } from '#engine/core/json.ts'
import type { FlowRuns, ReplayedRun } from '#engine/host/runs/recorded-runs.ts'

type Outcome = ReplayedRun['outcome']

export function underWayWords(count: number): string {
  return count === 1
    ? 'one run under way keeps the plan that it began with'
    : `${count} runs under way keep the plan that they began with`
}

/** `replay of the last 5 runs: 3 same, 1 different, 1 cannot be told` */
export function replayWords(replayed: FlowRuns['replayed']): string {
  const count = (verdict: Outcome['verdict']): number =>
    replayed.filter(({ outcome }) => outcome.verdict === verdict).length
  const parts = [
    [count('same'), 'same'],
    [count('different'), 'different'],
    [count('cannot'), 'cannot be told'],
  ] as const
  const runs = replayed.length === 1 ? 'run' : `${replayed.length} runs`
  const told = parts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`)
  return `replay of the last ${runs}: ${told.join(', ')}`
}

const changes: Readonly<Record<string, string>> = {
  added: 'it is new',
  removed: 'it is gone',
  earlier: 'it would begin where it did not',
  later: 'it would not begin where it did',
  input: 'its input is another',
  key: 'its idempotency key is another',
  action: 'it calls something else',
  timeout: 'its time would be up at another moment',
  retry: 'it would be tried another number of times',
  end: 'it would go on in another way',
  step: 'it does something else',
  'step.done': 'its output is another',
  'step.failed': 'it would fail in another way',
  'branch.taken': 'it would take another branch',
  'each.opened': 'it would have another number of items',
  'while.turned': 'it would take another number of turns',
  'timer.set': 'it would wait for another time',
  'run.done': 'the output is another',
  'run.failed': 'it would fail in another way',
}

const reasons: Readonly<Record<'code' | 'flow' | 'records' | 'limit', string>> = {
  code: 'its code is another, and nothing tells what that gives',
  flow: 'the flow that it calls changes too',
  records: 'the records do not fit the new plan',
  limit: 'there was no time left; --replay takes fewer runs',
}

/** `different at "notify": its input is another` */
export function outcomeWords(outcome: Outcome): string {
  if (outcome.verdict === 'same') return 'same'
  const at = outcome.path === '' ? '' : ` at "${outcome.path}"`
  if (outcome.verdict === 'different') {
    const what = changes[outcome.what] ?? `another "${outcome.what}" would be recorded`
    return `different${at}: ${what}`
  }
  return `cannot${at}: ${'message' in outcome ? outcome.message : reasons[outcome.why]}`
}

/** The two values, cut; empty where there are none. */
export function valueWords(outcome: Outcome): string {
  if (outcome.verdict !== 'different') return ''
  const { before, after } = outcome
  if (before === undefined || after === undefined) return ''
  return `${cut(before)} → ${cut(after)}`
}

function cut(value: Json): string {
  const text = JSON.stringify(value)
  const most = limits.replayValueCharsShown
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
