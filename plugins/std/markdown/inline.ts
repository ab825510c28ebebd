/**
 * What stands inside of a block: emphasis, code, links, images, breaks. Everything that is
 * not one of these is text and comes out escaped; raw HTML is text.
 *
 * One pass over the characters, and one over the marks of emphasis, as CommonMark describes.
 */
import { addressOf, escape } from './escape.ts'

export interface References {
  get(label: string): { readonly to: string; readonly title: string } | undefined
}

/** A run of stars or underscores that may begin or end emphasis. */
interface Mark {
  readonly at: number
  readonly char: string
  left: number
  readonly opens: boolean
  readonly closes: boolean
}

/** Depth of links and images in one another. */
const depthMax = 8

export function inline(text: string, references: References, depth = 0): string {
  const out: string[] = []
  const marks: Mark[] = []
  const found = bracketsOf(text)
  let at = 0
  while (at < text.length) {
    const piece = depth < depthMax ? taken(text, at, { references, depth, ...found }) : undefined
    if (piece !== undefined) {
      out.push(piece.html)
      at = piece.end
      continue
    }
    const char = text.charAt(at)
    if (char === '*' || char === '_' || (char === '~' && text.charAt(at + 1) === '~')) {
      const run = runAt(text, at)
      marks.push({ at: out.length, char, left: run, ...sidesOf(text, at, run) })
      out.push(char.repeat(run))
      at += run
      continue
    }
    const plain = plainAt(text, at)
    out.push(escape(plain))
    at += plain.length
  }
  emphasise(out, marks)
  return out.join('')
}

interface Taken {
  readonly html: string
  readonly end: number
}

interface Where extends Brackets {
  readonly references: References
  readonly depth: number
}

/** What was found out about a text once, so that no part of it is searched again and again. */
interface Brackets {
  /** Where each bracket that opens is closed. */
  readonly pairs: ReadonlyMap<number, number>
  /** From where on a number of backticks is ended by nothing. */
  readonly endless: Map<number, number>
}

function taken(text: string, at: number, where: Where): Taken | undefined {
  const char = text.charAt(at)
  if (char === '\\') return escaped(text, at)
  if (char === '`') return codeAt(text, at, where.endless)
  if (char === '<') return autolinkAt(text, at)
  if (char === '&') return entityAt(text, at)
  if (char === '\n' || char === ' ') return breakAt(text, at)
  if (char === '[') return linkAt(text, at, { ...where, isImage: false })
  if (char === '!' && text.charAt(at + 1) === '[') {
    return linkAt(text, at + 1, { ...where, isImage: true })
  }
  return undefined
}

