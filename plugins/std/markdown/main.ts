/** Markdown as HTML that is safe to show: no raw HTML, no address that could be run. */
import type { Action } from 'ionflux/plugin'

import { blocks } from './block.ts'

interface Html {
  readonly text: string
}

const definition =
  /^ {0,3}\[([^[\]]{1,999})\]:[ \t]*(?:<([^<>]*)>|(\S+))(?:[ \t]+(?:"([^"]*)"|'([^']*)'|\(([^()]*)\)))?[ \t]*$/

/** CommonMark with tables, task lists and strikethrough. */
export const html: Action<Html, string> = ({ text }) => {
  const found = new Map<string, { to: string; title: string }>()
  const lines: string[] = []
  let fence = ''
  for (const line of text.replaceAll(/\r\n?/g, '\n').split('\n').map(untabbed)) {
    const [, mark = ''] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? []
    if (fence === '') fence = mark
    else if (mark.startsWith(fence)) fence = ''
    const parts = fence === '' ? definition.exec(line) : null
    if (parts === null) lines.push(line)
    else {
      const [, label = '', inAngles, bare = '', ...titles] = parts
      const title = titles.find((one) => one !== undefined) ?? ''
      if (!found.has(named(label))) found.set(named(label), { to: inAngles ?? bare, title })
    }
  }
  const references = { get: (label: string) => found.get(named(label)) }
  const out = blocks(lines, references, { depth: 0, isTight: false })
  return out === '' ? '' : `${out}\n`
}

/** Labels are told apart without spaces and case. */
function named(label: string): string {
  return label.trim().replaceAll(/\s+/g, ' ').toLowerCase()
}

/** Tabs at the beginning of a line, to the next fourth column. */
function untabbed(line: string): string {
  const [indent = ''] = /^[ \t]*/.exec(line) ?? []
  if (!indent.includes('\t')) return line
  let columns = 0
  for (const char of indent) columns += char === '\t' ? 4 - (columns % 4) : 1
  return ' '.repeat(columns) + line.slice(indent.length)
}
