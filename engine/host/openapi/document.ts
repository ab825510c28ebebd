/**
 * Reads an OpenAPI document (3.0 or 3.1) and lists its operations, with every reference
 * that is inside of the document resolved where it is met.
 *
 * The document is a stranger's: it is bounded, nothing else is fetched, and what cannot be
 * used is left out with a reason instead of being guessed.
 */
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { parseDocument } from '#engine/dsl/text.ts'

export interface OpenApi {
  readonly title: string
  readonly version: string
  readonly description?: string
  readonly operations: readonly RawOperation[]
  /** The scheme by its name in `securitySchemes`. */
  readonly schemes: JsonObject
  resolve: Resolve
}

/** Follows a `$ref`; gives back what is none. Undefined for one that leads nowhere. */
export type Resolve = (value: Json | undefined) => Json | undefined

export interface RawOperation {
  /** `GET` … */
  readonly method: string
  readonly path: string
  /** As the document has it; made of method and path where it has none. */
  readonly id: string
  /** The parameters of path and operation, resolved; the operation's own win. */
  readonly parameters: readonly JsonObject[]
  readonly spec: JsonObject
  readonly servers: readonly Json[]
  readonly security: readonly Json[]
}

const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'] as const

/** Reads `text`; `file` is named in messages. Throws `CLI_USAGE` for what is no such document. */
export function readOpenApi(file: string, text: string): OpenApi {
  const whole = valueOf(file, text)
  const version = isObject(whole) ? whole['openapi'] : undefined
  if (!isObject(whole) || typeof version !== 'string' || !/^3\.[01]\./.test(version)) {
    throw unusable(file, 'is no OpenAPI document of version 3.0 or 3.1')
  }
  const resolve = resolver(whole)
  const info = isObject(whole['info']) ? whole['info'] : {}
  const paths = isObject(whole['paths']) ? whole['paths'] : {}
  const components = isObject(whole['components']) ? whole['components'] : {}
  const schemes = components['securitySchemes']
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    operationsOf(whole, resolve, { path, item: resolve(item) }),
  )
  if (operations.length === 0) throw unusable(file, 'describes no operation')
  const { title, version: release, description } = info
  return {
    title: typeof title === 'string' ? title : 'An API',
    version: typeof release === 'string' ? release : '',
    ...(typeof description === 'string' ? { description } : {}),
    operations,
    schemes: isObject(schemes) ? schemes : {},
    resolve,
  }
}

function valueOf(file: string, text: string): Json {
  if (text.length > limits.openApiCharsMax) {
    throw unusable(file, `is larger than ${limits.openApiCharsMax / 1024 / 1024} MB`)
  }
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text) as Json
    } catch (thrown) {
      throw unusable(file, `is no JSON: ${(thrown as Error).message}`)
    }
  }
  const { value, problems } = parseDocument({ file, text })
  const [first] = problems.filter(({ severity }) => severity === 'error')
  if (first !== undefined) {
    const hint = 'Larger documents can be read as JSON.'
    throw unusable(file, `cannot be read as YAML: ${first.message} ${hint}`)
  }
  return value ?? null
}

function unusable(file: string, why: string): IonError {
  const message = `"${file}" ${why}${/[.!]$/.test(why) ? '' : '.'}`
  return new IonError('CLI_USAGE', message, { data: { path: file } })
}

/** References may name references; a ring of them leads nowhere. */
function resolver(whole: JsonObject): Resolve {
  return (value) => {
    let found = value
    for (let hops = 0; hops < 16; hops++) {
      if (!isObject(found) || typeof found['$ref'] !== 'string') return found
      found = at(whole, found['$ref'])
    }
    return undefined
  }
}

function at(whole: JsonObject, ref: string): Json | undefined {
  if (!ref.startsWith('#/')) return undefined
  let found: Json | undefined = whole
  for (const part of ref.slice(2).split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined
  }
  return found
}

interface PathItem {
  readonly path: string
  readonly item: Json | undefined
}

function operationsOf(
  whole: JsonObject,
  resolve: Resolve,
  { path, item }: PathItem,
): readonly RawOperation[] {
  if (!isObject(item)) return []
  return methods.flatMap((method): readonly RawOperation[] => {
    const spec = resolve(item[method])
    if (!isObject(spec)) return []
    const parameters = new Map<string, JsonObject>()
    for (const one of [...listOf(item['parameters']), ...listOf(spec['parameters'])]) {
      const parameter = resolve(one)
      if (!isObject(parameter)) continue
      parameters.set(`${textOf(parameter['in'])} ${textOf(parameter['name'])}`, parameter)
    }
    const { operationId } = spec
    return [
      {
        method: method.toUpperCase(),
        path,
        id: typeof operationId === 'string' ? operationId : `${method} ${path}`,
        parameters: [...parameters.values()],
        spec,
        servers: [spec, item, whole].map(({ servers }) => listOf(servers)).find(isFull) ?? [],
        security: listOf(spec['security'] ?? whole['security']),
      },
    ]
  })
}

function isFull(list: readonly Json[]): boolean {
  return list.length > 0
}

/** The items of a list; nothing for what is none. */
export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

/** A text; empty for what is none. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
