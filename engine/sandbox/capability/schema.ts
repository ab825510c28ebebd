/**
 * `schema.check`: whether a value is what a JSON Schema asks for. A function of its
 * arguments, and so without a grant; the host does it because the library is large and
 * an interpreter slow.
 *
 * Compiled schemas are kept, because a step in a loop asks for the same one each time.
 */
import type { Validator } from '#engine/core/schema.ts'
import { digestOfText } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { isObject, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'

import { argumentsOf, misused } from './arguments.ts'

/** The host's side of `ctx.schema`. */
export function schemaOperations(): HostOperations {
  const kept = new Map<string, Validator>()
  const compile = async (schema: JsonObject | boolean): Promise<Validator> => {
    const { compileSchema } = await import('#engine/core/schema.ts')
    return compileSchema(schema)
  }
  const validatorOf = async (schema: JsonObject | boolean): Promise<Validator> => {
    const name = digestOfText(JSON.stringify(schema))
    const validator = kept.get(name) ?? (await compile(schema))
    kept.delete(name)
    kept.set(name, validator)
    const [oldest] = kept.keys()
    if (kept.size > limits.schemasKeptMax && oldest !== undefined) kept.delete(oldest)
    return validator
  }
  return {
    call: async (op, args) => {
      if (op !== 'schema.check') {
        throw new IonError('CAP_NOT_GRANTED', `The host offers no operation "${op}".`)
      }
      const { find } = argumentsOf(op, args, ['schema', 'value'])
      const schema = find('schema')
      if (typeof schema !== 'boolean' && !isObject(schema)) {
        throw misused(op, '"schema" is a JSON Schema')
      }
      const violation = (await validatorOf(schema))(find('value') ?? null)
      if (violation === undefined) return { ok: true }
      const { at, keyword, message } = violation
      return { ok: false, at, keyword, message }
    },
  }
}
