/**
 * Writes values as YAML that reads as the same values again, in the style of a file.
 *
 * What it writes needs no feature that `text.ts` refuses. It writes new text only; text
 * that is there is moved by range and never printed again.
 */
import { isObject, type Json } from '#engine/core/json.ts'
import { findSuspicious } from '#engine/dsl/text/characters.ts'

import type { Style } from './style.ts'

/** Longer lists and mappings of scalars get a line per part. */
const shortCharsMax = 60

/** A value on one line, as it may stand between brackets. */
export function printInline(value: Json, quote?: Quote): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => printInline(item)).join(', ')}]`
  if (isObject(value)) {
    const entries = Object.entries(value).map(([key, part]) => {
      return `${printText(key, { isInline: true })}: ${printInline(part)}`
    })
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
  }
  if (typeof value === 'string') return printText(value, { isInline: true, quote })
  return JSON.stringify(value)
}

export type Quote = '"' | "'" | undefined

/** A text on one line: plain where that reads as the same text, otherwise quoted. */
export function printText(
  text: string,
  { isInline, quote }: { readonly isInline: boolean; readonly quote?: Quote },
): string {
  const isBare = plainDigits.test(text) || (isInline ? plainInline : plain).test(text)
  const isPlain = quote === undefined && isBare
  if (isPlain && !/^(?:null|true|false|yes|no|on|off|~)$/i.test(text) && !/: |:$| #/.test(text)) {
    return text
  }
  const isSimple = text.search(special) === -1 && findSuspicious(text, 1).length === 0
  if (isSimple && quote !== '"') return `'${text.replaceAll("'", "''")}'`
  const all = isSimple ? special : /[\p{C}\p{Zl}\p{Zp}]/gu
  return JSON.stringify(text).replaceAll(all, (char) => escaped(char))
}

/** Starts with a letter, a path or an expression, and ends with something to see. */
const plain =
  /^(?:[A-Za-z_/]|\.{1,2}\/|\.(?!inf|nan)[a-z]|\$\{\{)(?:[^\p{C}\p{Zl}\p{Zp}\p{Zs}]| (?=\S))*$/u
const plainInline =
  /^(?:[A-Za-z_/]|\.{1,2}\/|\.(?!inf|nan)[a-z])(?:[\w./@^~*+=()$-]|:(?=\S)| (?=[\w./]))*$/u
/** Durations, sizes and versions; never what any reader of YAML takes for a number or a date. */
const plainDigits = /^(?:\d{1,9}(?!e\d|[xo])[A-Za-z][\w.-]*|\d{1,9}\.\d{1,9}\.\d[\w.-]*)$/
/** What cannot stand between single quotes, or a reader would not see; but for joiners in emoji. */
const special = /(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/gu

function escaped(char: string): string {
  return [...Array(char.length).keys()]
    .map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`)
    .join('')
}

interface Place {
  readonly style: Style
  /** The column of the key or dash in front of the value. */
  readonly column: number
}

/** What follows a `key:`, from the space or line break on; without a line break at its end. */
export function printAfterKey(value: Json, { style, column }: Place, quote?: Quote): string {
  const isList = Array.isArray(value)
  if (isShort(value)) return ` ${printScalar(value, { style, column }, quote)}`
  const inner = column + (isList ? style.dash : style.step)
  return style.eol + printLines(value, { style, column: inner })
}

/** What follows a dash, from the space on; the dash stands at `column`. */
export function printAfterDash(value: Json, { style, column }: Place, quote?: Quote): string {
  if (isShort(value)) return ` ${printScalar(value, { style, column }, quote)}`
  const lines = printLines(value, { style, column: column + 2 })
  return ` ${lines.slice(column + 2)}`
}

/** A list or mapping as lines whose keys or dashes stand at `column`. */
export function printLines(value: Json, { style, column }: Place): string {
  const lead = ' '.repeat(column)
  const parts = Array.isArray(value)
    ? value.map((item: Json) => `${lead}-${printAfterDash(item, { style, column })}`)
    : Object.entries(value ?? {}).map(([key, part]) => {
        const name = printText(key, { isInline: true })
        return `${lead}${name}:${printAfterKey(part as Json, { style, column })}`
      })
  return parts.join(style.eol)
}

/** Whether a value goes behind its key, on the same line. */
function isShort(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true
  const parts: readonly Json[] = Object.values(value)
  if (parts.length === 0) return true
  if (parts.some((part) => typeof part === 'object' && part !== null)) return false
  if (!Array.isArray(value) && !(parts.length === 1 && 'secret' in value)) return false
  return printInline(value).length <= shortCharsMax
}

function printScalar(value: Json, place: Place, quote: Quote): string {
  if (typeof value !== 'string') return printInline(value)
  const { style, column } = place
  if (!isBlockText(value)) return printText(value, { isInline: false, quote })
  const lead = ' '.repeat(column + style.step)
  const lines = value.replace(/\n$/, '').split('\n')
  const indented = lines.map((line) => (line === '' ? '' : lead + line))
  return [value.endsWith('\n') ? '|' : '|-', ...indented].join(style.eol)
}

/** Whether a text of several lines can stand below `|` and read as itself. */
function isBlockText(text: string): boolean {
  if (!text.includes('\n') || /^[\s]|\n\n$|^\n*$/.test(text)) return false
  return text.split('\n').every((line) => !/^\s+$/.test(line) && !/\p{C}|\p{Zl}|\p{Zp}/u.test(line))
}
