/**
 * Finds the links of a Markdown text that lead to other files or headings of the repository.
 *
 * Code, comments and addresses of the web are passed over. What exists is for `main.ts`
 * to find out; paths that leave the repository are nobody's to judge.
 */
export interface Link {
  readonly at: number
  /** As it was written. */
  readonly target: string
  /** Path from the root of the repository; the file itself for `#heading`. */
  readonly path: string
  /** The part after `#`, decoded; empty without one. */
  readonly anchor: string
}

/** Relative links of the Markdown `text` at `file`. */
export function findLinks(file: string, text: string): readonly Link[] {
  const plain = withoutCode(text)
  const links: Link[] = []
  const take = (at: number, target: string): void => {
    const link = resolve(file, at, target)
    if (link !== undefined) links.push(link)
  }
  for (let at = plain.indexOf(']('); at >= 0; at = plain.indexOf('](', at + 2)) {
    const target = targetAt(plain, at + 2)
    if (target !== undefined) take(at + 2, target)
  }
  for (const match of plain.matchAll(/^ {0,3}\[(?!\^)[^\]\n]{1,200}\]:[ \t]+(<[^>\n]*>|\S+)/gm)) {
    take(match.index, (match[1] ?? '').replace(/^<|>$/g, ''))
  }
  return links
}

/** The address behind `](`, up to a blank or the bracket that closes it. */
function targetAt(text: string, start: number): string | undefined {
  const line = text.slice(start, Math.min(start + 2_000, text.length))
  const angle = /^[ \t]*<([^<>\n]*)>/.exec(line)
  if (angle !== null) return angle[1]
  let depth = 0
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? ''
    if (/\s/.test(char))
      return at > 0 && /^\s+["'()]/.test(line.slice(at)) ? line.slice(0, at) : undefined
    if (char === '(') depth++
    if (char === ')' && depth-- === 0) return line.slice(0, at)
  }
  return undefined
}

function resolve(file: string, at: number, target: string): Link | undefined {
  if (target === '' || /^(?:[a-z][a-z0-9+.-]*:|\/|\\)/i.test(target) || /[{}<>$]/.test(target))
    return undefined
  const hash = target.indexOf('#')
  const anchor = decode(hash < 0 ? '' : target.slice(hash + 1))
  const relative = decode((hash < 0 ? target : target.slice(0, hash)).replace(/\?.*$/, ''))
  if (relative === '') return hash < 0 ? undefined : { at, target, path: file, anchor }
  const parts = file.split('/').slice(0, -1)
  for (const part of relative.split('/')) {
    if (part === '..' && parts.pop() === undefined) return undefined
    if (part !== '..' && part !== '.' && part !== '') parts.push(part)
  }
  return parts.length === 0 ? undefined : { at, target, path: parts.join('/'), anchor }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The same text with blanks where code and comments are, so that offsets stay. */
export function withoutCode(text: string): string {
  let fence = ''
  const lines = text.split('\n').map((line) => {
    const mark =
      /^ {0,3}(?:[-*+>] {0,3})?(`{3,}|~{3,})/.exec(line)?.[1] ?? /^\s*(`{3,}|~{3,})/.exec(line)?.[1]
    if (fence !== '') {
      if (mark !== undefined && mark[0] === fence[0] && mark.length >= fence.length) fence = ''
      return ' '.repeat(line.length)
    }
    if (mark !== undefined && !line.slice(line.indexOf(mark) + mark.length).includes('`')) {
      fence = mark
      return ' '.repeat(line.length)
    }
    return line
  })
  return lines
    .join('\n')
    .replace(/<!--[\s\S]*?(?:-->|$)/g, blank)
    .replace(/(`+)(?!`)(?:[^`\n]|\n(?!\s*\n)|(?!\1(?!`))`)+?\1(?!`)/g, blank)
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ')
}

/** The anchors of a Markdown text, in lower case: headings as GitHub names them, and HTML ids. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  const seen = new Map<string, number>()
  const add = (heading: string): void => {
    const slug = slugOf(heading)
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    anchors.add(count === 0 ? slug : `${slug}-${count}`)
  }
  const plain = withoutFences(text).split('\n')
  for (const [i, line] of plain.entries()) {
    const own = /\{#([\w-]+)\}/.exec(line)?.[1]
    if (own !== undefined) anchors.add(own.toLowerCase())
    const heading = /^ {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*\r?$/.exec(line)?.[1]
    if (heading !== undefined) add(heading)
    else if (/^ {0,3}(?:=+|-+)[ \t]*\r?$/.test(line) && (plain[i - 1] ?? '').trim() !== '')
      add(plain[i - 1] ?? '')
  }
  for (const match of text.matchAll(/<[a-z][^<>]{0,200}?\b(?:id|name)=["']?([^"'\s>]+)/gi)) {
    anchors.add((match[1] ?? '').toLowerCase())
  }
  return anchors
}

/** Headings may hold inline code, so only fenced code goes. */
function withoutFences(text: string): string {
  let fence = ''
  return text
    .split('\n')
    .map((line) => {
      const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1]
      if (mark === undefined) return fence === '' ? line : ''
      if (fence === '') fence = mark
      else if (mark[0] === fence[0] && mark.length >= fence.length) fence = ''
      return ''
    })
    .join('\n')
}

export function slugOf(heading: string): string {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<[^>]*>/g, '')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')
}
