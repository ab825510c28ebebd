/**
 * Asks the process at the other end of a link whether it still answers, as long as somebody
 * waits for it: one that is stopped, or stuck, keeps its socket open and says nothing.
 *
 * Every answer counts, also a refusal. What to do about silence is up to whoever waits.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import type { Link } from '#engine/host/link.ts'

export interface Pulse {
  /** Does `work`; throws `CLI_ENGINE_UNREACHABLE` with `isSilent` when the other side falls silent. */
  during<T>(work: Promise<T>): Promise<T>
}

/** Looks after `link`; `onSlow` is told once per wait that takes longer than usual. */
export function openPulse(link: Pick<Link, 'request'>, onSlow: () => void): Pulse {
  return {
    during: async (work) => {
      const { promise: silence, reject } = Promise.withResolvers<never>()
      let isOver = false
      let next: NodeJS.Timeout | undefined
      const beat = async (): Promise<void> => {
        const slow = setTimeout(onSlow, limits.linkSlowMs)
        try {
          await link.request('hello', null)
        } catch (thrown) {
          if (isUnanswered(thrown)) reject(silent(thrown))
        } finally {
          clearTimeout(slow)
        }
        if (!isOver) next = setTimeout(() => void beat(), limits.linkPulseMs)
      }
      next = setTimeout(() => void beat(), 0)
      try {
        return await Promise.race([work, silence])
      } finally {
        isOver = true
        clearTimeout(next)
      }
    },
  }
}

/** Whether a wait ended because the other process is there and says nothing. */
export function isSilent(thrown: unknown): thrown is IonError {
  return thrown instanceof IonError && thrown.data?.['isSilent'] === true
}

function isUnanswered(thrown: unknown): thrown is IonError {
  return thrown instanceof IonError && thrown.data?.['isUnanswered'] === true
}

function silent(cause: IonError): IonError {
  return new IonError('CLI_ENGINE_UNREACHABLE', cause.message, {
    data: { ...cause.data, isSilent: true },
    cause,
  })
}
