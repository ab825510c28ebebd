/**
 * The far side of `thread.ts`: compiles schemas, keeps the last of them, and compares.
 *
 * One question at a time, in order. Questions are texts, so that neither side holds an
 * object of the other.
 */
import { parentPort } from 'node:worker_threads'

import { digestOfText } from '#engine/core/digest.ts'
import { IonError, type Failure } from '#engine/core/error.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { compileSchema, type Validator, type Violation } from '#engine/core/schema.ts'

export interface Question {
  /** JSON text. */
  readonly schema: string
  /** JSON text. */
  readonly value: string
}

export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'compared'; readonly violation?: Violation }
  | { readonly kind: 'failed'; readonly failure: Failure }

const kept = new Map<string, Validator>()

parentPort?.on('message', (question: Question) => say(answerTo(question)))
say({ kind: 'ready' })

function answerTo({ schema, value }: Question): Answer {
  try {
    const violation = validatorOf(schema)(JSON.parse(value) as Json)
    return violation === undefined ? { kind: 'compared' } : { kind: 'compared', violation }
  } catch (thrown) {
    if (!(thrown instanceof IonError)) throw thrown
    return { kind: 'failed', failure: thrown.toFailure() }
  }
}

/** The last schemas stay compiled, because a step in a loop asks for the same one each time. */
function validatorOf(schema: string): Validator {
  const name = digestOfText(schema)
  const validator = kept.get(name) ?? compileSchema(JSON.parse(schema) as JsonObject | boolean)
  kept.delete(name)
  kept.set(name, validator)
  const [oldest] = kept.keys()
  if (kept.size > limits.schemasKeptMax && oldest !== undefined) kept.delete(oldest)
  return validator
}

function say(answer: Answer): void {
  parentPort?.postMessage(answer)
}
