/**
 * When a schedule fires, in its time zone.
 *
 * Pure: the present is given. Around a change of the clocks, a time inside the hour that is
 * skipped fires once, when the clocks jump; a fixed time in the hour that comes twice fires
 * once, in its first pass; a pattern of every hour or minute misses no real hour.
 */
import { Cron } from 'croner'

import type { Instant } from '#engine/core/clock.ts'
import { limits } from '#engine/core/limits.ts'
import type { ScheduleTrigger } from '#engine/dsl/flow.ts'

/** What a schedule fires for, and up to when that is decided. */
export interface Fires {
  /** Earliest first. */
  readonly at: readonly Instant[]
  /** Times that passed while nothing ran and that nobody wants made up for, or that are too many. */
  readonly skipped: number
}

const none: Fires = { at: [], skipped: 0 }

/** The first time after `after`; undefined where there is none. */
export function nextFire(trigger: ScheduleTrigger, after: Instant): Instant | undefined {
  return open(trigger).nextRun(new Date(after))?.getTime()
}

/**
 * What fires in the time after `since` up to `now`, which is included.
 *
 * A time that is not long past is one that a busy watcher came to late: it always fires. Of
 * those before it `catchup` decides; without it they are let go.
 */
export function firesBetween(trigger: ScheduleTrigger, since: Instant, now: Instant): Fires {
  if (now <= since) return none
  const max = limits.scheduleCatchupMax
  const past = passed(open(trigger), since, now)
  if (past.length === 0) return none
  const onTime = past.filter((at) => now - at <= limits.scheduleLateMsMax)
  const at = wanted(trigger.catchup ?? 'none', past, onTime).slice(-max)
  return { at, skipped: past.length - at.length }
}

/** Forwards where there are few, which is nearly always; else the latest of them, backwards. */
function passed(cron: Cron, since: Instant, now: Instant): readonly Instant[] {
  const few: Instant[] = []
  for (let at = since; few.length <= fewMax; few.push(at)) {
    at = cron.nextRun(new Date(at))?.getTime() ?? Infinity
    if (at > now) return few
  }
  return cron
    .previousRuns(limits.scheduleCatchupMax + 1, new Date(now + 1_000))
    .map((date) => date.getTime())
    .filter((at) => at > since && at <= now)
    .toSorted((a, b) => a - b)
}

const fewMax = 3

function wanted(
  catchup: NonNullable<ScheduleTrigger['catchup']>,
  past: readonly Instant[],
  onTime: readonly Instant[],
): readonly Instant[] {
  switch (catchup) {
    case 'all':
      return past
    case 'last':
      return onTime.length === 0 ? past.slice(-1) : onTime
    case 'none':
      return onTime
  }
}

/** Compiled schedules, the latest last: a pattern is read once, however often it is asked. */
const known = new Map<string, Cron>()

function open({ cron, timezone = 'UTC' }: ScheduleTrigger): Cron {
  const key = `${cron}\n${timezone}`
  const found = known.get(key) ?? new Cron(cron, { timezone, paused: true, mode: '5-part' })
  known.delete(key)
  known.set(key, found)
  const [oldest] = known.keys()
  if (known.size > limits.schedulesKeptMax && oldest !== undefined) known.delete(oldest)
  return found
}
