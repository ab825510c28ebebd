/**
 * Reads YAML or JSON text into a value, with the place of each part of it.
 *
 * Safe for any input: size, depth, nodes and keys are bounded while the text is read, so
 * nothing hangs, overflows or grows; what YAML can say and a reviewer cannot see
 * (aliases, merges, tags, several documents) is a problem. Never throws for a text.
 * The library behind it is imported here only; what a file means is `check.ts`.
 */
import { Composer, isMap, isPair, isScalar, isSeq, Lexer, Parser, type CST } from 'yaml'
import type { Document as YamlDocument } from 'yaml'

import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem, Span } from '#engine/core/problem.ts'

import { findSuspicious } from './text/characters.ts'
import { encodingProblem } from './text/encoding.ts'
import { indexLines, type LineIndex } from './text/lines.ts'
import { findSpan, toValue, type Tree } from './text/tree.ts'
import { feature, limit, syntax, type Feature } from './text/words.ts'

/** A file that was read. */
export interface Document {
  /** Path of the file as the user would write it, with `/`. */
  readonly file: string
  readonly text: string
  /** Absent when the text could not be read; then `problems` says why. */
  readonly value?: Json
  /** The value with the place of each part, for who edits the text (`patch/`). */
  readonly tree?: Tree
  /** Problems of the text itself, in its order. */
  readonly problems: readonly Problem[]
  readonly lines: LineIndex
  /**
   * The range of what the JSON Pointer `at` names, or of the nearest part around it
   * that is there. `key` is the key in front of it, where it has one.
   */
  span(at: string, part?: 'key' | 'value'): Span
}

/**
 * Reads a text.
 *
 * @example
 * parseDocument({ file: 'a.flow.yaml', text: 'id: a' }).value // { id: 'a' }
 */
export function parseDocument({ file, text }: { file: string; text: string }): Document {
  const found: Problem[] = []
  const tree = parseTree(text, found)
  const isReadable = (): boolean => !found.some(({ code }) => unreadable.has(code))
  const value = tree === undefined || !isReadable() ? undefined : toValue(tree, text, found)
  const problems = found
    .map((problem) => ({ ...problem, file, span: inText(problem.span, text) }))
    .toSorted((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0))
    .slice(0, limits.problemsPerFileMax)
  return {
    file,
    text,
    ...(value !== undefined && tree !== undefined && isReadable() ? { value, tree } : {}),
    problems,
    lines: indexLines(text),
    span(at: string, part: 'key' | 'value' = 'value'): Span {
      const span = tree === undefined ? undefined : findSpan(tree, at, part)
      return trimEnd(text, span ?? { start: 0, end: text.length })
    },
  }
}

/** After one of these there is no value to look at. */
const unreadable: ReadonlySet<string> = new Set(['DSL_YAML_SYNTAX', 'DSL_LIMIT_EXCEEDED'])

/** Undefined when a bound was reached. */
function parseTree(text: string, problems: Problem[]): Tree | undefined {
  const notText = encodingProblem(text)
  if (notText !== undefined) {
    problems.push(notText)
    return undefined
  }
  if (utf8Length(text) > limits.fileBytesMax) {
    problems.push(limit(`The file is larger than ${limits.fileBytesMax / 1024} KiB.`, 0, text))
    return undefined
  }
  problems.push(...findSuspicious(text, limits.problemsPerFileMax))
  const tokens = readTokens(text, problems)
  if (tokens === undefined) return undefined
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  for (const document of composer.compose(tokens, true, text.length)) {
    addErrors(document, text, problems)
    return toTree(document.contents, 0)
  }
  return undefined
}

/**
 * Splits the text into the tokens of its first document. The lexer and the parser keep
 * no stack of calls, and their own stack is watched, so depth cannot hurt them.
 */
