/**
 * Where the parts of a file stand, as an editor needs it: which lines or characters an
 * entry or an item takes, with the comments that are its own.
 */
import type { Problem } from '#engine/core/problem.ts'
import { keyName, type List, type Mapping, type Tree } from '#engine/dsl/text/tree.ts'

import { columnOf, isBlock, lineEnd, lineStart, nextLine, type Style } from './style.ts'

/** A file under edit. */
export interface Ground {
  readonly text: string
  readonly tree: Tree
  readonly style: Style
}

/** A place that holds a value: behind a key or a dash, or between brackets. */
export interface Slot {
  readonly value: Tree
  /** The list or mapping around it, and which of its parts this is. */
  readonly holder: List | Mapping
  readonly index: number
}

/** Thrown inside this folder where an edit cannot be made with certainty; `patch.ts` returns it. */
export class Refusal extends Error {
  readonly help: string | undefined
  constructor(reason: string, help?: string) {
    super(reason)
    this.help = help
  }
  problem(at: string): Problem {
    const { message, help } = this
    const bare = { code: 'DSL_EDIT_REFUSED', severity: 'error', message, at } as const
    return help === undefined ? bare : { ...bare, help }
  }
}

/** The value that the segments name; undefined for the root and for what is not there. */
export function findSlot(root: Tree, at: readonly string[]): Slot | undefined {
  let slot: Slot | undefined
  let tree = root
  for (const part of at) {
    const found = partOf(tree, part)
    if (found === undefined) return undefined
    slot = found
    tree = found.value
  }
  return slot
}

function partOf(holder: Tree, name: string): Slot | undefined {
  if (holder.kind === 'scalar') return undefined
  if (holder.kind === 'list') {
    const value = holder.items[Number(name)]
    return value === undefined ? undefined : { value, holder, index: Number(name) }
  }
  const index = holder.entries.findIndex(({ key }) => keyName(key) === name)
  const value = holder.entries[index]?.value
  return value === undefined ? undefined : { value, holder, index }
}

export function countOf(holder: List | Mapping): number {
  return holder.kind === 'list' ? holder.items.length : holder.entries.length
}

/** Where the key or the dash of a part starts; of an item between brackets, its value. */
export function startOf({ text }: Ground, holder: List | Mapping, index: number): number {
  if (holder.kind === 'mapping') return holder.entries[index]?.key.start ?? holder.start
  const item = holder.items[index]
  if (!isBlock(text, holder)) return item?.start ?? holder.start
  if (index === 0) return holder.start
  const before = holder.items[index - 1]
  const column = columnOf(text, holder.start)
  let at = before === undefined ? holder.start : afterPart(text, endOf(text, before))
  while (at < text.length) {
    if (/^ *-$/.test(text.slice(at, at + column + 1))) return at + column
    at = nextLine(text, at)
  }
  throw new Refusal('The list is written in a way that cannot be edited.')
}

/** Where the colon or the dash in front of a value ends; undefined for a bare `{ key }`. */
export function leadOf(ground: Ground, { holder, index }: Slot): number | undefined {
  if (holder.kind === 'list') return startOf(ground, holder, index) + 1
  const key = holder.entries[index]?.key
  if (key === undefined) return undefined
  const between = /^[ \t]*:/.exec(ground.text.slice(key.end))
  return between === null ? undefined : key.end + between[0].length
}

/** Where the last character of a value is, nested ones included. */
export function endOf(text: string, tree: Tree): number {
  if (tree.kind === 'scalar' || !isBlock(text, tree)) return tree.end
  const last = tree.kind === 'list' ? tree.items.at(-1) : tree.entries.at(-1)?.value
  return last === undefined ? tree.end : endOf(text, last)
}

/** Where the line after a value that ends at `end` starts; a block text ends with its line. */
export function afterPart(text: string, end: number): number {
  return text.charAt(end - 1) === '\n' ? end : nextLine(text, end)
}

export function valueOf(holder: List | Mapping, index: number): Tree {
  const value = holder.kind === 'list' ? holder.items[index] : holder.entries[index]?.value
  if (value === undefined) throw new Refusal('There is nothing at this place.')
  return value
}

/** Whether nothing but spaces stands before `at` on its line. */
export function isLineStart(text: string, at: number): boolean {
  return /^ *$/.test(text.slice(lineStart(text, at), at))
}

/**
 * The lines of one part of a list or mapping, with the comments right above it that are
 * indented like it. `from` is inside a line where the part shares one with what is around it.
 */
export function linesOf(
  ground: Ground,
  holder: List | Mapping,
  index: number,
): { readonly from: number; readonly start: number; readonly to: number } {
  const { text } = ground
  const start = startOf(ground, holder, index)
  const to = afterPart(text, endOf(text, valueOf(holder, index)))
  if (!isLineStart(text, start)) return { from: start, start, to }
  const isTop = holder === ground.tree && index === 0
  return { from: isTop ? lineStart(text, start) : aboveComments(text, start), start, to }
}

function aboveComments(text: string, start: number): number {
  const column = columnOf(text, start)
  let from = lineStart(text, start)
  while (from > 0) {
    const above = lineStart(text, from - 1)
    const line = text.slice(above, lineEnd(text, above))
    if (!line.startsWith(`${' '.repeat(column)}#`)) break
    from = above
  }
  return from
}
