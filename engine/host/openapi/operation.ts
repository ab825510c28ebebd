/**
 * What an operation of an OpenAPI document becomes as an action: its name, its input and
 * output, what it may do, and how its request is written.
 *
 * What cannot be said faithfully (cookies, forms with files, signatures) makes the
 * operation one that is left out, with the reason.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'

import { textOf, type OpenApi, type RawOperation } from './document.ts'
import { actionNameOf } from './naming.ts'
import { convertSchema, oneLine } from './schema.ts'
import { authOf, type AuthKind } from './security.ts'

export interface ActionParts {
  readonly name: string
  /** `issues/create`, or `POST /issues`. */
  readonly id: string
  readonly method: string
  /** Of its server, without a path. */
  readonly origin: string
  /** Below the origin, with parameters in braces. */
  readonly path: string
  readonly description: string
  readonly effects: 'read' | 'idempotent' | 'unsafe'
  readonly input: JsonObject
  readonly output: JsonObject
  /** The argument of `call`, as `runtime.ts` has it. */
  readonly request: JsonObject
}

export interface Wish {
  readonly api: OpenApi
  /** In place of the servers of the document. */
  readonly server?: string
  /** In place of the security of the document. */
  readonly auth?: AuthKind
  /** How deep outputs are told. */
  readonly depthMax: number
}

export type Read =
  | { readonly ok: true; readonly parts: ActionParts }
  | { readonly ok: false; readonly reason: string }

const inputDepthMax = 8

/** Thrown inside of this file for what makes an operation one that is left out. */
class Unfit extends Error {}

/** Reads one operation; `taken` holds the names of those before it. */
export function readOperation(raw: RawOperation, wish: Wish, taken: Set<string>): Read {
  try {
    const parts = partsOf(raw, wish)
    return { ok: true, parts: { ...parts, name: actionNameOf(raw.id, taken) } }
  } catch (thrown) {
    if (thrown instanceof Unfit) return { ok: false, reason: thrown.message }
    throw thrown
  }
}

function partsOf(raw: RawOperation, wish: Wish): Omit<ActionParts, 'name'> {
  const { method, id, spec } = raw
  const { origin, pathname } = serverOf(raw, wish)
  const parameters = parametersOf(raw, wish)
  const body = bodyOf(raw, wish)
  const auth = authOf(raw.security, wish)
  if (typeof auth === 'string') throw new Unfit(auth)
  const output = outputOf(raw, wish)
  const properties = { ...parameters.properties, ...body.properties, ...auth.properties }
  const required = [...parameters.required, ...body.required, ...auth.required]
  const { summary, description } = spec
  const words = [summary, description].find((text) => typeof text === 'string') ?? id
  return {
    id,
    method,
    origin,
    path: pathname + raw.path,
    description: oneLine(String(words), 200),
    effects: effectsOf(method),
    input: {
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
    },
    output: output.schema,
    request: {
      method,
      url: origin + pathname + raw.path,
      ...(Object.keys(parameters.params).length === 0 ? {} : { params: parameters.params }),
      ...body.request,
      ...auth.request,
      ...(output.expect.length === 0 ? {} : { expect: output.expect }),
    },
  }
}

/** By what the method promises: nothing, the same once or twice, or nothing of the kind. */
function effectsOf(method: string): ActionParts['effects'] {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return 'read'
  return method === 'PUT' || method === 'DELETE' ? 'idempotent' : 'unsafe'
}

function serverOf(
  { servers }: RawOperation,
  { server }: Wish,
): { origin: string; pathname: string } {
  const [first] = servers
  const { url: written, variables } = isObject(first) ? first : {}
  const text = server ?? (typeof written === 'string' ? written : '')
  const filled = text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const variable = isObject(variables) ? variables[name] : undefined
    return isObject(variable) ? textOf(variable['default']) || whole : whole
  })
  const url = URL.parse(filled)
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (url === null || !isHttp || /[{}%]/.test(filled)) {
    const where = text === '' ? 'it names no server' : `its server "${text}" is no absolute URL`
    throw new Unfit(`${where}; give one with --server`)
  }
  return { origin: url.origin, pathname: url.pathname.replace(/\/$/, '') }
}

interface Parameters {
  readonly properties: Record<string, Json>
  readonly required: string[]
  readonly params: Record<string, Json>
}

/** Set by whoever sends, or said with the answer that is wanted. */
const ownHeaders = new Set(['accept', 'content-type', 'authorization'])
const ownInputs = new Set(['body', 'token', 'api_key', 'user', 'password'])

function parametersOf(raw: RawOperation, { api }: Wish): Parameters {
  const found: Parameters = { properties: {}, required: [], params: {} }
  for (const parameter of raw.parameters) {
    const { name, in: where, required } = parameter
    if (typeof name !== 'string' || typeof where !== 'string') continue
    if (where === 'header' && ownHeaders.has(name.toLowerCase())) continue
    if (where === 'cookie') {
      if (required === true) throw new Unfit(`it needs the cookie "${name}"`)
      continue
    }
    const input = inputName(name, where, found.properties)
    const { schema, style } = styleOf(parameter)
    const conversion = { resolve: api.resolve, use: 'input', depthMax: inputDepthMax } as const
    const about = parameter['description']
    const description = typeof about === 'string' ? { description: oneLine(about, 200) } : {}
    found.properties[input] = { ...convertSchema(schema, conversion), ...description }
    if (required === true || where === 'path') found.required.push(input)
    found.params[input] = {
      in: where,
      ...(input === name ? {} : { as: name }),
      ...(style === undefined ? {} : { style }),
    }
  }
  for (const [, name = ''] of raw.path.matchAll(/\{([^}]*)\}/g)) {
    const isTold = raw.parameters.some((one) => one['in'] === 'path' && one['name'] === name)
    if (!isTold) throw new Unfit(`it does not describe "${name}" of its path`)
  }
  return found
}

