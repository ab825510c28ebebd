/**
 * The steps of a flow document by id, each without the steps inside it.
 *
 * Works on the document and not on the compiled flow, so that a flow that does not compile
 * can be compared too. A block is a list of mappings that all have an id, wherever it stands.
 */
import { isObject, type Json, type JsonObject, pointer, wordOf } from '#engine/core/json.ts'
import { parseTemplate, refsOf } from '#engine/dsl/template.ts'

export interface StepAt {
  readonly id: string
  /** JSON Pointer of the step in the document. */
  readonly at: string
  /** The step without the blocks inside it. */
  readonly own: JsonObject
  /** The step it is in and the branch of that; empty at the top. */
  readonly within: string
  /** The id of the step before it in its block. */
  readonly after: string | undefined
  /** Ids of the steps whose output it reads. */
  readonly reads: readonly string[]
}

/** Keys of a step that say how it runs, and not what it does. */
const manners = new Set([
  'id',
  'description',
  'with',
  'retry',
  'timeout',
  'output',
  'idempotency',
  'compensate',
  'cache',
  'then',
  'else',
])

/** Keys whose value is data or a schema: a list of things with ids in it is no block. */
const data = new Set(['with', 'let', 'return', 'in', 'output', 'inputs', 'form', 'data', 'emit'])

/** Every step of `flow`, outer ones first, in the order of the file. */
export function stepsOf(flow: JsonObject): ReadonlyMap<string, StepAt> {
  const found = new Map<string, StepAt>()
  for (const key of ['steps', 'on_failure']) {
    const block = flow[key]
    if (isBlock(block)) walk(found, block, { at: pointer(key), within: '' })
  }
  return found
}

/** What a step does, in a few words: `use std/http/get`. */
export function doingOf(own: JsonObject): string {
  const kind = Object.keys(own).find((key) => !manners.has(key)) ?? 'nothing'
  const value = own[kind]
  const isShort = typeof value === 'string' && !value.includes('\n') && value.length <= 60
  return isShort ? `${kind} ${value}` : kind
}

function walk(
  found: Map<string, StepAt>,
  block: readonly JsonObject[],
  place: { readonly at: string; readonly within: string },
): void {
  let after: string | undefined
  for (const [index, step] of block.entries()) {
    const id = wordOf(step['id'])
    const at = `${place.at}/${index}`
    const inner: { path: string; block: readonly JsonObject[] }[] = []
    const own = withoutBlocks(step, '', inner) as JsonObject
    const { template } = parseTemplate(own, at)
    if (!found.has(id))
      found.set(id, { id, at, own, within: place.within, after, reads: refsOf(template) })
    for (const one of inner)
      walk(found, one.block, { at: at + one.path, within: `${id}${one.path}` })
    after = id
  }
}

function withoutBlocks(
  value: Json,
  path: string,
  inner: { path: string; block: readonly JsonObject[] }[],
): Json {
  if (isBlock(value)) {
    inner.push({ path, block: value })
    return null
  }
  if (Array.isArray(value))
    return value.map((one: Json, i) => withoutBlocks(one, `${path}/${i}`, inner))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      data.has(key) ? one : withoutBlocks(one as Json, path + pointer(key), inner),
    ]),
  )
}

function isBlock(value: Json | undefined): value is readonly JsonObject[] & Json {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one: Json) => isObject(one) && typeof one['id'] === 'string')
  )
}
