/** Writes elements. Names are checked and everything else is escaped, so data cannot become markup. */
import type { Element } from './read.ts'

export class NameFault extends Error {}

const name = /^[\p{L}_:][\p{L}\p{N}\p{M}_:.\u00b7-]*$/u
// oxlint-disable-next-line no-control-regex -- XML 1.0 has no way to write them
const unwritable = /[\0-\b\v\f\u000e-\u001f\ufffe\uffff]/

export interface Style {
  /** Spaces for each level; 0 writes everything on one line. */
  readonly indent: number
  readonly depth: number
}

export function writeElement(element: Element, style: Style): string {
  if (style.depth > 200) throw new NameFault('The elements nest deeper than 200.')
  const pad = style.indent === 0 ? '' : `\n${' '.repeat(style.indent * style.depth)}`
  const attributes = Object.entries(element.attributes).map(
    ([key, value]) =>
      ` ${checked(key)}="${escape(value).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`,
  )
  const head = `<${checked(element.name)}${attributes.join('')}`
  const { children } = element
  if (children.length === 0) return `${pad}${head}/>`
  // Between text, space would be part of what is said.
  const isMixed = children.some((child) => typeof child === 'string')
  const inner = { indent: isMixed ? 0 : style.indent, depth: style.depth + 1 }
  const body = children.map((child) =>
    typeof child === 'string' ? escape(child) : writeElement(child, inner),
  )
  return `${pad}${head}>${body.join('')}${isMixed ? '' : pad}</${element.name}>`
}

function checked(text: string): string {
  if (name.test(text)) return text
  throw new NameFault(`"${text.slice(0, 80)}" is no name of XML.`)
}

function escape(text: string): string {
  if (unwritable.test(text) || !text.isWellFormed())
    throw new NameFault('A text has a character that XML cannot hold.')
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
}
