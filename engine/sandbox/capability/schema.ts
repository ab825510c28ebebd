/**
 * `schema.check`: whether a value is what a JSON Schema asks for. A function of its
 * arguments, and so without a grant; the host does it because the library is large and
 * an interpreter slow. It is done on a thread of its own (`compare/thread.ts`).
 */
import { IonError } from '#engine/core/error.ts'
import { isObject } from '#engine/core/json.ts'
import { allowance, Comparer } from '#engine/sandbox/compare/thread.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'

import { argumentsOf, misused } from './arguments.ts'

/** The host's side of `ctx.schema`. */
export function schemaOperations(): HostOperations {
  const comparer = new Comparer()
  return {
    call: async (op, args, { scope, signal }) => {
      if (op !== 'schema.check') {
        throw new IonError('CAP_NOT_GRANTED', `The host offers no operation "${op}".`)
      }
      const { find } = argumentsOf(op, args, ['schema', 'value'])
      const schema = find('schema')
      if (typeof schema !== 'boolean' && !isObject(schema)) {
        throw misused(op, '"schema" is a JSON Schema')
      }
      const question = {
        schema: JSON.stringify(schema),
        value: JSON.stringify(find('value') ?? null),
      }
      const allowed = scope.keep('schema', allowance)
      const violation = await comparer.compare(question, allowed, signal)
      if (violation === undefined) return { ok: true }
      const { at, keyword, message } = violation
      return { ok: false, at, keyword, message }
    },
  }
}
