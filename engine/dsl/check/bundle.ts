/**
 * Closes a schema in itself: the files that its `$ref`s name are taken in as `$defs`.
 *
 * A plan must mean the same wherever it runs, so it holds no path to a file. What cannot
 * be read stays as it is; `references.ts` says so.
 */
import { isObject, pointer, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import { resolvePath } from '#engine/dsl/path.ts'
import { parseDocument } from '#engine/dsl/text.ts'

export interface BundleFiles {
  /** Path of the file that holds the schema. */
  readonly file: string
  readText(path: string): string | undefined
}

/** The same schema without a reference to a file. */
export function bundleSchema(schema: JsonObject, { file, readText }: BundleFiles): JsonObject {
  const bundle: Bundle = { readText, taken: new Map() }
  const root = rewrite(bundle, schema, { file, base: '' }) as JsonObject
  if (bundle.taken.size === 0) return schema
  const own = isObject(root['$defs']) ? root['$defs'] : {}
  return { ...root, $defs: { ...own, ...Object.fromEntries(bundle.taken) } }
}

interface Bundle {
  readonly readText: BundleFiles['readText']
  /** Schemas of files by path; null while one is being read, so that circles end. */
  readonly taken: Map<string, Json>
}

interface Origin {
  readonly file: string
  /** Where the schemas of this file are in the bundle; empty for the first. */
  readonly base: string
}

function rewrite(bundle: Bundle, value: Json, origin: Origin): Json {
  if (Array.isArray(value)) return value.map((item: Json) => rewrite(bundle, item, origin))
  if (!isObject(value)) return value
  const entries = Object.entries(value).flatMap(([key, part]): [string, Json][] => {
    if (key === '$ref' && typeof part === 'string') return [[key, newRef(bundle, part, origin)]]
    // The names of a file's own are of no use in a bundle, and two files may share them.
    const isName = key === '$id' || key === '$schema'
    return origin.base !== '' && isName ? [] : [[key, rewrite(bundle, part, origin)]]
  })
  return Object.fromEntries(entries)
}

function newRef(bundle: Bundle, ref: string, { file, base }: Origin): string {
  const [path = '', fragment = ''] = ref.split('#', 2)
  if (path === '') return base === '' || !/^\/|^$/.test(fragment) ? ref : `#${base}${fragment}`
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return ref
  const target = resolvePath(file, path)
  if (target === undefined || !take(bundle, target)) return ref
  return `#${pointer('$defs', target)}${fragment}`
}

/** Whether the schema in the file at `path` is in the bundle now. */
function take(bundle: Bundle, path: string): boolean {
  if (bundle.taken.has(path)) return true
  if (bundle.taken.size >= limits.schemaFilesMax) return false
  const text = bundle.readText(path)
  if (text === undefined) return false
  const { value } = parseDocument({ file: path, text })
  if (value === undefined) return false
  bundle.taken.set(path, null)
  bundle.taken.set(path, rewrite(bundle, value, { file: path, base: pointer('$defs', path) }))
  return true
}
