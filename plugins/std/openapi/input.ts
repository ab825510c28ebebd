/**
 * What a step hands to an operation, compared with the document before anything is sent:
 * names that it does not know, values that do not fit, and what is missing.
 */
import type { Context, Json, JsonObject } from 'ionflux/plugin'

import {
  isObject,
  nearest,
  objectOf,
  type ApiDocument,
  type Operation,
  type Parameter,
} from './document.ts'
import { SchemaReader } from './schema.ts'

export interface CallInput {
  readonly parameters?: JsonObject
  readonly body?: Json
  readonly content_type?: string
  readonly check?: boolean
}

export interface Sorted {
  readonly values: ReadonlyMap<Parameter, Json>
  /** The media type of the body and what the document says of it. */
  readonly media?: { readonly type: string; readonly spec: JsonObject }
}

interface Asked {
  readonly document: ApiDocument
  readonly operation: Operation
  readonly context: Context
}

/** Sorts parameters by their places. Fails with what the document does not allow. */
export async function readInput(input: CallInput, asked: Asked): Promise<Sorted> {
  const values = valuesOf(input.parameters ?? {}, asked)
  const media = mediaOf(input, asked)
  if (input.check !== false) await compare({ values, body: input.body, media }, asked)
  return media === undefined ? { values } : { values, media }
}

/** A name that stands in two places is meant by `query/name`. */
function valuesOf(given: JsonObject, { operation, context }: Asked): ReadonlyMap<Parameter, Json> {
  const values = new Map<Parameter, Json>()
  for (const [name, value] of Object.entries(given)) {
    const found = operation.parameters.filter(
      (one) => one.name === name || `${one.in}/${one.name}` === name,
    )
    if (found.length === 0) {
      const suggestions = nearest(
        name,
        operation.parameters.map((one) => one.name),
      )
      const hint = suggestions.length === 0 ? '' : ` Did you mean "${suggestions[0]}"?`
      const message = `"${operation.name}" has no parameter "${name}".${hint}`
      context.fail('parameter_unknown', message, { parameter: name, suggestions })
    }
    for (const one of found) values.set(one, value)
  }
  const missing = operation.parameters.find((one) => one.isRequired && !values.has(one))
  if (missing === undefined) return values
  const message = `"${operation.name}" needs the parameter "${missing.name}" (${missing.in}).`
  return context.fail('parameter_missing', message, { parameter: missing.name })
}

function mediaOf(
  { body, content_type: asked }: CallInput,
  { document, operation, context }: Asked,
): Sorted['media'] {
  const wanted = document.follow(operation.spec['requestBody'])
  const content = objectOf(wanted['content'])
  const types = Object.keys(content)
  if (body === undefined) {
    if (wanted['required'] !== true) return undefined
    return context.fail('body_missing', `"${operation.name}" needs a body: ${types.join(' or ')}.`)
  }
  if (types.length === 0) return context.fail('body_unknown', `"${operation.name}" takes no body.`)
  const isJson = (type: string): boolean => /[/+]json\b/i.test(type)
  const type = asked ?? types.find(isJson) ?? types[0] ?? ''
  const match = types.find((one) => one === type) ?? types.find((one) => one.endsWith('*'))
  if (match !== undefined) return { type, spec: objectOf(content[match]) }
  const message = `"${operation.name}" takes ${types.join(' or ')}, not "${type}".`
  return context.fail('body_unknown', message)
}

interface Given {
  readonly values: ReadonlyMap<Parameter, Json>
  readonly body: Json | undefined
  readonly media: Sorted['media'] | undefined
}

/** All at once: one question to the host. */
async function compare(
  { values, body, media }: Given,
  { document, operation, context }: Asked,
): Promise<void> {
  const reader = new SchemaReader(document)
  const properties: Record<string, Json> = {}
  const value: Record<string, Json> = {}
  for (const [{ name, in: place, spec }, one] of values) {
    const [content] = Object.values(objectOf(spec['content']))
    properties[`${place}/${name}`] = reader.read(
      isObject(content) ? content['schema'] : spec['schema'],
    )
    value[`${place}/${name}`] = one
  }
  if (media !== undefined && body !== undefined) {
    properties['body'] = reader.read(media.spec['schema'])
    value['body'] = body
  }
  const schema = { type: 'object', properties, $defs: reader.defs }
  const verdict = await context.schema.check(schema, value)
  if (verdict.ok) return
  const [, first = '', ...rest] = verdict.at.split('/')
  const isBody = first === 'body'
  const name = first.replaceAll('~1', '/').replace(/^\w+\//, '')
  const inside = rest.length === 0 ? '' : ` at "/${rest.join('/')}"`
  const what = isBody ? `The body of "${operation.name}"` : `The parameter "${name}"`
  context.fail(
    isBody ? 'body_invalid' : 'parameter_invalid',
    `${what}${inside} ${verdict.message}`,
    {
      at: verdict.at,
      keyword: verdict.keyword,
    },
  )
}
