/**
 * An OpenAPI document (3.0 or 3.1) as something that can be asked for its operations.
 *
 * References are followed where they are met, inside the document only, and no chain of
 * them for ever.
 */
import type { Context, Json, JsonObject } from 'ionflux/plugin'

export interface Operation {
  /** `GET /pets/{id}`. */
  readonly name: string
  readonly id: string | undefined
  readonly method: string
  readonly path: string
  readonly spec: JsonObject
  /** Of the path and of the operation, which overrides by place and name. */
  readonly parameters: readonly Parameter[]
  readonly servers: readonly JsonObject[]
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly isRequired: boolean
  readonly spec: JsonObject
}

export class ApiDocument {
  readonly root: JsonObject
  readonly isOld: boolean
  readonly #context: Context

  constructor(root: JsonObject, context: Context) {
    const { openapi } = root
    this.root = root
    this.#context = context
    if (typeof openapi !== 'string' || !/^3\.\d+/.test(openapi)) {
      const said = typeof root['swagger'] === 'string' ? `, but "swagger: ${root['swagger']}"` : ''
      context.fail('document_malformed', `An OpenAPI document says "openapi: 3.x"${said}.`)
    }
    this.isOld = openapi.startsWith('3.0')
  }

  /** What a value is when its references are followed. */
  follow(value: Json | undefined): JsonObject {
    let at = value
    for (let hops = 0; hops < hopsMax; hops++) {
      if (!isObject(at)) return {}
      const { $ref: to } = at
      if (typeof to !== 'string') return at
      at = this.find(to)
    }
    return this.#context.fail('document_malformed', 'A reference of the document leads in a ring.')
  }

  /** What stands at `#/components/schemas/Pet`. */
  find(reference: string): Json {
    const [where = '', ...rest] = reference.split('#')
    let at: Json | undefined = where === '' && rest.length === 1 ? this.root : undefined
    for (const part of (rest[0] ?? '').split('/').slice(1)) {
      const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
      at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined
    }
    if (at !== undefined) return at
    const message = `The document has nothing at "${reference}", and other documents are not read.`
    return this.#context.fail('document_malformed', message)
  }

  operations(): readonly Operation[] {
    return Object.entries(objectOf(this.root['paths'])).flatMap(([path, found]) => {
      const item = this.follow(found)
      return methods.flatMap((method) => {
        const spec = item[method]
        return isObject(spec) ? [this.#operation(path, method, { item, spec })] : []
      })
    })
  }

  #operation(
    path: string,
    method: string,
    { item, spec }: { item: JsonObject; spec: JsonObject },
  ): Operation {
    const parameters = new Map<string, Parameter>()
    for (const found of [...listOf(item['parameters']), ...listOf(spec['parameters'])]) {
      const one = this.follow(found)
      const { name, in: place, required } = one
      if (typeof name !== 'string' || !isPlace(place)) continue
      const isRequired = required === true || place === 'path'
      parameters.set(`${place}/${name}`, { name, in: place, isRequired, spec: one })
    }
    const [servers = []] = [spec, item, this.root]
      .map((one) => listOf(one['servers']).filter(isObject))
      .filter((list) => list.length > 0)
    const id = spec['operationId']
    return {
      name: `${method.toUpperCase()} ${path}`,
      id: typeof id === 'string' ? id : undefined,
      method: method.toUpperCase(),
      path,
      spec,
      parameters: [...parameters.values()],
      servers,
    }
  }
}

const hopsMax = 100
const methods = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'] as const

function isPlace(value: Json | undefined): value is Parameter['in'] {
  return value === 'path' || value === 'query' || value === 'header' || value === 'cookie'
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

/** The operation by its id or as `GET /pets/{id}`; else a failure that names the nearest ones. */
export function findOperation(document: ApiDocument, name: string, context: Context): Operation {
  const all = document.operations()
  const wanted = name.trim().replace(/^([a-z]+)\s+(?=\/)/i, (_, m: string) => `${m.toUpperCase()} `)
  const found = all.find((one) => one.id === name) ?? all.find((one) => one.name === wanted)
  if (found !== undefined) return found
  const known = all.flatMap((one) => (one.id === undefined ? [one.name] : [one.id, one.name]))
  const suggestions = nearest(name, known)
  const hint = suggestions.length === 0 ? '' : ` Did you mean "${suggestions[0]}"?`
  const message = `The document has no operation "${name}".${hint}`
  return context.fail('operation_unknown', message, { operation: name, suggestions })
}

/** At most three of `known` that are a few letters away from `name`, the nearest first. */
export function nearest(name: string, known: readonly string[]): readonly string[] {
  const lower = name.toLowerCase()
  const bound = Math.max(2, Math.floor(name.length / 3))
  return known
    .map((one) => ({ one, away: distance(lower, one.toLowerCase(), bound) }))
    .filter(({ away }) => away <= bound)
    .toSorted((a, b) => a.away - b.away)
    .slice(0, 3)
    .map(({ one }) => one)
}

/** Letters to put in, take out or change; more than `bound` is not counted further. */
function distance(a: string, b: string, bound: number): number {
  if (Math.abs(a.length - b.length) > bound || a.length > 200) return bound + 1
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