/** `per-page` stays as it is; a name that is there already says where it belongs. */
function inputName(name: string, where: string, properties: Parameters['properties']): string {
  const isTaken = (text: string): boolean => Object.hasOwn(properties, text) || ownInputs.has(text)
  const plain = name === '__proto__' ? 'proto' : name
  if (!isTaken(plain)) return plain
  if (!isTaken(`${where}_${plain}`)) return `${where}_${plain}`
  throw new Unfit(`it has several parameters "${name}"`)
}

const styles: Readonly<Record<string, string>> = {
  spaceDelimited: 'spaces',
  pipeDelimited: 'pipes',
  deepObject: 'deep',
}

function styleOf(parameter: JsonObject): { schema: Json | undefined; style?: string } {
  const { name, in: where, style, explode, schema, content } = parameter
  if (isObject(content)) {
    const [media] = Object.values(content)
    return { schema: isObject(media) ? media['schema'] : undefined, style: 'json' }
  }
  if (style === 'label' || style === 'matrix') {
    throw new Unfit(`its parameter "${textOf(name)}" is written as ${style}`)
  }
  if (parameter['x-multi-segment'] === true) return { schema, style: 'segments' }
  if (where !== 'query') return { schema }
  const named = styles[textOf(style)]
  if (named !== undefined && (named === 'deep' || explode !== true)) return { schema, style: named }
  return explode === false ? { schema, style: 'csv' } : { schema }
}

interface Body {
  readonly properties: JsonObject
  readonly required: readonly string[]
  readonly request: JsonObject
}

function bodyOf({ spec }: RawOperation, { api }: Wish): Body {
  const body = api.resolve(spec['requestBody'])
  if (!isObject(body)) return { properties: {}, required: [], request: {} }
  const content = isObject(body['content']) ? body['content'] : {}
  const found = mediaOf(content)
  if (found === undefined) {
    const types = Object.keys(content).join(', ')
    throw new Unfit(`its body is ${types === '' ? 'of no type' : types}`)
  }
  const { kind, type, media } = found
  const conversion = { resolve: api.resolve, use: 'input', depthMax: inputDepthMax } as const
  const schema: JsonObject =
    kind === 'base64'
      ? { type: 'string', contentEncoding: 'base64' }
      : kind === 'text'
        ? { type: 'string' }
        : convertSchema(isObject(media) ? media['schema'] : undefined, conversion)
  const about = body['description']
  const description = typeof about === 'string' ? { description: oneLine(about, 200) } : {}
  return {
    properties: { body: { ...description, ...schema } },
    required: body['required'] === true ? ['body'] : [],
    request: { body: kind, ...(kind === 'json' && type === 'application/json' ? {} : { type }) },
  }
}

interface Media {
  readonly kind: 'json' | 'form' | 'text' | 'base64'
  readonly type: string
  readonly media: Json | undefined
}

function mediaOf(content: JsonObject): Media | undefined {
  const all = Object.keys(content)
  const find = (test: RegExp, kind: Media['kind']): Media | undefined => {
    const type = all.find((one) => test.test(one))
    return type === undefined ? undefined : { kind, type, media: content[type] }
  }
  return (
    find(/^application\/json\b/, 'json') ??
    find(/[/+]json\b/, 'json') ??
    find(/^application\/x-www-form-urlencoded\b/, 'form') ??
    find(/^text\/|[/+]xml\b/, 'text') ??
    find(/^application\/(?!.*form)|^(?:image|audio|video)\//, 'base64')
  )
}

interface Output {
  readonly schema: JsonObject
  /** Redirects that are the answer. */
  readonly expect: readonly number[]
}

function outputOf({ spec }: RawOperation, { api, depthMax }: Wish): Output {
  const responses = Object.entries(isObject(spec['responses']) ? spec['responses'] : {})
  const good = responses.filter(([status]) => /^(?:2\d\d|2XX|default)$/.test(status))
  const moved = responses.flatMap(([status]) =>
    /^30[12378]$/.test(status) ? [Number(status)] : [],
  )
  const named = good.filter(([status]) => status !== 'default')
  const bodies = (named.length > 0 ? named : good).map(([, response]) => {
    const resolved = api.resolve(response)
    const content = isObject(resolved) && isObject(resolved['content']) ? resolved['content'] : {}
    const found = mediaOf(content)
    if (found === undefined) return { type: 'null' } as JsonObject
    if (found.kind === 'text' || found.kind === 'base64') return { type: 'string' } as JsonObject
    const { media } = found
    const conversion = { resolve: api.resolve, use: 'output', depthMax } as const
    return convertSchema(isObject(media) ? media['schema'] : undefined, conversion)
  })
  const isMoved = named.length === 0 && moved.length > 0
  return { schema: outputSchema(isMoved ? [{}] : bodies), expect: isMoved ? moved : [] }
}

function outputSchema(bodies: readonly JsonObject[]): JsonObject {
  const texts = [...new Set(bodies.map((body) => JSON.stringify(body)))]
  const unique = texts.map((text) => JSON.parse(text) as JsonObject)
  const isOpen = unique.some((body) => Object.keys(body).length === 0)
  const body =
    isOpen || unique.length === 0 ? {} : unique.length === 1 ? unique[0] : { anyOf: unique }
  return {
    type: 'object',
    required: ['status', 'headers', 'body'],
    properties: {
      status: { type: 'integer' },
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      body: body ?? {},
    },
  }
}
