/**
 * Checks the input of a run against its flow's schema and fills in the defaults.
 *
 * Most flows say no more than names, types and defaults; those are checked here, because
 * loading a schema compiler costs more than such a run does. Anything else goes to it.
 */
import { isObject, pointer, type Json, type JsonObject } from '#engine/core/json.ts'
import { withDefaults } from '#engine/core/schema/defaults.ts'
import type { InputCheck } from '#engine/runtime/ports.ts'

/** The check that the engine asks for. */
export const checkInput: InputCheck = async (schema, given, what = 'input') => {
  const input = withDefaults(schema, given)
  const wrong = isPlain(schema) ? plainFault(schema as Plain, input) : await fault(schema, input)
  if (wrong === undefined) return { ok: true, input }
  const where = wrong.at === '' ? `The ${what}` : `The ${what} at "${wrong.at}"`
  return {
    ok: false,
    error: {
      code: 'RUN_INPUT_REFUSED',
      message: `${where} ${wrong.message}`,
      data: { at: wrong.at },
    },
  }
}

interface Fault {
  readonly at: string
  readonly message: string
}

async function fault(schema: JsonObject, input: Json): Promise<Fault | undefined> {
  const { compileSchema } = await import('#engine/core/schema.ts')
  return compileSchema(schema)(input)
}

/** What carries no meaning for the check, and what `plainFault` knows. */
const plainKeys = new Set(
  'description title $schema examples default type properties required additionalProperties items enum'.split(
    ' ',
  ),
)
const types: Readonly<Record<string, (value: Json) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: Number.isFinite,
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  object: isObject,
  array: (value) => Array.isArray(value),
  null: (value) => value === null,
}

/** Whether the schema says nothing that `plainFault` does not know. */
function isPlain(schema: Json | undefined): boolean {
  if (schema === undefined) return true
  if (!isObject(schema) || !Object.keys(schema).every((key) => plainKeys.has(key))) return false
  const {
    type,
    properties = {},
    required = [],
    additionalProperties = true,
    items,
    enum: choices = [],
  } = schema
  const isTyped = type === undefined || (typeof type === 'string' && Object.hasOwn(types, type))
  const isListed =
    Array.isArray(choices) && choices.every((choice) => !isObject(choice) && !Array.isArray(choice))
  return (
    isTyped &&
    isListed &&
    Array.isArray(required) &&
    typeof additionalProperties === 'boolean' &&
    isObject(properties) &&
    Object.values(properties).every(isPlain) &&
    isPlain(items)
  )
}

interface Plain {
  readonly type?: string
  readonly properties?: { readonly [name: string]: Plain }
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean
  readonly items?: Plain
  readonly enum?: readonly Json[]
}

function plainFault(schema: Plain, value: Json, at = ''): Fault | undefined {
  const { type, enum: choices } = schema
  if (type !== undefined && types[type]?.(value) === false)
    return { at, message: `must be of type ${type}.` }
  if (choices !== undefined && !choices.includes(value)) {
    return {
      at,
      message: `must be one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}.`,
    }
  }
  if (isObject(value)) return objectFault(schema, value, at)
  if (!Array.isArray(value) || schema.items === undefined) return undefined
  return firstFault(value.entries(), (index, item) =>
    plainFault(schema.items ?? {}, item, at + pointer(index)),
  )
}

function objectFault(schema: Plain, value: JsonObject, at: string): Fault | undefined {
  const { properties = {}, required = [], additionalProperties = true } = schema
  const missing = required.find((name) => !Object.hasOwn(value, name))
  if (missing !== undefined) return { at, message: `must have "${missing}".` }
  return firstFault(Object.entries(value), (name, part) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (property !== undefined) return plainFault(property, part, at + pointer(name))
    return additionalProperties ? undefined : { at, message: `must not have "${name}".` }
  })
}

function firstFault<Key>(
  entries: Iterable<readonly [Key, Json]>,
  find: (key: Key, value: Json) => Fault | undefined,
): Fault | undefined {
  for (const [key, value] of entries) {
    const found = find(key, value)
    if (found !== undefined) return found
  }
  return undefined
}
