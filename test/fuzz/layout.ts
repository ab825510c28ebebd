/**
 * Writes a value as YAML in a random style: indents, quotes, brackets, comments, blank
 * lines. What it writes reads as the value; which comment stands where is of no matter.
 */
import { isObject, type Json } from '#engine/core/json.ts'

/** A stream of choices: the next one below `n`. */
export type Choose = (n: number) => number

export interface Layout {
  readonly step: number
  readonly dash: number
  readonly eol: string
}

export function layout(value: Json, choose: Choose): string {
  const style: Layout = {
    step: 2 + choose(3),
    dash: choose(3),
    eol: choose(8) === 0 ? '\r\n' : '\n',
  }
  const head = choose(3) === 0 ? `# head ${choose(100)}${style.eol}${style.eol}` : ''
  const lines = block(value, 0, { style, choose })
  const tail = choose(4) === 0 ? `${style.eol}${style.eol}# tail` : ''
  const end = choose(5) === 0 ? '' : style.eol
  return head + lines.join(style.eol) + tail + end
}

interface Writing {
  readonly style: Layout
  readonly choose: Choose
}

/** A list or mapping as lines at `column`. */
function block(value: Json, column: number, writing: Writing): string[] {
  const { style, choose } = writing
  const lead = ' '.repeat(column)
  const lines: string[] = []
  const isList = Array.isArray(value)
  const parts: readonly (readonly [string, Json])[] = isList
    ? value.map((item: Json) => ['', item] as const)
    : (Object.entries(value ?? {}) as [string, Json][])
  parts.forEach(([key, part], i) => {
    if (i > 0 && choose(6) === 0) lines.push('')
    if (choose(6) === 0) lines.push(`${lead}# above ${choose(100)}`)
    const head = isList ? `${lead}-` : `${lead}${name(key, choose)}:`
    lines.push(...behind(head, part, { column, isList }, writing))
  })
  return style.step > 0 ? lines : []
}

function behind(
  head: string,
  value: Json,
  { column, isList }: { readonly column: number; readonly isList: boolean },
  writing: Writing,
): string[] {
  const { style, choose } = writing
  const trail = choose(6) === 0 ? `${' '.repeat(1 + choose(3))}# trail ${choose(100)}` : ''
  if (typeof value === 'string' && value.includes('\n') && choose(2) === 0 && isBlockText(value)) {
    const inner = ' '.repeat(column + style.step)
    const body = value.replace(/\n$/, '').split('\n')
    const mark = value.endsWith('\n') ? '|' : '|-'
    return [`${head} ${mark}${trail}`, ...body.map((line) => (line === '' ? '' : inner + line))]
  }
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
  if (typeof value !== 'object' || value === null || isEmpty || choose(5) === 0) {
    const gap = ' '.repeat(1 + (choose(5) === 0 ? choose(4) : 0))
    const bare = value === null && choose(2) === 0
    return [bare ? head + trail : `${head}${gap}${inline(value, choose)}${trail}`]
  }
  if (isList) {
    const lines = block(value, column + 2, { ...writing, choose })
    const first = lines.findIndex((line) => line.trim() !== '' && !line.trim().startsWith('#'))
    if (first !== 0) return [`${head}${trail}`, ...lines]
    return [`${head} ${(lines[0] ?? '').slice(column + 2)}`, ...lines.slice(1)]
  }
  const inner = column + (Array.isArray(value) ? style.dash : style.step)
  return [`${head}${trail}`, ...block(value, inner, writing)]
}

function isBlockText(text: string): boolean {
  return !/^\s|\n\n$/.test(text) && text.split('\n').every((line) => !/^\s+$|[^ -~]/.test(line))
}

/** On one line, between brackets or as a scalar. */
function inline(value: Json, choose: Choose): string {
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => inline(item, choose))
    return `[${items.join(choose(2) === 0 ? ', ' : ',')}${items.length > 0 && choose(6) === 0 ? ',' : ''}]`
  }
  if (isObject(value)) {
    const pad = choose(2) === 0 ? ' ' : ''
    const entries = Object.entries(value).map(
      ([k, v]) => `${name(k, choose)}: ${inline(v, choose)}`,
    )
    return entries.length === 0 ? '{}' : `{${pad}${entries.join(', ')}${pad}}`
  }
  if (typeof value !== 'string') return JSON.stringify(value)
  const isPlain =
    /^[a-z][a-z0-9 ./_-]*[a-z0-9]$/.test(value) &&
    !/^(?:null|true|false|yes|no|on|off)$/.test(value)
  if (isPlain && choose(3) > 0) return value
  return choose(2) === 0 && /^[ -~]*$/.test(value)
    ? `'${value.replaceAll("'", "''")}'`
    : JSON.stringify(value)
}

function name(key: string, choose: Choose): string {
  const isPlain = /^[a-z][a-z0-9_]*$/.test(key) && !/^(?:null|true|false|yes|no|on|off)$/.test(key)
  return isPlain && choose(5) > 0 ? key : JSON.stringify(key)
}
