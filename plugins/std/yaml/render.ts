/** Writes a value as YAML that every reader, also one of YAML 1.1, takes for the same value. */
import type { Json, JsonObject } from 'ionflux/plugin'

export interface Style {
  readonly indent: number
  /** Lines longer than this are not made shorter; lists of scalars up to it stay on one line. */
  readonly width: number
}

const depthMax = 100

export class TooDeep extends Error {}

export function render(value: Json, style: Style): string {
  const text = isBlockText(value) ? blockText(value as string, { style, depth: 0 }) : undefined
  if (text !== undefined) return text
  if (isScalar(value) || isEmpty(value)) return `${scalar(value)}\n`
  return lines(value, { style, depth: 0 })
}

interface At {
  readonly style: Style
  readonly depth: number
}

function lines(value: Json, at: At): string {
  if (at.depth > depthMax) throw new TooDeep()
  const pad = ' '.repeat(at.style.indent * at.depth)
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item) => `${pad}-${after(item, at, true)}`).join('')
  }
  return Object.entries(value as JsonObject)
    .map(([key, member]) => `${pad}${keyText(key)}:${after(member, at, false)}`)
    .join('')
}

/** What stands behind a dash or a colon, with the end of its line. */
function after(value: Json, { style, depth }: At, isItem: boolean): string {
  const deeper = { style, depth: depth + 1 }
  if (isBlockText(value)) return ` ${blockText(value as string, deeper)}`
  if (isScalar(value) || isEmpty(value)) return ` ${scalar(value)}\n`
  const row = Array.isArray(value) ? flowRow(value as readonly Json[], style) : undefined
  if (row !== undefined) return ` ${row}\n`
  const text = lines(value, deeper)
  // The first line of an item stands behind its dash.
  return isItem
    ? ` ${' '.repeat(Math.max(0, style.indent - 2))}${text.slice(style.indent * deeper.depth)}`
    : `\n${text}`
}

function flowRow(items: readonly Json[], { width }: Style): string | undefined {
  if (
    !items.every((item) => typeof item === 'number' || typeof item === 'boolean' || item === null)
  )
    return undefined
  const row = `[${items.map(scalar).join(', ')}]`
  return row.length <= width / 2 ? row : undefined
}

function isScalar(value: Json): boolean {
  return typeof value !== 'object' || value === null
}

function isEmpty(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function scalar(value: Json): string {
  if (typeof value === 'string') return isPlain(value) ? value : quote(value)
  return JSON.stringify(value)
}

function keyText(key: string): string {
  return isPlain(key) && key.length < 128 ? key : quote(key)
}

/** Text that no reader takes for something else: also not YAML 1.1, where `no`, `1_0` and `12:30` are no text. */
function isPlain(text: string): boolean {
  if (!/^[\p{L}_/$.][\p{L}\p{N}_/$.@+()*=;,~^'"!?&<>|%\\ -]*$/u.test(text) || text.endsWith(' '))
    return false
  if (/ {2}|[\u2028\u2029\ufeff]/.test(text)) return false
  return !/^(?:null|true|false|yes|no|on|off|y|n|[-+.\d_]*(?:inf|nan)|\.[\d_.e+-]*|\.\.\.|=|<<)$/i.test(
    text,
  )
}

function quote(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Several lines that a block can hold without a change. */
function isBlockText(value: Json): boolean {
  return (
    typeof value === 'string' &&
    /[^\n]\n./s.test(value) &&
    // oxlint-disable-next-line no-control-regex -- a block cannot hold them
    !/^[\n \t]|[ \t](?:\n|$)|[\0-\b\v-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/.test(
      value,
    ) &&
    value.isWellFormed()
  )
}

function blockText(text: string, { style, depth }: At): string {
  const pad = ' '.repeat(style.indent * Math.max(depth, 1))
  const end = /\n*$/.exec(text)?.[0].length ?? 0
  const mark = end === 0 ? '|-' : end === 1 ? '|' : '|+'
  const body = text.slice(0, text.length - end).split('\n')
  const rows = body.map((line) => (line === '' ? '\n' : `${pad}${line}\n`))
  return `${mark}\n${rows.join('')}${'\n'.repeat(Math.max(0, end - 1))}`
}
