/**
 * What the inputs that a flow writes down tell about powers: secrets in places that take
 * none, and hosts that can be read off a URL.
 *
 * A parameter takes a secret when its schema says `x-secret: true`, or describes the handle
 * that code gets (an object with `$secret`). Everything else is data, in which a secret has
 * no business.
 */
import { isObject, pointer, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

export interface SecretPlace {
  readonly name: string
  /** Pointer to the name. */
  readonly at: string
  /** Keys on the way from the inputs to `{ secret: NAME }`. */
  readonly path: readonly string[]
}

/** Every `{ secret: NAME }` in `value`. */
export function findSecrets(
  value: Json | undefined,
  at: string,
  path: readonly string[] = [],
): SecretPlace[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: Json, i) => findSecrets(item, `${at}/${i}`, [...path, String(i)]))
  }
  if (!isObject(value)) return []
  const { secret } = value
  if (typeof secret === 'string' && Object.keys(value).length === 1) {
    return [{ name: secret, at: `${at}/secret`, path }]
  }
  return Object.entries(value).flatMap(([key, part]) =>
    findSecrets(part, at + pointer(key), [...path, key]),
  )
}

/** Whether the parameter at `path` takes a secret. */
export function takesSecret(schema: JsonObject | undefined, path: readonly string[]): boolean {
  if (schema === undefined) return false
  let nodes = spread(schema, schema)
  for (const key of path) nodes = nodes.flatMap((node) => below(node, key, schema))
  return nodes.some(isMarked)
}

/** The parameters at the top that take one. */
export function secretParameters(schema: JsonObject | undefined): readonly string[] {
  const properties = schema?.['properties']
  const names = isObject(properties) ? Object.keys(properties) : []
  return names.filter((name) => takesSecret(schema, [name]))
}

function isMarked(node: JsonObject): boolean {
  const { properties } = node
  return node['x-secret'] === true || (isObject(properties) && Object.hasOwn(properties, '$secret'))
}

/** A schema with everything that it says by reference or as an alternative. */
function spread(node: Json | undefined, root: JsonObject, depth = 0): JsonObject[] {
  if (!isObject(node) || depth > limits.powerPlacesDepthMax) return []
  const reference = node['$ref']
  const named = typeof reference === 'string' ? [resolve(reference, root)] : []
  const parts = ['anyOf', 'oneOf', 'allOf'].flatMap((word) => {
    const list = node[word]
    return Array.isArray(list) ? (list as readonly Json[]) : []
  })
  const more = [...named, ...parts].flatMap((part) => spread(part, root, depth + 1))
  return [node, ...more].slice(0, limits.powerPlacesNodesMax)
}

function below(node: JsonObject, key: string, root: JsonObject): readonly JsonObject[] {
  const { properties, additionalProperties, items, prefixItems } = node
  if (isObject(properties) && Object.hasOwn(properties, key)) return spread(properties[key], root)
  const nth = Array.isArray(prefixItems) ? (prefixItems as readonly Json[])[Number(key)] : undefined
  const others = nth === undefined ? [additionalProperties, items] : [nth]
  return others.flatMap((other) => spread(other, root))
}

function resolve(reference: string, root: JsonObject): Json | undefined {
  const [, name] = /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(reference) ?? []
  const defs = root['$defs'] ?? root['definitions']
  return name !== undefined && isObject(defs) && Object.hasOwn(defs, name) ? defs[name] : undefined
}

export interface UrlPlace {
  /** The host as a grant names it: `api.example.com`, `http://localhost:8080`. */
  readonly host: string
  readonly at: string
}

/** The hosts of the parameters named `url`, where they are certain before the run. */
export function findUrls(value: Json | undefined, at: string): UrlPlace[] {
  if (Array.isArray(value)) return value.flatMap((item: Json, i) => findUrls(item, `${at}/${i}`))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, part]) => {
    const here = at + pointer(key)
    if (key !== 'url' || typeof part !== 'string') return findUrls(part, here)
    const host = hostOf(part)
    return host === undefined ? [] : [{ host, at: here }]
  })
}

/** Of a text with an expression in it, only a host that ends before the expression is certain. */
function hostOf(text: string): string | undefined {
  const expression = text.indexOf('${{')
  const known = expression < 0 ? `${text}/` : text.slice(0, expression)
  const [, origin] = /^(https?:\/\/[^/?#\\@\s]+)[/?#]/.exec(known) ?? []
  if (origin === undefined || !URL.canParse(origin)) return undefined
  const { protocol, host } = new URL(origin)
  return protocol === 'https:' ? host : `http://${host}`
}
