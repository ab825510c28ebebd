/**
 * Reads YAML 1.2 with the core schema, as far as it means JSON.
 *
 * No tags, no keys but text, aliases as copies with a limit, each key once. Written to
 * refuse what is wrong rather than guess; the YAML test suite says how well (a test).
 */
import type { Json } from 'ionflux/plugin'

import { block } from './block.ts'
import {
  endLine,
  Fault,
  isEnded,
  isMark,
  lineEnd,
  malformed,
  toContent,
  type Scanner,
} from './scan.ts'

export interface Options {
  readonly isMerging: boolean
  readonly documentsMax: number
}

/** The documents of a text; a text that says nothing has one, null. */
export function documents(source: string, { isMerging, documentsMax }: Options): readonly Json[] {
  const text = source.replace(/^\ufeff/, '').replaceAll(/\r\n?/g, '\n')
  const s: Scanner = {
    text,
    at: 0,
    anchors: new Map(),
    weight: 0,
    repeated: 0,
    depth: 0,
    isMerging,
  }
  const found: Json[] = []
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  const bad = /[\0-\b\v\f\u000e-\u001f\u007f]/.exec(text)
  if (bad !== null) throw malformed(bad.index, 'The text has a control character.')
  let isBare = true
  for (;;) {
    const hasDirective = isBare && directives(s)
    toContent(s)
    if (s.at >= text.length) {
      if (hasDirective) throw malformed(s.at, 'A directive is followed by "---".')
      return found.length === 0 ? [null] : found
    }
    if (found.length >= documentsMax)
      throw new Fault(
        'too_many_documents',
        s.at,
        `The text has more than ${documentsMax} documents.`,
      )
    const isMarked = text.startsWith('---', s.at) && isMark(text, s.at)
    if (hasDirective && !isMarked) throw malformed(s.at, 'A directive is followed by "---".')
    if (text[s.at] === '.' && isMark(text, s.at)) {
      s.at += 3
      endLine(s)
      isBare = true
      continue
    }
    if (!isMarked && !isBare) throw malformed(s.at, 'There is text after the end of the document.')
    if (isMarked) s.at += 3
    s.anchors = new Map()
    found.push(block(s, -1, isMarked ? 'value' : 'root'))
    toContent(s)
    if (!isEnded(s))
      throw malformed(s.at, 'There is text after the end of the document; mind the indentation.')
    isBare = text[s.at] === '.'
    if (isBare) {
      s.at += 3
      endLine(s)
    }
  }
}

/** `%YAML 1.2` and the like, which change nothing here. */
function directives(s: Scanner): boolean {
  let found = false
  for (;;) {
    toContent(s)
    if (s.text[s.at] !== '%') return found
    if (s.at > 0 && s.text[s.at - 1] !== '\n') return found
    const line = s.text.slice(s.at, lineEnd(s, s.at))
    if (/^%YAML\b/.test(line) && !/^%YAML[ \t]+\d+\.\d+[ \t]*(?:[ \t]#.*)?$/.test(line))
      throw malformed(s.at, 'The directive is written "%YAML 1.2".')
    s.at = lineEnd(s, s.at)
    found = true
  }
}

/** Line and column from 1, for people. */
export function placeOf(
  source: string,
  at: number,
): { readonly line: number; readonly column: number } {
  const before = source
    .replace(/^\ufeff/, '')
    .replaceAll(/\r\n?/g, '\n')
    .slice(0, at)
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') }
}
