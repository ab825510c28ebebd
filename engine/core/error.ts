/**
 * A failure of the world: thrown, with a code that carries its policy.
 *
 * What is journaled of it is `{ code, message, data }`, never a stack, because a
 * stack cannot be replayed. Mistakes in files are `problem.ts`.
 */
import { codes, type Code } from './codes.ts'
import type { Json, JsonObject } from './json.ts'

/** An error as data: what a journal keeps and `catch` sees. */
export interface Failure {
  /** One of ours (upper case), or a word that a plugin chose (lower case, `rate_limited`). */
  readonly code: string
  readonly message: string
  readonly data?: Json
}

export class IonError extends Error {
  readonly code: Code
  readonly data: JsonObject

  constructor(code: Code, message: string, options: { data?: JsonObject; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'IonError'
    this.code = code
    this.data = options.data ?? {}
  }

  toFailure(): Failure {
    const bare = { code: this.code, message: this.message }
    return Object.keys(this.data).length === 0 ? bare : { ...bare, data: this.data }
  }
}

/** Whether a failure with this code may go away by itself. A plugin's own code may. */
export function isTransient(code: string): boolean {
  const spec = (codes as Record<string, { readonly retry: string } | undefined>)[code]
  return spec === undefined || spec.retry === 'backoff'
}

/** Any thrown thing as a failure; `otherwise` names what is not an `IonError`. */
export function toFailure(thrown: unknown, otherwise: Code): Failure {
  if (thrown instanceof IonError) return thrown.toFailure()
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return { code: otherwise, message }
}

/** States what must be true; when it is not, the bug is ours and the run stops. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`broken assumption: ${message}`)
}
