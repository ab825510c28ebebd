/** Writes blocks as CommonMark with tables. Everything but `raw` is escaped. */
import { codeBlock, codeSpan, escapeMarkdown, linkTarget } from './escape.ts'

interface Part {
  readonly strong?: string
  readonly emphasis?: string
  readonly code?: string
  readonly link?: string
  readonly text?: string
}
type Inline = string | Part | readonly (string | Part)[]
type Item = Inline | { readonly item: Inline; readonly list: readonly Item[] }
type Align = 'left' | 'center' | 'right' | 'none'

interface Table {
  readonly columns: readonly Inline[]
  readonly rows: readonly (readonly Inline[])[]
  readonly align?: readonly Align[]
}

export interface Block {
  readonly heading?: Inline
  readonly level?: number
  readonly text?: Inline
  readonly list?: readonly Item[]
  readonly ordered?: boolean
  readonly table?: Table
  readonly code?: string
  readonly language?: string
  readonly quote?: Inline
  readonly rule?: true
  readonly raw?: string
}

/** Ends the action. */
type Fail = (code: string, message: string) => never

export function writeBlocks(blocks: readonly Block[], fail: Fail): string {
  const written = blocks.map((block) => writeBlock(block, fail)).filter((text) => text !== '')
  return written.length === 0 ? '' : `${written.join('\n\n')}\n`
}

function writeBlock(block: Block, fail: Fail): string {
  if (block.heading !== undefined) {
    return `${'#'.repeat(block.level ?? 2)} ${inline(block.heading, fail)}`.trimEnd()
  }
  if (block.text !== undefined) return inline(block.text, fail)
  if (block.list !== undefined)
    return writeList(block.list, block.ordered === true, fail).join('\n')
  if (block.table !== undefined) return writeTable(block.table, fail)
  if (block.code !== undefined) return codeBlock(block.code, block.language ?? '')
  if (block.quote !== undefined) return `> ${inline(block.quote, fail)}`
  if (block.rule === true) return '---'
  if (block.raw !== undefined) return block.raw.trim()
  return fail(
    'block_unknown',
    'A block has one of heading, text, list, table, code, quote, rule and raw.',
  )
}

function writeList(items: readonly Item[], isOrdered: boolean, fail: Fail): readonly string[] {
  return items.flatMap((item, index) => {
    const mark = isOrdered ? `${index + 1}. ` : '- '
    if (!isNested(item)) return [mark + inline(item, fail)]
    const indent = ' '.repeat(mark.length)
    const below = writeList(item.list, false, fail).map((line) => indent + line)
    return [mark + inline(item.item, fail), ...below]
  })
}

function isNested(item: Item): item is { readonly item: Inline; readonly list: readonly Item[] } {
  return typeof item === 'object' && 'item' in item
}

const rules: Readonly<Record<Align, string>> = {
  left: ':---',
  center: ':---:',
  right: '---:',
  none: '---',
}

function writeTable({ columns, rows, align = [] }: Table, fail: Fail): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const head = columns.map((cell) => inline(cell, fail))
  const body = rows.map((row, index) => {
    if (row.length > columns.length) {
      fail(
        'row_too_long',
        `Row ${index + 1} of the table has ${row.length} cells for ${columns.length} columns.`,
      )
    }
    return line(columns.map((_, column) => inCell(row[column] ?? '', fail)))
  })
  return [
    line(head),
    line(columns.map((_, column) => rules[align[column] ?? 'none'])),
    ...body,
  ].join('\n')
}

/** A pipe ends a cell even inside code, so it gets its backslash there too. */
function inCell(content: Inline, fail: Fail): string {
  return inline(content, fail).replaceAll(/(?<!\\)\|/g, '\\|')
}

function inline(content: Inline, fail: Fail): string {
  if (typeof content === 'string') return escapeMarkdown(content)
  const parts = Array.isArray(content) ? (content as readonly (string | Part)[]) : [content as Part]
  return parts.map((part, index) => inlinePart(part, index === 0, fail)).join('')
}

function inlinePart(part: string | Part, isFirst: boolean, fail: Fail): string {
  if (typeof part === 'string') return isFirst ? escapeMarkdown(part) : escapeInside(part)
  if (part.link !== undefined) {
    const target = linkTarget(part.link)
    if (target === undefined) {
      return fail('link_refused', `"${part.link}" is no http, https, mailto or relative address.`)
    }
    return `[${escapeInside(part.text ?? part.link)}](${target})`
  }
  if (part.strong !== undefined) return around('**', part.strong)
  if (part.emphasis !== undefined) return around('*', part.emphasis)
  if (part.code !== undefined) return codeSpan(part.code)
  return escapeInside(part.text ?? '')
}

/** Text that does not begin a line: a dash there is a dash. */
function escapeInside(text: string): string {
  const space = /^\s*/.exec(text)?.[0] === '' ? '' : ' '
  return space + escapeMarkdown(`x${text.trimStart()}`).slice(1)
}

/** Emphasis must hug its text; the space moves outside. */
function around(mark: string, text: string): string {
  const inner = text.trim()
  if (inner === '') return text
  const start = text.length - text.trimStart().length
  const end = text.trimEnd().length
  return text.slice(0, start) + mark + escapeInside(inner) + mark + text.slice(end)
}
