/**
 * One queue for each host: a few at a time, and none while the host rests.
 *
 * Work waits here in the order it came, so a thousand repositories of one host are a
 * stream and not a flood. When a host may be asked again is `schedule.ts`'s to say.
 */
import type { Clock } from '#engine/core/clock.ts'
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import { afterAnswer, type Breaker, closedBreaker, type HostAnswer, mayAsk } from './schedule.ts'

/** What the queue looks at in a result. */
export interface Asked {
  readonly host: HostAnswer
}

export interface HostQueues {
  /**
   * Does `work` when its turn comes. Throws `MIRROR_HOST_RESTS`, with `restMs` in its data,
   * instead of asking a host that rests.
   */
  run<T extends Asked>(url: string, work: () => Promise<T>): Promise<T>
}

interface Line {
  breaker: Breaker
  busy: number
  readonly waiting: (() => void)[]
}

export function openHostQueues(clock: Pick<Clock, 'now'>): HostQueues {
  const lines = new Map<string, Line>()
  return {
    async run(url, work) {
      const { host } = new URL(url)
      const line = lines.get(host) ?? { breaker: closedBreaker, busy: 0, waiting: [] }
      lines.set(host, line)
      if (line.busy >= limits.mirrorHostConcurrencyMax) {
        await new Promise<void>((resolve) => line.waiting.push(resolve))
      } else line.busy++
      try {
        if (!mayAsk(line.breaker, clock.now())) throw resting(host, line, clock)
        const result = await work()
        line.breaker = afterAnswer(line.breaker, result.host, clock.now())
        return result
      } finally {
        const next = line.waiting.shift()
        if (next === undefined) line.busy--
        else next()
        if (line.busy === 0 && line.breaker === closedBreaker) lines.delete(host)
      }
    },
  }
}

function resting(host: string, { breaker }: Line, clock: Pick<Clock, 'now'>): IonError {
  const restMs = breaker.openUntil - clock.now()
  return new IonError(
    'MIRROR_HOST_RESTS',
    `"${host}" is not asked for ${Math.ceil(restMs / 1_000)} s: it failed ${breaker.failures} times in a row, or asked for it.`,
    { data: { host, restMs } },
  )
}
