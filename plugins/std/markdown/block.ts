/**
 * The blocks of a document: headings, paragraphs, lists, quotes, code, tables, rules.
 *
 * Lines are read once for each level that they are nested in, and levels are bounded.
 */
import { escape } from './escape.ts'
import { inline, type References } from './inline.ts'

const depthMax = 20

/** Lines of one level as HTML; `isTight` leaves out the tags of paragraphs. */
export function blocks(
  lines: readonly string[],
  references: References,
  { depth, isTight }: { readonly depth: number; readonly isTight: boolean },
): string {
  const reader = new Reader(lines)
  const out: string[] = []
  const inner = { depth: depth + 1, isTight: false }
  while (!reader.isDone) {
    const html =
      blank(reader) ??
      rule(reader) ??
      heading(reader, references) ??
      fence(reader) ??
      (depth < depthMax
        ? (quote(reader, references, inner) ?? list(reader, references, inner))
        : undefined) ??
      indented(reader) ??
      table(reader, references) ??
      paragraph(reader, references, isTight)
    if (html !== '') out.push(html)
  }
  return out.join('\n')
}

class Reader {
  readonly #lines: readonly string[]
  #at = 0
  constructor(lines: readonly string[]) {
    this.#lines = lines
  }
  get isDone(): boolean {
    return this.#at >= this.#lines.length
  }
  get line(): string {
    return this.#lines[this.#at] ?? ''
  }
  peek(ahead: number): string | undefined {
    return this.#lines[this.#at + ahead]
  }
  next(): string {
    return this.#lines[this.#at++] ?? ''
  }
}

function blank(reader: Reader): string | undefined {
  if (reader.line.trim() !== '') return undefined
  reader.next()
  return ''
}

