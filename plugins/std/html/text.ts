/** What a page says, as text: lines where it has lines, nothing of what it hides. */
import type { Element } from './tree.ts'

const hidden = new Set([
  'script',
  'style',
  'template',
  'noscript',
  'head',
  'iframe',
  'svg',
  'object',
])
const lines = new Set(
  'address article aside blockquote body dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section table tbody tfoot thead tr ul'.split(
    ' ',
  ),
)
const paragraphs = new Set('blockquote dl figure h1 h2 h3 h4 h5 h6 ol p pre table ul'.split(' '))

/** Where a line or a paragraph must end; not in any text, because these characters are none. */
const line = '\ufdd0'
const paragraph = '\ufdd1'
const kept = '\ufdd2'

export function textOf(element: Element): string {
  const parts: string[] = []
  write(element, parts, false)
  return parts
    .join('')
    .replaceAll(/[ \t]*[\ufdd0\ufdd1][\ufdd0\ufdd1 \t]*/gu, (ends) =>
      ends.includes(paragraph) ? '\n\n' : '\n',
    )
    .replaceAll(/[ \t]*\n[ \t]*/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
    .replaceAll(kept, ' ')
}

function write(element: Element, parts: string[], isPre: boolean): void {
  for (const child of element.children) {
    if (typeof child === 'string') {
      const text = child.replaceAll(/[\ufdd0-\ufdd2]/gu, '')
      parts.push(isPre ? text.replaceAll(/[ \t]/g, kept) : squeezed(text, parts))
    } else if (child.name === 'br') parts.push('\n')
    else if (!hidden.has(child.name)) {
      const end = paragraphs.has(child.name) ? paragraph : lines.has(child.name) ? line : ''
      const isCell = child.name === 'td' || child.name === 'th'
      parts.push(end)
      write(child, parts, isPre || child.name === 'pre' || child.name === 'textarea')
      parts.push(isCell ? '\t' : end)
    }
  }
}

/** One space for many, none at the start of a line. */
function squeezed(text: string, parts: readonly string[]): string {
  const one = text.replaceAll(/[ \t\r\n\f]+/g, ' ')
  const last = parts.findLast((part) => part !== '')
  return last === undefined || /[\s\ufdd0\ufdd1]$/u.test(last) ? one.trimStart() : one
}
