/**
 * Somebody's text inside Markdown: shown as it is, never as markup, a mention or HTML.
 */

/** Text in a cell or a line: no markup, no mention, no second row. */
export function cell(text: string): string {
  return escapeHtml(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_[\]|~#!]/g, (char) => `\\${char}`)
    .replaceAll('@', '@&#8203;')
}

/** Inline code that nothing in `text` can end. */
export function inlineCode(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')
  if (line === '') return ''
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : ''
  return fence + pad + line + pad + fence
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
