/**
 * Reads what an author wrote, or an expression gave, as something that can be waited for.
 */
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { isPattern, isSignalName, isSubject } from '#engine/dsl/subject.ts'

/** Throws `RUN_EXPRESSION_FAILED` for what is neither a name nor a subject. */
export function topicOf(
  value: Json,
  { path, on }: { readonly path: string; readonly on: 'signal' | 'event' },
): string {
  const isGood = on === 'signal' ? isSignalName : isPattern
  if (typeof value === 'string' && isGood(value)) return value
  throw refused(value, `"${path}" waits for`, on === 'signal' ? 'name of a signal' : 'subject')
}

/** What an event is said under. Throws `RUN_EXPRESSION_FAILED`. */
export function subjectOf(value: Json, path: string): string {
  if (typeof value === 'string' && isSubject(value)) return value
  throw refused(value, `"${path}" emits`, 'subject')
}

function refused(value: Json, who: string, what: string): IonError {
  const shown = JSON.stringify(value).slice(0, 80)
  const message = `${who} ${shown}, which is no ${what}; write words of letters and digits, joined by dots.`
  return new IonError('RUN_EXPRESSION_FAILED', message)
}
