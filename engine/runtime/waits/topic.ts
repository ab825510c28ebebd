/**
 * Reads what an author wrote, or an expression gave, as something that can be waited for.
 */
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { isPattern, isSignalName } from '#engine/dsl/subject.ts'

/** Throws `RUN_EXPRESSION_FAILED` for what is neither a name nor a subject. */
export function topicOf(
  value: Json,
  { path, on }: { readonly path: string; readonly on: 'signal' | 'event' },
): string {
  const isGood = on === 'signal' ? isSignalName : isPattern
  if (typeof value === 'string' && isGood(value)) return value
  const what = on === 'signal' ? 'name of a signal' : 'subject'
  throw new IonError(
    'RUN_EXPRESSION_FAILED',
    `"${path}" waits for ${JSON.stringify(value).slice(0, 80)}, which is no ${what}; write words of letters and digits, joined by dots.`,
  )
}
