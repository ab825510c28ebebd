/**
 * Validates data against JSON Schemas (2020-12) that users wrote: the only door to ajv.
 *
 * A schema is input, so none may hang or crash the process: patterns run in linear time,
 * `uniqueItems` hashes, recursion has a budget, data has a depth, other documents are
 * never fetched. Loading this file loads the library (45 ms): import it when it is needed.
 */
import { Ajv2020, type AnySchema, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

import { canonical } from './canonical.ts'
import { IonError } from './error.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import { limits } from './limits.ts'
import { parsePattern } from './schema/pattern.ts'
import { findSchemaFaults } from './schema/faults.ts'
import { describe } from './schema/words.ts'

/** What keeps a value from being what a schema asks for. */
export interface Violation {
  /** JSON Pointer into the value. */
  readonly at: string
  /** The word of JSON Schema that was broken, or `limit`. */
  readonly keyword: string
  /** A clause with a full stop that follows the name of the value: `must be text.` */
  readonly message: string
  readonly params: JsonObject
}

/** The first violation; undefined for a value that fits. */
export type Validator = (value: Json) => Violation | undefined

/**
 * Compiles a schema; the validator keeps no state and may be kept as long as it is used.
 * Throws `DSL_SCHEMA_MALFORMED` for a schema that `findSchemaFaults` refuses.
 *
 * @example
 * compileSchema({ type: 'string' })(1) // { at: '', keyword: 'type', message: 'must be text.' … }
 */
export function compileSchema(schema: JsonObject | boolean): Validator {
  const [fault] = findSchemaFaults(schema)
  if (fault !== undefined) throw malformed(fault.message, fault.at)
  const budget = { left: 0 }
  const validate = compile(schema, budget)
  return (value) => {
    const { depth, nodes } = sizeOf(value)
    if (depth > limits.dataDepthMax) {
      return exceeded(`must not nest deeper than ${limits.dataDepthMax}.`)
    }
    budget.left = Math.min(limits.schemaCallsMax, limits.schemaCallsPerValueMax * (nodes + 500))
    try {
      return validate(value) ? undefined : violationOf(validate.errors?.[0])
    } catch (thrown) {
      if (thrown !== outOfBudget) throw thrown
      return exceeded('takes too long to compare with its schema.')
    }
  }
}

/** Thrown out of the library's own recursion, and caught above: no failure of anything. */
const outOfBudget = new Error('the schema takes too many calls')

function compile(schema: JsonObject | boolean, budget: { left: number }): ValidateFunction {
  const ajv = new Ajv2020({
    // One violation is enough; collecting all would let data choose how much is collected.
    allErrors: false,
    strict: false,
    logger: false,
    meta: false,
    validateSchema: false,
    ownProperties: true,
    code: {
      regExp: Object.assign(linearRegex, { code: 'linearRegex' }),
      process: (code: string) =>
        code.replace(entry, '$1self.spend();').replace(gather, 'vErrors.concat($1.slice(0,1))'),
    },
  })
  addFormats.default(ajv, { mode: 'full', formats: [...formats] })
  ajv.addFormat('regex', (text: string) => !('reason' in parsePattern(text)))
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: areUnique,
  })
  const spend = (): void => {
    budget.left -= 1
    if (budget.left < 0) throw outOfBudget
  }
  Object.assign(ajv, { spend })
  try {
    return ajv.compile(schema as AnySchema)
  } catch (thrown) {
    throw malformed(thrown instanceof Error ? thrown.message : String(thrown), '')
  }
}

/** The start of each function that the library generates; recursion passes through one. */
const entry = /(function validate\d+\(data, \{.*?\}=\{\}\)\{)/g

/** Where a function takes over the errors of another: one of them says enough. */
const gather = /vErrors\.concat\(([\w.]+\.errors)\)/g

// oxfmt-ignore
const formats = [
  'date-time', 'date', 'time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid', 'uri',
  'uri-reference', 'uri-template', 'json-pointer', 'relative-json-pointer',
] as const

function linearRegex(pattern: string): { test(text: string): boolean; toString(): string } {
  const regex = parsePattern(pattern)
  if ('reason' in regex) throw new TypeError(regex.reason)
  // The library tells patterns apart by their text.
  return { test: regex.test, toString: () => pattern }
}

/** Compares by canonical text in a set; comparing each with each would be quadratic. */
function areUnique(isAsked: boolean, list: readonly Json[]): boolean {
  if (!isAsked || list.length < 2) return true
  const seen = new Set<string>()
  for (const item of list) seen.add(canonical(item))
  return seen.size === list.length
}

function violationOf(error: ErrorObject | undefined): Violation {
  const { instancePath = '', keyword = 'false schema', params = {} } = error ?? {}
  const facts = params as JsonObject
  return { at: instancePath, keyword, message: describe(keyword, facts), params: facts }
}

function exceeded(message: string): Violation {
  return { at: '', keyword: 'limit', message, params: {} }
}

function malformed(message: string, at: string): IonError {
  return new IonError('DSL_SCHEMA_MALFORMED', message, { data: { at } })
}

/** How deep a value nests and of how many it consists; stops where it is too deep anyway. */
function sizeOf(value: Json): { readonly depth: number; readonly nodes: number } {
  let level: Json[] = [value]
  let nodes = 1
  for (let depth = 0; ; depth++) {
    const next: Json[] = []
    for (const one of level) {
      const parts: readonly Json[] = Array.isArray(one)
        ? one
        : isObject(one)
          ? Object.values(one)
          : []
      nodes += parts.length
      for (const part of parts) if (typeof part === 'object' && part !== null) next.push(part)
    }
    if (next.length === 0 || depth > limits.dataDepthMax) return { depth, nodes }
    level = next
  }
}
