/**
 * The edits that replace a value, add a part or take one out, in the style of the file.
 *
 * Every function gives edits of the text as it is; `patch.ts` checks what comes of them.
 */
import type { Json } from '#engine/core/json.ts'
import type { TextEdit } from '#engine/core/problem.ts'
import type { List, Mapping } from '#engine/dsl/text/tree.ts'

import type { NewItem } from './moved.ts'
import { printAfterDash, printAfterKey, printInline, printText, type Quote } from './print.ts'
import {
  afterPart,
  countOf,
  endOf,
  isLineStart,
  leadOf,
  linesOf,
  startOf,
  Refusal,
  valueOf,
  type Ground,
  type Slot,
} from './slot.ts'
import { columnOf, isBlock, lineEnd, lineStart } from './style.ts'

export function replace(start: number, end: number, text: string): TextEdit {
  return { span: { start, end }, text }
}

// ─── A value ────────────────────────────────────────────────────────────────

/** Puts `value` into a slot; comments around the old one stay. */
export function setValue(ground: Ground, slot: Slot, value: Json): readonly TextEdit[] {
  const { text } = ground
  const { start } = slot.value
  const isEmpty = slot.value.start === slot.value.end
  const quote = isEmpty ? undefined : quoteOf(text, start)
  const lead = leadOf(ground, slot)
  if (!isBlock(text, slot.holder)) {
    const by = printInline(value, quote)
    if (!isEmpty) return [replace(start, slot.value.end, by)]
    const at = lead ?? start
    return [replace(at, at, `${lead === undefined ? ':' : ''} ${by}`)]
  }
  if (lead === undefined) throw new Refusal('This key is written in a way that cannot be edited.')
  const end = endOf(text, slot.value)
  const ownLine = text.charAt(end - 1) === '\n' && !isEmpty ? ground.style.eol : ''
  const gap = isEmpty ? '' : text.slice(lead, start)
  if (gap.includes('#')) return [replace(start, end, printInline(value, quote) + ownLine)]
  const isLines = isBlock(text, slot.value)
  const last = isLines && ownLine === '' ? lineEnd(text, end) : end
  const isFollowed = ownLine === '' && text.slice(last, lineEnd(text, last)).trim() !== ''
  const isBrackets = slot.value.kind !== 'scalar' && !isLines
  const by =
    isFollowed || isBrackets
      ? ` ${printInline(value, quote)}`
      : printInSlot(ground, slot, value, quote)
  const keepsGap = /^ +$/.test(gap) && by.startsWith(' ')
  return [replace(keepsGap ? start : lead, last, (keepsGap ? by.slice(1) : by) + ownLine)]
}

function printInSlot(ground: Ground, { holder, index }: Slot, value: Json, quote: Quote): string {
  const place = {
    style: ground.style,
    column: columnOf(ground.text, startOf(ground, holder, index)),
  }
  return holder.kind === 'list'
    ? printAfterDash(value, place, quote)
    : printAfterKey(value, place, quote)
}

function quoteOf(text: string, start: number): Quote {
  const first = text.charAt(start)
  return first === '"' || first === "'" ? first : undefined
}

// ─── A new part ─────────────────────────────────────────────────────────────

/** The keys of a flow as `fmt` and people order them; a new one goes where it belongs. */
const rootOrder =
  'dsl id description on inputs permissions concurrency rate_limit debounce timeout budget steps on_failure returns outputs'.split(
    ' ',
  )

/** Adds a key that the mapping does not have. */
export function addKey(
  ground: Ground,
  mapping: Mapping,
  { key, value }: { readonly key: string; readonly value: Json },
): readonly TextEdit[] {
  const { text, style } = ground
  const name = printText(key, { isInline: true })
  if (!isBlock(text, mapping)) {
    return [addInline(ground, mapping, countOf(mapping), `${name}: ${printInline(value)}`)]
  }
  const after = mapping === ground.tree ? lastBefore(mapping, key) : countOf(mapping) - 1
  const column = columnOf(text, mapping.start)
  const line = `${' '.repeat(column)}${name}:${printAfterKey(value, { style, column })}`
  return [addLines(ground, afterPart(text, endOf(text, valueOf(mapping, after))), line)]
}

