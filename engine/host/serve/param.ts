/**
 * What parameters of another process are read by.
 */
import { limits } from '#engine/core/limits.ts'

/** A text that is not too long. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= limits.linkTextCharsMax
}
