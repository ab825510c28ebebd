/**
 * `rate_limit`: no more runs of a key begin within a span of time than their flow allows.
 *
 * The instants at which the latest runs began, or will, are kept where flows keep their state,
 * under a name that no flow can have, and change in the batch of the record that says them: a
 * crash gives no instant twice. One that waits has its instant from then on, so nobody has to
 * wake it but its own timer. An instant of a run that is cancelled meanwhile is not given away.
 */
import type { Instant } from '#engine/core/clock.ts'
import { digestOfText } from '#engine/core/digest.ts'
import { toFailure } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { printDuration } from '#engine/dsl/duration.ts'
import type { RateLimit } from '#engine/plan/plan.ts'
import type { Turn } from '#engine/runtime/live/turn-host.ts'
import type { LiveRun } from '#engine/runtime/live/turn.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import { homeOf, type States } from '#engine/runtime/states.ts'

/** When the run begins, as a record; that it is skipped or rejected, where it may not. */
export function takeInstant(
  states: States | undefined,
  live: LiveRun,
  asked: { readonly turn: Turn; readonly key: string; readonly at: Instant },
): RunRecord {
  const { turn, key, at } = asked
  const { rateLimit, flow } = live.state.plan
  const home = homeOf(flow, live.state.started.source)
  const failed = (error: { readonly code: string; readonly message: string }): RunRecord => {
    return { kind: 'step.failed', path: '', attempt: 1, at, error }
  }
  try {
    if (states === undefined || rateLimit === undefined) throw new Error('No state is kept here.')
    const place = { flow: `rate limit of ${home}`, key: digestOfText(key) }
    const begun = instantsIn(states.find(place.flow, place.key)?.value)
    const due = Math.max(at, freeAt(begun, rateLimit))
    if (due > at && rateLimit.onExceed !== 'queue') {
      const why = `${rateLimit.limit} of its key began within ${printDuration(rateLimit.perMs)}`
      if (rateLimit.onExceed === 'skip')
        return { kind: 'run.cancel', at, reason: `skipped: ${why}` }
      return failed({ code: 'RUN_REJECTED', message: `The run was rejected: ${why}.` })
    }
    const changes = [
      { ...place, value: [...begun, due].slice(-rateLimit.limit) },
      ...outdated(states, place, at - rateLimit.perMs).map((old) => ({ ...place, key: old })),
    ]
    states.preview([...turn.states, ...changes])
    turn.states.push(...changes)
    return { kind: 'run.limited', at, key, due }
  } catch (thrown) {
    return failed(toFailure(thrown, 'RUN_STEP_FAILED'))
  }
}

/** When one more may begin, after those that have. */
function freeAt(begun: readonly Instant[], { limit, perMs }: RateLimit): Instant {
  const first = begun.at(-limit)
  return begun.length < limit || first === undefined ? 0 : first + perMs
}

/** Oldest first. */
function instantsIn(value: Json | undefined): readonly Instant[] {
  return Array.isArray(value) ? value.filter((one): one is number => typeof one === 'number') : []
}

/**
 * A few keys in which nothing has begun for long: they say nothing any more. Keys lie in no
 * order that means anything, so looking behind one's own comes to all of them.
 */
function outdated(
  states: States,
  { flow, key }: { readonly flow: string; readonly key: string },
  before: Instant,
): readonly string[] {
  const next = states.list(flow, { prefix: '', after: key, limit: limits.ratesTidiedPerRun })
  const isOld = (value: Json): boolean => (instantsIn(value).at(-1) ?? 0) < before
  return next.filter(({ value }) => isOld(value)).map((one) => one.key)
}