/** The entry of the root after which a new `key` stands. */
function lastBefore({ entries }: Mapping, key: string): number {
  const rank = rootOrder.indexOf(key)
  const found = entries.findLastIndex((entry) => {
    const own = entry.key.kind === 'scalar' ? rootOrder.indexOf(entry.key.source) : -1
    return own !== -1 && own < rank
  })
  return rank === -1 || found === -1 ? entries.length - 1 : found
}

/** Puts an item before the one that is at `index` now. */
export function addItem(
  ground: Ground,
  { list, slot }: { readonly list: List; readonly slot: Slot | undefined },
  { index, item }: { readonly index: number; readonly item: NewItem },
): readonly TextEdit[] {
  const { text, style } = ground
  if (!isBlock(text, list)) {
    return [
      (slot === undefined ? undefined : openList(ground, slot, item)) ??
        addInline(ground, list, index, item.inline),
    ]
  }
  const column = columnOf(text, list.start)
  const lines = item.lines(column)
  if (index === countOf(list)) {
    return [addLines(ground, afterPart(text, endOf(text, valueOf(list, index - 1))), lines)]
  }
  const { from, start } = linesOf(ground, list, index)
  if (isLineStart(text, start)) return [addLines(ground, from, lines)]
  // The first item shares its line with what is around the list.
  if (/^ *#/.test(lines)) throw new Refusal('A comment cannot stand where the list begins.')
  return [replace(start, start, lines.slice(column) + style.eol + ' '.repeat(column))]
}

/** An empty `[]` behind a key becomes lines; undefined where only brackets can stand. */
function openList(ground: Ground, slot: Slot, item: NewItem): TextEdit | undefined {
  const { text, style } = ground
  const lead = leadOf(ground, slot)
  const { value, holder, index } = slot
  const isAlone =
    lead !== undefined &&
    holder.kind === 'mapping' &&
    isBlock(text, holder) &&
    /^ *$/.test(text.slice(lead, value.start)) &&
    /^\[\s*\]$/.test(text.slice(value.start, value.end)) &&
    text.slice(value.end, lineEnd(text, value.end)).trim() === ''
  if (!isAlone) return undefined
  const column = columnOf(text, startOf(ground, holder, index)) + style.dash
  return replace(lead, value.end, style.eol + item.lines(column).replace(/\r?\n$/, ''))
}

/** Whole lines in front of the line that starts at `at`; at the end of a text that has no break there, after it. */
function addLines({ text, style }: Ground, at: number, lines: string): TextEdit {
  const bare = lines.replace(/\r?\n$/, '')
  const isOpen = at === text.length && text !== '' && !text.endsWith('\n')
  return replace(at, at, isOpen ? style.eol + bare : bare + style.eol)
}

/** A part between brackets, before the one that is at `index` now. */
function addInline(ground: Ground, holder: List | Mapping, index: number, part: string): TextEdit {
  const { text } = ground
  if (countOf(holder) === 0) {
    const at = holder.start + 1
    return replace(at, at, holder.kind === 'mapping' ? ` ${part} ` : part)
  }
  if (index < countOf(holder)) {
    const at = startOf(ground, holder, index)
    return replace(at, at, `${part}, `)
  }
  const last = countOf(holder) - 1
  const at = inlineEnd(holder, last)
  const start = startOf(ground, holder, last)
  const isOwnLine = last > 0 && isLineStart(text, start)
  const lead = isOwnLine ? ground.style.eol + text.slice(lineStart(text, start), start) : ' '
  return replace(at, at, `,${lead}${part}`)
}

/** Where a part between brackets ends. */
export function inlineEnd(holder: List | Mapping, index: number): number {
  const { end } = valueOf(holder, index)
  return holder.kind === 'list' ? end : Math.max(end, holder.entries[index]?.key.end ?? end)
}
