/**
 * Turns `-i` arguments into the input of a run, by the input schema of the flow.
 *
 * All mistakes are told at once: a name the flow does not know (with the nearest one
 * it does), a value that is not of its type, a required name that is missing. What a
 * schema says beyond types is checked where the run starts.
 */
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { readJson } from '#engine/dsl/text/exact.ts'
import { suggest } from '#engine/dsl/suggest.ts'

export interface InputArguments {
  /** As typed: `k=v`, `k:=json` or `@file.json`; later ones win. */
  readonly args: readonly string[]
  readonly schema: JsonObject | undefined
  /** What takes them, for messages: `The flow "hello"`. */
  readonly subject: string
  /** The option that gives one, for messages; `-i` without it. */
  readonly option?: string
  readonly readFile: (path: string) => string
}

/** The input, or a thrown `CLI_USAGE` that lists every mistake. */
export function readInputs({
  args,
  schema,
  subject,
  option = '-i',
  readFile,
}: InputArguments): JsonObject {
  const mistakes: string[] = []
  const given = new Map<string, Json>()
  for (const arg of args) readArgument({ arg, schema, readFile, mistakes, given })
  for (const name of given.keys()) {
    const reason = unknownName({ name, schema, subject })
    if (reason !== undefined) mistakes.push(reason)
  }
  const missing = requiredNames(schema).filter((name) => !given.has(name))
  if (missing.length > 0) mistakes.push(missingNames(missing, schema, { subject, option }))
  if (mistakes.length > 0) {
    throw new IonError('CLI_USAGE', mistakes.join('\n'), { data: { mistakes } })
  }
  return Object.fromEntries(given)
}

interface Reading {
  readonly arg: string
  readonly schema: JsonObject | undefined
  readonly readFile: (path: string) => string
  readonly mistakes: string[]
  readonly given: Map<string, Json>
}

function readArgument({ arg, schema, readFile, mistakes, given }: Reading): void {
  if (arg.startsWith('@')) {
    const read = readJson(readFile(arg.slice(1)))
    const value = read.ok ? read.value : undefined
    if (!read.ok && read.reason !== undefined)
      mistakes.push(`The file "${arg.slice(1)}" cannot be taken as it is: ${read.reason}`)
    else if (!isObject(value))
      mistakes.push(`The file "${arg.slice(1)}" does not hold one JSON object.`)
    else for (const [name, each] of Object.entries(value)) given.set(name, each)
    return
  }
  const match = /^([^=]+?)(:?=)([\s\S]*)$/.exec(arg)
  const [, name, operator, text] = match ?? []
  if (name === undefined || text === undefined) {
    mistakes.push(`The input "${arg}" is not of the form name=value, name:=json or @file.json.`)
    return
  }
  if (operator === ':=') {
    const read = readJson(text)
    if (read.ok) given.set(name, read.value)
    else if (read.reason !== undefined) mistakes.push(refusal(name, read.reason))
    else mistakes.push(`The input "${name}" is not JSON: ${text}.`)
    return
  }
  const wanted = typesOf(schema, name)
  const value = convert(text, wanted)
  if (value === undefined) {
    const read = readJson(text)
    const reason = read.ok ? undefined : read.reason
    mistakes.push(
      reason === undefined
        ? `The input "${name}" must be ${words(wanted)}, not "${text}".`
        : refusal(name, reason),
    )
  } else given.set(name, value)
}

function refusal(name: string, reason: string): string {
  return `The input "${name}" cannot be taken as it is: ${reason}`
}

function unknownName({
  name,
  schema,
  subject,
}: Omit<InputArguments, 'args' | 'readFile'> & { readonly name: string }): string | undefined {
  const known = Object.keys(propertiesOf(schema))
  if (known.includes(name) || isOpen(schema)) return undefined
  if (known.length === 0) return `${subject} takes no inputs, so it has no "${name}".`
  const near = suggest(name, known)
  const hint = near === undefined ? `It takes ${known.join(', ')}.` : `Did you mean "${near}"?`
  return `${subject} has no input "${name}". ${hint}`
}

function missingNames(
  missing: readonly string[],
  schema: JsonObject | undefined,
  { subject, option }: { readonly subject: string; readonly option: string },
): string {
  const lines = missing.map((name) => {
    const property = propertiesOf(schema)[name]
    const about = isObject(property) ? property['description'] : undefined
    const text = typeof about === 'string' ? `: ${about.split('\n')[0]}` : ''
    return `  ${option} ${name}=…  (${words(typesOf(schema, name))})${text}`
  })
  const what = missing.length === 1 ? 'an input' : `${missing.length} inputs`
  return [`${subject} needs ${what} more:`, ...lines].join('\n')
}

function propertiesOf(schema: JsonObject | undefined): JsonObject {
  const properties = schema?.['properties']
  return isObject(properties) ? properties : {}
}

/** Whether names that the schema does not list are welcome: only where it says so. */
function isOpen(schema: JsonObject | undefined): boolean {
  const more = schema?.['additionalProperties']
  return more === true || isObject(more) || isObject(schema?.['patternProperties'])
}

function requiredNames(schema: JsonObject | undefined): readonly string[] {
  const required = schema?.['required']
  if (!Array.isArray(required)) return []
  const properties = propertiesOf(schema)
  return required.filter((name): name is string => {
    const property = typeof name === 'string' ? properties[name] : undefined
    return typeof name === 'string' && !(isObject(property) && property['default'] !== undefined)
  })
}

/** The JSON types that an input may have; empty means any. */
function typesOf(schema: JsonObject | undefined, name: string): readonly string[] {
  const property = resolved(propertiesOf(schema)[name], schema)
  const type = property?.['type']
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return type.filter((each) => typeof each === 'string')
  const choices = Array.isArray(property?.['enum']) ? property['enum'] : undefined
  if (choices !== undefined) return [...new Set(choices.map(typeOf))]
  return property !== undefined && 'const' in property ? [typeOf(property['const'] as Json)] : []
}

/** Follows one `#/$defs/name`; a deeper reference is left to the real validator. */
function resolved(
  property: Json | undefined,
  schema: JsonObject | undefined,
): JsonObject | undefined {
  if (!isObject(property)) return undefined
  const ref = property['$ref']
  const name = typeof ref === 'string' ? /^#\/\$defs\/([^/]+)$/.exec(ref)?.[1] : undefined
  const defs = schema?.['$defs']
  if (name === undefined || !isObject(defs)) return property
  const target = defs[name]
  return isObject(target) ? target : property
}

function typeOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value
}

/** The text as the first of `types` that it can be; undefined when it can be none of them. */
function convert(text: string, types: readonly string[]): Json | undefined {
  if (types.length === 0) return text
  const read = readJson(text)
  const value = read.ok ? read.value : undefined
  for (const type of types) {
    if (type === 'string') continue
    if (type === 'integer' && typeof value === 'number' && Number.isInteger(value)) return value
    if (value !== undefined && typeOf(value) === type) return value
  }
  return types.includes('string') ? text : undefined
}

function words(types: readonly string[]): string {
  const named: Readonly<Record<string, string>> = {
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    string: 'a text',
    object: 'a JSON object',
    array: 'a JSON array',
    null: 'null',
  }
  return types.length === 0 ? 'anything' : types.map((type) => named[type] ?? type).join(' or ')
}