function escaped(text: string, at: number): Taken | undefined {
  const next = text.charAt(at + 1)
  if (next === '\n') return { html: '<br />\n', end: at + 2 }
  if (!/[!-/:-@[-`{-~]/.test(next)) return undefined
  return { html: escape(next), end: at + 2 }
}

/** The same number of backticks ends what a number of them began. */
function codeAt(text: string, at: number, endless: Map<number, number>): Taken {
  const run = runAt(text, at)
  if ((endless.get(run) ?? Infinity) <= at) return { html: text.slice(at, at + run), end: at + run }
  for (let end = at + run; end < text.length;) {
    const next = text.indexOf('`', end)
    if (next < 0) break
    const size = runAt(text, next)
    if (size === run) {
      const code = text.slice(at + run, next).replaceAll('\n', ' ')
      const isPadded = /^ .*[^ ].* $|^ [^ ] $/.test(code)
      return {
        html: `<code>${escape(isPadded ? code.slice(1, -1) : code)}</code>`,
        end: next + size,
      }
    }
    end = next + size
  }
  endless.set(run, Math.min(at, endless.get(run) ?? at))
  return { html: text.slice(at, at + run), end: at + run }
}

function autolinkAt(text: string, at: number): Taken | undefined {
  const end = text.indexOf('>', at)
  const inside = end < 0 ? '' : text.slice(at + 1, end)
  if (inside.length > 2_000 || !/^[^\s<>]+$/.test(inside)) return undefined
  const isMail = /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/.test(inside)
  const to = isMail ? `mailto:${inside}` : /^(?:https?:\/\/|mailto:)/i.test(inside) ? inside : ''
  const address = addressOf(to)
  if (to === '' || address === undefined) return undefined
  return { html: `<a href="${escape(address)}">${escape(inside)}</a>`, end: end + 1 }
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  nbsp: '\u00a0',
  copy: '©',
  mdash: '—',
  ndash: '–',
  hellip: '…',
}

function entityAt(text: string, at: number): Taken | undefined {
  const [whole, hex, decimal, name = ''] =
    /^&(?:#[xX]([0-9a-fA-F]{1,6})|#(\d{1,7})|([A-Za-z]{2,8}));/.exec(text.slice(at, at + 12)) ?? []
  if (whole === undefined) return undefined
  const code = hex === undefined ? Number(decimal ?? -1) : Number.parseInt(hex, 16)
  const isCode = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
  const found = name === '' ? (isCode ? String.fromCodePoint(code) : '\ufffd') : entities[name]
  return found === undefined ? undefined : { html: escape(found), end: at + whole.length }
}

function breakAt(text: string, at: number): Taken | undefined {
  const [whole = '', spaces = ''] = /^( *)\n */.exec(text.slice(at, at + 200)) ?? []
  if (whole === '') return undefined
  return { html: spaces.length >= 2 ? '<br />\n' : '\n', end: at + whole.length }
}

interface Linked extends Where {
  readonly isImage: boolean
}

function linkAt(
  text: string,
  at: number,
  { references, depth, pairs, isImage }: Linked,
): Taken | undefined {
  const close = pairs.get(at)
  if (close === undefined) return undefined
  const label = text.slice(at + 1, close)
  const target = targetAt(text, close + 1) ?? referenceAt(text, close + 1, { label, references })
  if (target === undefined) return undefined
  const address = addressOf(target.to)
  const title = target.title === '' ? '' : ` title="${escape(target.title)}"`
  const inner = inline(label, references, depth + 1)
  // What leads to no good stays text, so that the reader sees what was written.
  if (address === undefined) return { html: inner, end: target.end }
  if (!isImage)
    return {
      html: `<a href="${escape(address)}"${title}>${withoutLinks(inner)}</a>`,
      end: target.end,
    }
  return {
    html: `<img src="${escape(address)}" alt="${textOf(inner)}"${title} />`,
    end: target.end,
  }
}

/** Brackets in code and escaped ones do not count. */
function bracketsOf(text: string): Brackets {
  const pairs = new Map<number, number>()
  const endless = new Map<number, number>()
  const open: number[] = []
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '\\') at++
    else if (char === '`') at = codeAt(text, at, endless).end - 1
    else if (char === '[') open.push(at)
    else if (char === ']') {
      const from = open.pop()
      if (from !== undefined) pairs.set(from, at)
    }
  }
  return { pairs, endless }
}

interface Target {
  readonly to: string
  readonly title: string
  readonly end: number
}

function targetAt(text: string, at: number): Target | undefined {
  const found =
    /^\(\s*(?:<([^<>\n]*)>|([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*))(?:\s+(?:"([^"]*)"|'([^']*)'))?\s*\)/.exec(
      text.slice(at, at + 4_000),
    )
  if (found === null) return undefined
  const [whole, inAngles, bare = '', double, single] = found
  const to = (inAngles ?? bare).replaceAll(/\\([!-/:-@[-`{-~])/g, '$1')
  return { to, title: double ?? single ?? '', end: at + whole.length }
}

function referenceAt(
  text: string,
  at: number,
  { label, references }: { label: string; references: References },
): Target | undefined {
  const [whole, named = ''] = /^\[([^[\]]{0,999})\]/.exec(text.slice(at, at + 1_001)) ?? []
  const found = references.get(named === '' ? label : named)
  return found === undefined ? undefined : { ...found, end: at + (whole?.length ?? 0) }
}

/** A link in a link would be two. */
function withoutLinks(html: string): string {
  return html.replaceAll(/<\/?a(?: [^<>]*)?>/g, '')
}

function textOf(html: string): string {
  return html.replaceAll(/<[^<>]*>/g, '')
}

function runAt(text: string, at: number): number {
  let end = at
  while (text.charAt(end) === text.charAt(at) && end < text.length) end++
  return end - at
}

function plainAt(text: string, at: number): string {
  let end = at + 1
  while (end < text.length && !/[\\`<&\n [!*_~]/.test(text.charAt(end))) end++
  return text.slice(at, end)
}

function sidesOf(text: string, at: number, run: number): Pick<Mark, 'opens' | 'closes'> {
  const before = at === 0 ? ' ' : text.charAt(at - 1)
  const after = text.charAt(at + run) || ' '
  const isSpace = (char: string): boolean => /\s/.test(char)
  const isSign = (char: string): boolean => /[\p{P}\p{S}]/u.test(char)
  const left = !isSpace(after) && (!isSign(after) || isSpace(before) || isSign(before))
  const right = !isSpace(before) && (!isSign(before) || isSpace(after) || isSign(after))
  if (text.charAt(at) !== '_') return { opens: left, closes: right }
  return { opens: left && (!right || isSign(before)), closes: right && (!left || isSign(after)) }
}

const openersMax = 100

/** Pairs the marks from the left; each closing one looks for the nearest that opens. */
function emphasise(out: string[], marks: readonly Mark[]): void {
  const open: Mark[] = []
  for (const mark of marks) {
    while (mark.closes && mark.left > 0) {
      const index = open.findLastIndex((one) => one.char === mark.char && one.left > 0)
      const opener = open[index]
      if (opener === undefined) break
      const isDouble = opener.left >= 2 && mark.left >= 2
      if (mark.char === '~' && !isDouble) break
      const size = isDouble ? 2 : 1
      const name = mark.char === '~' ? 'del' : isDouble ? 'strong' : 'em'
      opener.left -= size
      mark.left -= size
      // The text of a mark is what is left of it, with the tags on the inner side.
      out[opener.at] =
        (out[opener.at] ?? '').slice(0, opener.left) +
        `<${name}>` +
        (out[opener.at] ?? '').slice(opener.left + size)
      const text = out[mark.at] ?? ''
      const tags = text.slice(0, text.length - mark.left - size)
      out[mark.at] = `${tags}</${name}>${mark.char.repeat(mark.left)}`
      open.length = opener.left > 0 ? index + 1 : index
    }
    if (mark.opens && mark.left > 0 && open.length < openersMax) open.push(mark)
  }
}
