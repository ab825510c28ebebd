/**
 * The edits that take a part of a list or mapping out of a file, with its own comments.
 */
import type { TextEdit } from '#engine/core/problem.ts'
import type { List, Mapping } from '#engine/dsl/text/tree.ts'

import { inlineEnd, replace, setValue } from './change.ts'
import {
  countOf,
  endOf,
  isLineStart,
  leadOf,
  linesOf,
  Refusal,
  startOf,
  valueOf,
  type Ground,
  type Slot,
} from './slot.ts'
import { isBlock, lineEnd, lineStart, nextLine } from './style.ts'

/** Takes out one part; the last one leaves `[]` or `{}`, for which `slot` is the place. */
export function removePart(
  ground: Ground,
  part: { readonly holder: List | Mapping; readonly index: number },
  slot: Slot | undefined,
): readonly TextEdit[] {
  const { holder, index } = part
  if (countOf(holder) === 1 && isBlock(ground.text, holder)) {
    if (slot === undefined) throw new Refusal('A file cannot lose all it holds.')
    return removeOnly(ground, holder, slot)
  }
  return isBlock(ground.text, holder)
    ? removeLines(ground, holder, index)
    : removeInline(ground, holder, index)
}

function removeOnly(ground: Ground, holder: List | Mapping, slot: Slot): readonly TextEdit[] {
  const { from, start, to } = linesOf(ground, holder, 0)
  const lead = leadOf(ground, slot)
  if (lead === undefined || !isLineStart(ground.text, start)) {
    return setValue(ground, slot, holder.kind === 'list' ? [] : {})
  }
  return [replace(lead, lead, holder.kind === 'list' ? ' []' : ' {}'), replace(from, to, '')]
}

function removeLines(ground: Ground, holder: List | Mapping, index: number): readonly TextEdit[] {
  const { text, style } = ground
  const { from, start, to } = linesOf(ground, holder, index)
  if (isLineStart(text, start)) {
    const floor = index === 0 ? from : endOf(text, valueOf(holder, index - 1))
    return [replace(...withoutBlank({ text, from, to, floor }), '')]
  }
  const next = startOf(ground, holder, index + 1)
  if (!text.slice(endOf(text, valueOf(holder, index)), next).includes('#')) {
    return [replace(start, next, '')]
  }
  const lead = start - (/ *$/.exec(text.slice(0, start))?.[0].length ?? 0)
  return [replace(lead, to, style.eol)]
}

/** Of the empty lines above and below a part, one side goes with it. */
function withoutBlank(lines: {
  readonly text: string
  readonly from: number
  readonly to: number
  readonly floor: number
}): [number, number] {
  const { text, from, to, floor } = lines
  const isBlank = (at: number): boolean =>
    /^[ \t]*\r?$/.test(text.slice(at, lineEnd(text, at) + 1).replace(/\n$/, ''))
  let above = from
  while (above > 0) {
    const one = lineStart(text, above - 1)
    if (one < floor || !isBlank(one)) break
    above = one
  }
  if (above === from) return [from, to]
  if (to >= text.length) return [above, to]
  let below = to
  while (below < text.length && isBlank(below)) below = nextLine(text, below)
  return below === to ? [from, to] : [from, below]
}

function removeInline(ground: Ground, holder: List | Mapping, index: number): readonly TextEdit[] {
  const { text } = ground
  const start = startOf(ground, holder, index)
  const end = inlineEnd(holder, index)
  const comma = commaAfter(text, end)
  if (index + 1 < countOf(holder)) {
    const next = startOf(ground, holder, index + 1)
    const isPlain = !text.slice(end, next).includes('#')
    return [replace(start, isPlain ? next : (comma ?? end) + 1, '')]
  }
  if (index === 0) {
    const isAll = /^[[{]\s*$/.test(text.slice(holder.start, start))
    const rest = text.slice(end, holder.end)
    if (isAll && /^\s*,?\s*[\]}]$/.test(rest)) {
      return [replace(holder.start + 1, holder.end - 1, '')]
    }
    return [replace(start, comma === undefined ? end : comma + 1, '')]
  }
  const before = inlineEnd(holder, index - 1)
  if (!text.slice(before, start).includes('#')) return [replace(before, end, '')]
  return [replace(start, comma === undefined ? end : comma + 1, '')]
}

/** The comma that follows `at`, past spaces and comments. */
function commaAfter(text: string, at: number): number | undefined {
  for (let i = at; i < text.length; i++) {
    const char = text.charAt(i)
    if (char === ',') return i
    if (char === '#') i = lineEnd(text, i)
    else if (!/\s/.test(char)) return undefined
  }
  return undefined
}
