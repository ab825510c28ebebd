/** Values as one level of members, named by where they stood. */
import type { Json, JsonObject } from 'ionflux/plugin'

import { escapeSegment, parsePointer } from './pointer.ts'
import { isList, isObject, put } from './value.ts'

/** Leaves by JSON Pointer; empty lists and objects are leaves. */
export function flatten(value: Json): JsonObject {
  const result: JsonObject = {}
  const visit = (at: string, one: Json): void => {
    const members = isList(one)
      ? one.map((item, i) => [String(i), item] as const)
      : isObject(one)
        ? Object.entries(one)
        : []
    if (members.length === 0) put(result, at, one)
    for (const [key, member] of members) visit(`${at}/${escapeSegment(key)}`, member)
  }
  visit('', value)
  return result
}

interface Node {
  readonly members: Map<string, Node>
  leaf: Json | undefined
}

const depthMax = 200

/** The value that `flatten` took apart; undefined where the names do not fit together. */
export function unflatten(flat: JsonObject): Json | undefined {
  const root: Node = { members: new Map(), leaf: undefined }
  for (const [pointer, value] of Object.entries(flat)) {
    const segments = parsePointer(pointer)
    if (segments === undefined || segments.length > depthMax) return undefined
    let node = root
    for (const segment of segments) {
      if (node.leaf !== undefined) return undefined
      const next: Node = node.members.get(segment) ?? { members: new Map(), leaf: undefined }
      node.members.set(segment, next)
      node = next
    }
    if (node.members.size > 0 || node.leaf !== undefined) return undefined
    node.leaf = value
  }
  return build(root)
}

/** Names that count from 0 without a gap make a list. */
function build({ members, leaf }: Node): Json {
  if (leaf !== undefined) return leaf
  const isCounted =
    members.size > 0 &&
    [...members.keys()].every((key) => /^(?:0|[1-9]\d*)$/.test(key) && Number(key) < members.size)
  if (isCounted)
    return Array.from({ length: members.size }, (_, i) => build(members.get(String(i)) as Node))
  const result: JsonObject = {}
  for (const [key, node] of members) put(result, key, build(node))
  return result
}
