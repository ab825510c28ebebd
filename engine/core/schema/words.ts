/**
 * Says what a word of JSON Schema asks for, as the end of a sentence about a value.
 */
import type { Json, JsonObject } from '#engine/core/json.ts'

const types: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
}

/** The clause for a broken `keyword` and what the validator knows about it. */
export function describe(keyword: string, params: JsonObject): string {
  const say = sentences[keyword]
  return say === undefined ? `must satisfy "${keyword}" of its schema.` : say(params)
}

const sentences: Readonly<Record<string, (params: JsonObject) => string>> = {
  type: ({ type }) => `must be ${listed(type, 'or', (one) => types[one] ?? one)}.`,
  required: ({ missingProperty }) => `must have "${word(missingProperty)}".`,
  dependentRequired: ({ missingProperty }) => `must have "${word(missingProperty)}" too.`,
  additionalProperties: ({ additionalProperty }) => `must not have "${word(additionalProperty)}".`,
  unevaluatedProperties: ({ unevaluatedProperty }) =>
    `must not have "${word(unevaluatedProperty)}".`,
  propertyNames: ({ propertyName }) => `must not have a key named "${word(propertyName)}".`,
  enum: ({ allowedValues }) => `must be one of ${listed(allowedValues, 'or', (one) => one)}.`,
  const: ({ allowedValue }) => `must be ${JSON.stringify(allowedValue)}.`,
  format: ({ format }) => `must be of the format ${word(format)}.`,
  pattern: ({ pattern }) => `must match the pattern ${word(pattern)}.`,
  minimum: limitOf,
  maximum: limitOf,
  exclusiveMinimum: limitOf,
  exclusiveMaximum: limitOf,
  multipleOf: ({ multipleOf }) => `must be a multiple of ${word(multipleOf)}.`,
  minLength: ({ limit }) => `must have at least ${word(limit)} characters.`,
  maxLength: ({ limit }) => `must have at most ${word(limit)} characters.`,
  minItems: ({ limit }) => `must have at least ${word(limit)} items.`,
  maxItems: ({ limit }) => `must have at most ${word(limit)} items.`,
  unevaluatedItems: ({ len }) => `must have at most ${word(len)} items.`,
  minProperties: ({ limit }) => `must have at least ${word(limit)} keys.`,
  maxProperties: ({ limit }) => `must have at most ${word(limit)} keys.`,
  uniqueItems: () => 'must not hold the same item twice.',
  contains: () => 'must hold an item that its schema asks for.',
  not: () => 'must not be what its schema excludes.',
  oneOf: () => 'must fit exactly one of the shapes that its schema lists.',
  anyOf: () => 'must fit one of the shapes that its schema lists.',
  'false schema': () => 'is not allowed here.',
}

function limitOf({ comparison, limit }: JsonObject): string {
  const words: Readonly<Record<string, string>> = {
    '>=': 'at least',
    '<=': 'at most',
    '>': 'more than',
    '<': 'less than',
  }
  return `must be ${words[word(comparison)] ?? 'near'} ${word(limit)}.`
}

function word(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

function listed(value: Json | undefined, last: string, say: (one: string) => string): string {
  const list: readonly Json[] = Array.isArray(value) ? value : [value ?? null]
  const words = list.slice(0, 12).map((one) => say(word(one)))
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}
