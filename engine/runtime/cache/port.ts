/**
 * What a host keeps of pure steps from run to run: outputs by code and input.
 *
 * It may forget anything at any time, and lose what it has just been given; it must never
 * answer with what was not kept under the very same question. What is worth keeping is the
 * concern of `keeping.ts`.
 */
import type { Payload } from '#engine/runtime/record.ts'
import type { CachedFrom } from '#engine/runtime/budget/usage.ts'

/** One call that may have been made before. */
export interface CacheQuestion {
  /** The code: its unit, its export, and the release that runs it. */
  readonly code: string
  /** The JSON text of the input. Two orders of keys are two inputs: code can tell them apart. */
  readonly input: string
}

export interface Kept extends CachedFrom {
  readonly output: Payload
}

export interface StepCache {
  /** Whether anything of `code` is kept. Asked for every pure step, so it has to cost next to nothing. */
  hasAny(code: string): boolean
  find(question: CacheQuestion): Kept | undefined
  /** Takes the place of what was kept under the same question. */
  keep(question: CacheQuestion, kept: Kept): void
}
