/**
 * Does something to a registry again where somebody else was quicker: from what it says now, after
 * a moment that is long enough for one of many to be done, and only so often.
 */
import { setTimeout as sleep } from 'node:timers/promises'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

/** The last one: views are written after the checkpoint that names them, by who is at it now. */
const overtaken: readonly string[] = ['REG_LOG_MOVED', 'MIRROR_REF_MOVED', 'REG_VIEW_STALE']

const isOvertaken = (error: unknown): boolean =>
  error instanceof IonError && overtaken.includes(error.code)

/** The result of the first try that nobody overtook; throws what the last one threw. */
export async function whileOvertaken<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!isOvertaken(error) || tries === limits.registryWriteTriesMax) throw error
    }
    const most = Math.min(50 * 2 ** tries, limits.registryWriteWaitMsMax)
    await sleep(most * (0.5 + Math.random() / 2))
  }
}
