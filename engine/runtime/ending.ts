/**
 * What people see of how a run ended.
 */
import type { Failure } from '#engine/core/error.ts'

import type { RunRecord } from './record.ts'
import type { RunView } from './view.ts'

/** Why the run did not end well; null where it did, or has not ended. */
export function failureOf(last: RunRecord | undefined): Failure | null {
  if (last?.kind === 'run.failed') return last.error
  if (last?.kind !== 'run.cancelled') return null
  return { code: 'RUN_CANCELLED', message: `The run was cancelled: ${last.reason}.` }
}

/** What went wrong beside that. */
export function aftermathOf(
  last: RunRecord | undefined,
): Pick<RunView, 'compensation' | 'onFailure'> {
  if (last?.kind !== 'run.failed') return {}
  const { compensation, onFailure } = last
  return {
    ...(compensation === undefined ? {} : { compensation }),
    ...(onFailure === undefined ? {} : { onFailure }),
  }
}