function readTokens(text: string, problems: Problem[]): readonly CST.Token[] | undefined {
  const parser = new Parser()
  const tokens: CST.Token[] = []
  let documents = 0
  let errors = 0
  let lexemes = 0
  let at = 0
  const keep = (token: CST.Token): boolean => {
    if (token.type === 'document') documents += 1
    if (token.type === 'error') errors += 1
    if (documents > 1) problems.push(feature('several documents', at3(token.offset, text)))
    else if (errors <= limits.problemsPerFileMax) tokens.push(token)
    return documents <= 1
  }
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1
    // Marks of a document's start and end and of a scalar stand for no text.
    const isMark = lexeme === '\u0002' || lexeme === '\u0018' || lexeme === '\u001f'
    const what = isMark ? undefined : featureOf(lexeme)
    if (what !== undefined) {
      problems.push(feature(what, { start: at, end: at + lexeme.length }))
    }
    if (isEscapeFlood(lexeme)) {
      const span = { start: at, end: at + 1 }
      const message = 'The quoted text is full of escapes that mean nothing'
      problems.push(syntax({ code: 'BAD_DQ_ESCAPE', message, span, text }))
      return undefined
    }
    if (!isMark) at += lexeme.length
    for (const token of parser.next(lexeme)) if (!keep(token)) return tokens
    const full = parser.stack.length > limits.fileDepthMax + 2
    if (full) problems.push(limit(`Values nest deeper than ${limits.fileDepthMax}.`, at - 1, text))
    const long = lexemes > limits.fileLexemesMax
    if (long) problems.push(limit('The file has too many parts.', at - 1, text))
    if (full || long || problems.length > limits.problemsPerFileMax) return undefined
  }
  for (const token of parser.end()) if (!keep(token)) break
  return tokens
}

/** Whether a quoted text has so many wrong escapes that telling them one by one takes long. */
function isEscapeFlood(lexeme: string): boolean {
  if (!lexeme.startsWith('"') || lexeme.length < limits.problemsPerFileMax * 2) return false
  const known = /\\(?:[0abt\tnvfre "/\\N_LP\r\n]|x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8})/gi
  return lexeme.replaceAll(known, '').split('\\').length > limits.problemsPerFileMax
}

function at3(start: number, text: string): Span {
  return { start, end: Math.min(text.length, start + 3) }
}

/** What a single lexeme gives away. */
function featureOf(lexeme: string): Feature | undefined {
  const first = lexeme.charAt(0)
  if (first === '&') return 'an anchor'
  if (first === '*') return 'an alias'
  if (first === '!') return 'a tag'
  if (first !== '%' || /^%YAML[ \t]+1\.2\s*(?:#.*)?$/.test(lexeme)) return undefined
  return 'a directive'
}

/** What the library found wrong, except what is said already. */
function addErrors(document: YamlDocument.Parsed, text: string, problems: Problem[]): void {
  const isSaid = new Set(['TAG_RESOLVE_FAILED', 'BAD_ALIAS', 'BAD_DIRECTIVE', 'MULTIPLE_DOCS'])
  let saidTo = -1
  for (const { code, message, pos } of document.errors) {
    if (problems.length > limits.problemsPerFileMax) return
    const [start, end] = pos
    // One slip makes the library say several things about one line.
    if (isSaid.has(code) || start <= saidTo) continue
    const lineBreak = text.indexOf('\n', start)
    saidTo = lineBreak === -1 ? text.length : lineBreak
    problems.push(syntax({ code, message, span: { start, end }, text }))
  }
}

/** The library's nodes as ours; `otherwise` is where a value would stand that is not there. */
function toTree(node: unknown, otherwise: number): Tree {
  const range = (node as { range?: readonly [number, number, number] | null } | null)?.range
  const place = { start: range?.[0] ?? otherwise, end: range?.[1] ?? otherwise }
  if (isMap(node)) {
    const entries = node.items.map((pair) => {
      const key = toTree(pair.key, place.start)
      return { key, value: toTree(pair.value, key.end) }
    })
    return { kind: 'mapping', ...place, entries }
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => toTree(isPair(item) ? null : item, place.start))
    return { kind: 'list', ...place, items }
  }
  if (!isScalar(node)) return { kind: 'scalar', ...place, value: null, source: '', isPlain: false }
  const { value, source = '', type } = node
  return { kind: 'scalar', ...place, value, source, isPlain: type === 'PLAIN' }
}

/** A range that a person can be shown: inside the text, and one character long at least. */
function inText(span: Span | undefined, text: string): Span {
  const end = Math.min(text.length, Math.max(span?.end ?? 0, 1))
  return { start: Math.max(0, Math.min(span?.start ?? 0, end - 1)), end }
}

function trimEnd(text: string, { start, end }: Span): Span {
  let last = end
  while (last > start + 1 && /\s/.test(text.charAt(last - 1))) last -= 1
  return { start, end: last }
}

function utf8Length(text: string): number {
  const isClear = text.length > limits.fileBytesMax || text.length * 3 <= limits.fileBytesMax
  return isClear ? text.length : new TextEncoder().encode(text).length
}
