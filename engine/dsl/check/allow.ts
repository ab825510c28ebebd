/**
 * The fix that adds powers to a flow's `permissions`, in the style the file has.
 *
 * It widens what a flow may do, so it is always for review.
 */
import { isObject } from '#engine/core/json.ts'
import type { Fix, TextEdit } from '#engine/core/problem.ts'
import type { Power } from '#engine/dsl/power/kinds.ts'
import type { Document } from '#engine/dsl/text.ts'

/** Undefined where the file is written in a way that no edit fits safely. */
export function allowFix(document: Document, powers: readonly Power[]): Fix | undefined {
  const { value, text } = document
  if (!isObject(value) || text.slice(0, document.span('').end).trimStart().startsWith('{')) {
    return undefined
  }
  const kinds = new Map<string, string[]>()
  for (const { kind, value: name } of powers) {
    kinds.set(kind, [...(kinds.get(kind) ?? []), plain(name)])
  }
  const edits = editsFor(document, kinds)
  if (edits === undefined) return undefined
  const title = `Allow ${powers.map((power) => power.value).join(', ')}`
  return { title, applicability: 'review', edits }
}

type Kinds = ReadonlyMap<string, readonly string[]>

function editsFor(document: Document, kinds: Kinds): readonly TextEdit[] | undefined {
  const { value, text } = document
  const permissions = isObject(value) ? value['permissions'] : undefined
  if (permissions === undefined) {
    const { start } = document.span('/steps', 'key')
    if (!isObject(value) || !('steps' in value) || !isLineStart(text, start)) return undefined
    const lines = [...kinds].map(([kind, names]) => `  ${kind}: [${names.join(', ')}]\n`)
    return [insert(start, `permissions:\n${lines.join('')}`)]
  }
  if (!isObject(permissions)) return undefined
  const isThere = ([kind]: Entry): boolean => permissions[kind] !== undefined
  const more = [...kinds].filter(isThere)
  const fresh = [...kinds].filter((entry) => !isThere(entry))
  const edits = more.map(([kind, names]) => moreOfKind(document, `/permissions/${kind}`, names))
  if (fresh.length > 0) edits.push(newKinds(document, fresh))
  return edits.every((edit) => edit !== undefined) ? edits : undefined
}

type Entry = readonly [kind: string, names: readonly string[]]

function newKinds({ text, span }: Document, kinds: readonly Entry[]): TextEdit | undefined {
  const { start, end } = span('/permissions')
  const lists = kinds.map(([kind, names]) => `${kind}: [${names.join(', ')}]`)
  if (text.charAt(start) === '{') {
    const isEmpty = /^\{\s*\}$/.test(text.slice(start, end))
    return insert(start + 1, isEmpty ? ` ${lists.join(', ')} ` : ` ${lists.join(', ')},`)
  }
  const indent = indentOf(text, start)
  if (indent === undefined) return undefined
  return insert(start, lists.map((list) => `${list}\n${indent}`).join(''))
}

function moreOfKind(
  document: Document,
  at: string,
  names: readonly string[],
): TextEdit | undefined {
  const { text } = document
  const { start, end } = document.span(at)
  if (text.charAt(start) === '[') {
    const isEmpty = /^\[\s*\]$/.test(text.slice(start, end))
    return insert(start + 1, isEmpty ? names.join(', ') : `${names.join(', ')}, `)
  }
  const indent = indentOf(text, start)
  if (indent === undefined || text.charAt(start) !== '-') return undefined
  return insert(start, names.map((name) => `- ${name}\n${indent}`).join(''))
}

/** The white space before `at`, when nothing else stands before it on its line. */
function indentOf(text: string, at: number): string | undefined {
  const indent = text.slice(text.lastIndexOf('\n', at - 1) + 1, at)
  return /^ *$/.test(indent) ? indent : undefined
}

function isLineStart(text: string, at: number): boolean {
  return indentOf(text, at) === ''
}

function insert(at: number, text: string): TextEdit {
  return { span: { start: at, end: at }, text }
}

function plain(name: string): string {
  return /^[A-Za-z0-9]/.test(name) ? name : `'${name}'`
}
