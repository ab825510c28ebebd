/**
 * Schemas of a document as JSON Schema 2020-12: OpenAPI 3.0 has its own dialect, and
 * references lead out of a schema into the document.
 */
import type { Json, JsonObject } from 'ionflux/plugin'

import { isObject, listOf, objectOf, type ApiDocument } from './document.ts'

/** Collects what schemas refer to, as `$defs` of the one that is made of them. */
export class SchemaReader {
  readonly #document: ApiDocument
  readonly #names = new Map<string, string>()
  readonly #defs: Record<string, Json> = {}

  constructor(document: ApiDocument) {
    this.#document = document
  }

  /** `schema` for what is sent: what is read only need not be there. */
  read(schema: Json | undefined): JsonObject | boolean {
    if (typeof schema === 'boolean') return schema
    return isObject(schema) ? this.#convert(schema) : true
  }

  get defs(): JsonObject {
    return this.#defs
  }

  #convert(schema: JsonObject): JsonObject {
    const { $ref: to } = schema
    if (typeof to === 'string') return { $ref: this.#define(to) }
    const made: Record<string, Json> = {}
    for (const [word, value] of Object.entries(schema)) {
      if (dropped.has(word)) continue
      made[word] = this.#word(word, value)
    }
    if (Array.isArray(made['required'])) made['required'] = this.#toSend(schema)
    return this.#document.isOld ? modern(made, schema) : made
  }

  #word(word: string, value: Json): Json {
    if (maps.has(word) && isObject(value)) {
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.read(one)]))
    }
    if (lists.has(word)) return listOf(value).map((one) => this.read(one))
    return singles.has(word) ? this.read(value) : value
  }

  #toSend({ required, properties }: JsonObject): readonly Json[] {
    const known = objectOf(properties)
    return listOf(required).filter(
      (name) => this.#document.follow(known[String(name as string)])['readOnly'] !== true,
    )
  }

  #define(reference: string): string {
    const known = this.#names.get(reference)
    if (known !== undefined) return known
    const name = `d${this.#names.size}`
    this.#names.set(reference, `#/$defs/${name}`)
    this.#defs[name] = this.read(this.#document.find(reference))
    return `#/$defs/${name}`
  }
}

const dropped = new Set([
  'example',
  'examples',
  'xml',
  'externalDocs',
  'discriminator',
  'nullable',
  'readOnly',
  'writeOnly',
  'deprecated',
  'description',
  'title',
  'default',
  '$schema',
  '$id',
  'id',
])
const maps = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
])
const lists = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems'])
const singles = new Set([
  'items',
  'additionalProperties',
  'not',
  'contains',
  'propertyNames',
  'if',
  'then',
  'else',
  'unevaluatedItems',
  'unevaluatedProperties',
])

/** What 3.0 says in its own words: null, and bounds that are left out. */
function modern(made: Record<string, Json>, { nullable }: JsonObject): JsonObject {
  for (const [bound, flag] of [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum'],
  ] as const) {
    if (typeof made[flag] !== 'boolean') continue
    if (made[flag] && made[bound] !== undefined) {
      made[flag] = made[bound]
      delete made[bound]
    } else delete made[flag]
  }
  // A format of another world would be no format here.
  if (typeof made['format'] === 'string' && !formats.has(made['format'])) delete made['format']
  return nullable === true ? { anyOf: [made, { type: 'null' }] } : made
}

const formats = new Set(['date-time', 'date', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid', 'uri'])
