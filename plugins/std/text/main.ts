/** Makes text out of data, finds things in it and compares it. */
import type { Action, Json } from 'ionflux/plugin'

import { escapeHtml, escapeMarkdown } from './escape.ts'
import { changes, linesOf, unified } from './diff.ts'
import { writeBlocks, type Block } from './markdown.ts'
import { filled, matches, open, type Pattern } from './search.ts'
import { slugOf } from './slug.ts'
import { parse, render, TemplateError } from './template.ts'

interface Template {
  readonly template: string
  readonly data?: Json
  readonly missing?: 'fail' | 'empty'
  readonly escape?: 'none' | 'html' | 'markdown'
}

const escapes = { none: (text: string) => text, html: escapeHtml, markdown: escapeMarkdown }

/** A filled template. */
export const template: Action<Template, string> = (input, context) => {
  const { data = {}, missing = 'fail', escape = 'none' } = input
  try {
    return render(parse(input.template), {
      data,
      isLenient: missing === 'empty',
      escape: escapes[escape],
    })
  } catch (thrown) {
    if (thrown instanceof TemplateError) return context.fail(thrown.reason, thrown.message)
    throw thrown
  }
}

/** A Markdown document. */
export const markdown: Action<{ readonly blocks: readonly Block[] }, string> = (
  { blocks },
  context,
) => writeBlocks(blocks, (code, message) => context.fail(code, message))

interface Search extends Pattern {
  readonly text: string
  readonly count_max?: number
}

const countMaxDefault = 10_000

/** Where an expression is found. */
export const match: Action<Search> = (
  { text, count_max = countMaxDefault, ...pattern },
  context,
) => {
  const found: Json[] = []
  for (const one of matches(open(pattern, context.fail), text)) {
    if (found.length >= count_max) break
    found.push({ ...one })
  }
  return { is_match: found.length > 0, matches: found }
}

/** A text with something else in the place of what is found. */
export const replace: Action<Search & { readonly by: string }, string> = (input, context) => {
  const { text, by, count_max = Number.POSITIVE_INFINITY, ...pattern } = input
  const parts: string[] = []
  let at = 0
  let count = 0
  for (const one of matches(open(pattern, context.fail), text)) {
    if (count++ >= count_max) break
    parts.push(text.slice(at, one.start), filled(by, one, context.fail))
    at = one.end
  }
  return parts.join('') + text.slice(at)
}

/** The parts of a text between what is found. */
export const split: Action<Search, readonly string[]> = (input, context) => {
  const { text, count_max = Number.POSITIVE_INFINITY, ...pattern } = input
  const parts: string[] = []
  let at = 0
  for (const { start, end } of matches(open(pattern, context.fail), text)) {
    if (parts.length >= count_max) break
    // An empty match cuts between characters, not at the ends.
    if (start === end && (start === 0 || start === text.length)) continue
    parts.push(text.slice(at, start))
    at = end
  }
  return [...parts, text.slice(at)]
}

interface Diff {
  readonly from: string
  readonly to: string
  readonly from_name?: string
  readonly to_name?: string
  readonly context?: number
}

/** What differs between two texts, line by line. */
export const diff: Action<Diff> = ({ from, to, from_name = 'a', to_name = 'b', context = 3 }) => {
  const all = changes(linesOf(from), linesOf(to))
  const count = (kind: string): number => all.filter((one) => one.kind === kind).length
  return {
    same: from === to,
    added: count('add'),
    removed: count('remove'),
    diff: unified(all, { from: from_name, to: to_name, context }),
  }
}

interface Slug {
  readonly text: string
  readonly separator?: '-' | '_' | '.'
  readonly length_max?: number
  readonly unicode?: boolean
}

/** A name for addresses and files. */
export const slug: Action<Slug, string> = ({
  text,
  separator = '-',
  length_max = 80,
  unicode = false,
}) => slugOf(text, { separator, lengthMax: length_max, isUnicode: unicode })
