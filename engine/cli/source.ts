/**
 * The text of a file by lines: where an offset is, and how a line looks on a terminal.
 *
 * What it shows is always safe to print: control and bidirectional characters of a
 * user's file come out as escapes, so no file can drive the terminal or hide its text.
 */
import type { Span } from '#engine/core/problem.ts'
import { indexLines } from '#engine/dsl/text/lines.ts'

export interface Place {
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 code units, as editors count. */
  readonly column: number
}

export interface Source {
  place(offset: number): Place
  /** A line without its end; empty for a line that does not exist. */
  line(number: number): string
}

/** Indexes the lines of `text` once. */
export function openSource(text: string): Source {
  const lines = indexLines(text)
  return {
    place: (offset) => {
      const { line } = lines.position(offset)
      return { line, column: Math.min(offset, text.length) - lines.span(line).start + 1 }
    },
    line: (number) => lines.text(number),
  }
}

export interface Excerpt {
  readonly text: string
  /** Columns of the terminal before the mark, and under it. At least one is under it. */
  readonly before: number
  readonly under: number
}

/** One line, safe to print and cut to `columnsMax`, with the place of the mark in terminal columns. */
export function excerpt(line: string, mark: Span, columnsMax: number): Excerpt {
  const start = Math.min(mark.start, line.length)
  const end = Math.min(Math.max(mark.end, start), line.length)
  let [before, under, after] = [line.slice(0, start), line.slice(start, end), line.slice(end)].map(
    printable,
  ) as [string, string, string]
  const room = Math.max(columnsMax, 20)
  if (widthOf(before) + widthOf(under) + widthOf(after) > room) {
    before = cutLeft(before, Math.max(Math.floor(room / 2) - 2, room - widthOf(under) - 8))
    under = cutRight(under, room - widthOf(before))
    after = cutRight(after, room - widthOf(before) - widthOf(under))
  }
  return {
    text: before + under + after,
    before: widthOf(before),
    under: Math.max(widthOf(under), 1),
  }
}

/** Escapes what a terminal would obey or hide; tabs become two spaces. */
export function printable(text: string): string {
  return text.replaceAll('\t', '  ').replace(
    // eslint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/gu,
    (char) => `\\u{${char.charCodeAt(0).toString(16)}}`,
  )
}

/** The same for text of several lines: line ends stay. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

let segmenter: Intl.Segmenter | undefined

/** What a reader sees as characters. Made with its first use: it takes ten milliseconds. */
function charactersOf(text: string): readonly string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

const isWide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u

/** How many columns of a terminal `text` takes. */
export function widthOf(text: string): number {
  // eslint-disable-next-line no-control-regex
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length
  let width = 0
  for (const character of charactersOf(text)) width += isWide.test(character) ? 2 : 1
  return width
}

/** Keeps the left part of `text` within `columns`; an ellipsis says that there was more. */
export function cutRight(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  return columns < 1 ? '' : take(charactersOf(text), columns - 1) + '…'
}

function cutLeft(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  const reversed = charactersOf(text).toReversed()
  const kept = take(reversed, columns - 1)
  return '…' + charactersOf(kept).toReversed().join('')
}

function take(graphemes: readonly string[], columns: number): string {
  let text = ''
  let width = 0
  for (const grapheme of graphemes) {
    width += widthOf(grapheme)
    if (width > columns) break
    text += grapheme
  }
  return text
}
