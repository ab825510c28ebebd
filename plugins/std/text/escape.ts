/** Makes a text mean itself, and nothing else, where it is put. */

const htmlNames: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => htmlNames[char] ?? char)
}

/** A text on one line of Markdown: what would be markup gets a backslash. */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replaceAll(/[\\`*[\]<>|]|~(?=~)|(?<=~)~|&(?=#?[A-Za-z0-9]+;)/g, '\\$&')
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/^(\s*)([#+=-])/, '$1\\$2')
    .replace(/^(\s*\d{1,9})([.)])/, '$1\\$2')
    .replaceAll(/!(?=\\\[)/g, '\\!')
}

function oneLine(text: string): string {
  if (!/[\r\n]/.test(text)) return text
  const lines = text.split(/[\r\n]+/)
  return lines
    .map((line, index) => {
      const head = index === 0 ? line : line.trimStart()
      return index === lines.length - 1 ? head : head.trimEnd()
    })
    .join(' ')
}

/** A span of code: fenced by more backticks than it holds. */
export function codeSpan(text: string): string {
  const line = text.replaceAll(/[\r\n]+/g, ' ')
  if (line.trim() === '') return line === '' ? '' : '` `'
  const fence = '`'.repeat(longestRun(line) + 1)
  const pad =
    line.startsWith('`') || line.endsWith('`') || (line.startsWith(' ') && line.endsWith(' '))
      ? ' '
      : ''
  return fence + pad + line + pad + fence
}

/** Lines of code, with a fence that they cannot close. */
export function codeBlock(text: string, language: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1))
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`
}

/** An address as a link destination; undefined for a scheme that a document should not carry. */
export function linkTarget(address: string): string | undefined {
  const trimmed = address.trim()
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(trimmed)?.[1]?.toLowerCase()
  if (scheme !== undefined && !['http', 'https', 'mailto'].includes(scheme)) return undefined
  return trimmed.replaceAll(/[\s()<>\\[\]|`*_]/gu, (char) => percent(char))
}

function percent(char: string): string {
  if (char === '_') return '_'
  const encoded = encodeURIComponent(char)
  if (encoded !== char) return encoded
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
}