const rulePattern = /^ {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$/

function rule(reader: Reader): string | undefined {
  if (!rulePattern.test(reader.line)) return undefined
  reader.next()
  return '<hr />'
}

function heading(reader: Reader, references: References): string | undefined {
  const [, marks, text = ''] = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?[ \t]*$/.exec(reader.line) ?? []
  if (marks === undefined) return undefined
  reader.next()
  const inner = inline(text.replace(/(?:^|[ \t]+)#+$/, '').trim(), references)
  return `<h${marks.length}>${inner}</h${marks.length}>`
}

const fencePattern = /^( {0,3})(`{3,}|~{3,})[ \t]*([^`]*?)[ \t]*$/

function fence(reader: Reader): string | undefined {
  const [, indent = '', mark, info = ''] = fencePattern.exec(reader.line) ?? []
  if (mark === undefined) return undefined
  reader.next()
  const code: string[] = []
  const end = new RegExp(`^ {0,3}${mark.charAt(0)}{${mark.length},}[ \\t]*$`)
  while (!reader.isDone && !end.test(reader.line)) {
    code.push(reader.next().replace(new RegExp(`^ {0,${indent.length}}`), ''))
  }
  reader.next()
  const [language = ''] = info.split(/\s/)
  const kind = language === '' ? '' : ` class="language-${escape(language)}"`
  return `<pre><code${kind}>${escape(code.map((line) => `${line}\n`).join(''))}</code></pre>`
}

type Inner = { readonly depth: number; readonly isTight: boolean }

function quote(reader: Reader, references: References, inner: Inner): string | undefined {
  if (!/^ {0,3}>/.test(reader.line)) return undefined
  const lines: string[] = []
  while (!reader.isDone && (/^ {0,3}>/.test(reader.line) || isLazy(lines, reader.line))) {
    lines.push(reader.next().replace(/^ {0,3}> ?/, ''))
  }
  return `<blockquote>\n${blocks(lines, references, inner)}\n</blockquote>`
}

/** A line of a paragraph may leave out what the block that it is in asks for. */
function isLazy(before: readonly string[], line: string): boolean {
  const last = before.at(-1) ?? ''
  return (
    last.trim() !== '' &&
    line.trim() !== '' &&
    !beginsBlock(line) &&
    !/^ {4}|^ {0,3}(?:`{3}|~{3}|#)/.test(last)
  )
}

function beginsBlock(line: string): boolean {
  return (
    rulePattern.test(line) ||
    fencePattern.test(line) ||
    /^ {0,3}(?:#{1,6}(?:[ \t]|$)|>|[-+*][ \t]|1[.)][ \t])/.test(line)
  )
}

const itemPattern = /^( {0,3})([-+*]|(\d{1,9})([.)]))(?:( {1,4})(?! )|[ \t]+|$)/

function list(reader: Reader, references: References, inner: Inner): string | undefined {
  const first = itemPattern.exec(reader.line)
  if (first === null) return undefined
  const kindOf = (found: RegExpExecArray | null): string => found?.[4] ?? found?.[2] ?? ''
  const items: string[][] = []
  let isLoose = false
  let isAfterBlank = false
  while (!reader.isDone) {
    const found = rulePattern.test(reader.line) ? null : itemPattern.exec(reader.line)
    if (found === null || kindOf(found) !== kindOf(first)) break
    if (isAfterBlank) isLoose = true
    const indent = found[0].length
    const lines = [reader.next().slice(indent)]
    isAfterBlank = false
    while (!reader.isDone) {
      const { line } = reader
      const isInside = line.startsWith(' '.repeat(indent))
      if (line.trim() === '') {
        isAfterBlank = true
        lines.push('')
      } else if (isInside || (!isAfterBlank && !itemPattern.test(line) && isLazy(lines, line))) {
        if (isAfterBlank) isLoose = true
        isAfterBlank = false
        lines.push(isInside ? line.slice(indent) : line.trimStart())
      } else break
      reader.next()
    }
    items.push(lines)
  }
  const start = Number(first[3] ?? 1)
  const name = first[3] === undefined ? 'ul' : 'ol'
  const from = start === 1 ? '' : ` start="${start}"`
  const html = items.map((lines) => item(lines, references, { ...inner, isTight: !isLoose }))
  return `<${name}${from}>\n${html.join('\n')}\n</${name}>`
}

function item(lines: readonly string[], references: References, inner: Inner): string {
  const [first = '', ...rest] = lines
  const [, mark] = /^\[([ xX])\] /.exec(first) ?? []
  const text = mark === undefined ? first : first.slice(4)
  const box =
    mark === undefined ? '' : `<input type="checkbox" disabled${mark === ' ' ? '' : ' checked'} /> `
  return `<li>${box}${blocks([text, ...rest], references, inner)}</li>`
}

function indented(reader: Reader): string | undefined {
  if (!/^ {4}/.test(reader.line)) return undefined
  const code: string[] = []
  while (!reader.isDone && (/^ {4}/.test(reader.line) || reader.line.trim() === '')) {
    code.push(reader.next().slice(4))
  }
  while (code.at(-1)?.trim() === '') code.pop()
  return `<pre><code>${escape(code.map((line) => `${line}\n`).join(''))}</code></pre>`
}

function table(reader: Reader, references: References): string | undefined {
  const rule = reader.peek(1) ?? ''
  if (
    !reader.line.includes('|') ||
    !/^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/.test(rule)
  )
    return undefined
  const heads = cellsOf(reader.line)
  const aligns = cellsOf(rule).map((cell) => {
    const [left, right] = [cell.startsWith(':'), cell.endsWith(':')]
    return left && right ? 'center' : right ? 'right' : left ? 'left' : ''
  })
  if (heads.length !== aligns.length) return undefined
  reader.next()
  reader.next()
  const row = (cells: readonly string[], name: 'th' | 'td'): string => {
    const html = heads.map((_, i) => {
      const align = aligns[i] === '' ? '' : ` style="text-align: ${aligns[i]}"`
      return `<${name}${align}>${inline(cells[i] ?? '', references)}</${name}>`
    })
    return `<tr>${html.join('')}</tr>`
  }
  const rows: string[] = []
  while (!reader.isDone && reader.line.trim() !== '' && !beginsBlock(reader.line)) {
    rows.push(row(cellsOf(reader.next()), 'td'))
  }
  const body = rows.length === 0 ? '' : `\n<tbody>\n${rows.join('\n')}\n</tbody>`
  return `<table>\n<thead>\n${row(heads, 'th')}\n</thead>${body}\n</table>`
}

/** An escaped bar is one of the text. */
function cellsOf(line: string): readonly string[] {
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '')
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'))
}

function paragraph(reader: Reader, references: References, isTight: boolean): string {
  const lines = [reader.next()]
  while (!reader.isDone && reader.line.trim() !== '') {
    const [, under] = /^ {0,3}(=+|-+)[ \t]*$/.exec(reader.line) ?? []
    if (under !== undefined) {
      reader.next()
      const name = under.startsWith('=') ? 'h1' : 'h2'
      return `<${name}>${inline(trimmed(lines), references)}</${name}>`
    }
    if (beginsBlock(reader.line)) break
    lines.push(reader.next())
  }
  const html = inline(trimmed(lines), references)
  return isTight ? html : `<p>${html}</p>`
}

function trimmed(lines: readonly string[]): string {
  return lines
    .map((line) => line.trimStart())
    .join('\n')
    .trimEnd()
}
