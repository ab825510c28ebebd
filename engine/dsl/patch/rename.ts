/**
 * Renames a step: its id and every expression that names it, wherever that is written.
 *
 * Expressions are found by their syntax tree, so a text that only looks like a reference,
 * code of a transform and comments stay as they are.
 */
import { isObject, pointer, type Json, type JsonObject } from '#engine/core/json.ts'
import type { Span, TextEdit } from '#engine/core/problem.ts'
import { findSteps } from '#engine/dsl/check/walk.ts'
import { parseExpression } from '#engine/dsl/expression.ts'
import { childrenOf, macroOf, type Node } from '#engine/dsl/expression/ast.ts'
import { scanScalar } from '#engine/dsl/expression/scan.ts'
import type { Document } from '#engine/dsl/text.ts'

import { applyEdits } from './edits.ts'
import { withValue, segments } from './model.ts'
import { printText } from './print.ts'
import { Refusal } from './slot.ts'

interface Named {
  readonly edits: readonly TextEdit[]
  /** The value of the file afterwards. */
  readonly value: Json
}

/** What renaming the step `from` changes in a flow; `document` has a value. */
export function renameEdits(
  document: Document,
  { from, to }: { readonly from: string; readonly to: string },
): Named {
  let value: Json = document.value ?? null
  const edits: TextEdit[] = []
  for (const one of changesOf(value, { from, to })) {
    value = withValue(value, segments(one.at), one.after) ?? value
    edits.push(...scalarEdits(document, one, { from, to }))
  }
  return { edits, value }
}

/** A text of the file that changes, and the ranges in it that do. */
interface Change {
  readonly at: string
  readonly before: string
  readonly after: string
  readonly spans: readonly Span[]
}

function changesOf(flow: Json, { from, to }: { from: string; to: string }): readonly Change[] {
  const steps = findSteps(flow)
  const own = steps.filter(({ step }) => step['id'] === from)
  if (own.length !== 1) {
    const many = own.length === 0 ? `There is no step "${from}".` : `Several steps are "${from}".`
    throw new Refusal(many)
  }
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(to)) {
    throw new Refusal(`"${to}" is not a step id: lower-case letters, digits and underscores.`)
  }
  if (steps.some(({ step }) => step['id'] === to)) {
    throw new Refusal(`There is a step "${to}" already.`, 'Choose another name.')
  }
  const at = `${own[0]?.at ?? ''}/id`
  const id = { at, before: from, after: to, spans: [{ start: 0, end: from.length }] }
  const isText = new Set(steps.flatMap((one) => [`${one.at}/transform`, `${one.at}/description`]))
  const found: Change[] = [id]
  const visit = (value: Json, here: string): void => {
    if (isText.has(here) || here === '/inputs' || here === '/description') return
    if (typeof value === 'string') {
      const change = changeOf(value, here, { from, to })
      if (change !== undefined) found.push(change)
    } else if (Array.isArray(value)) {
      value.forEach((item: Json, i) => visit(item, here + pointer(i)))
    } else if (isObject(value)) {
      for (const [key, part] of Object.entries(value as JsonObject))
        visit(part, here + pointer(key))
    }
  }
  visit(flow, '')
  return found
}

function changeOf(
  text: string,
  at: string,
  { from, to }: { from: string; to: string },
): Change | undefined {
  if (!text.includes('${{') || !text.includes(from)) return undefined
  const spans = scanScalar(text).parts.flatMap((part) => {
    if (typeof part === 'string') return []
    const { node } = parseExpression(part.source)
    const found: Span[] = []
    if (node !== undefined) collect(node, { id: from, source: part.source, found })
    return found.map(({ start, end }) => ({ start: start + part.offset, end: end + part.offset }))
  })
  if (spans.length === 0) return undefined
  const edits = spans.map((span) => ({ span, text: to }))
  return { at, before: text, after: applyEdits(text, edits), spans }
}

interface Collecting {
  readonly id: string
  readonly source: string
  readonly found: Span[]
}

/** The ranges of `id` in `steps.id` and `steps["id"]`, unless a macro calls its item `steps`. */
function collect(node: Node, collecting: Collecting): void {
  const { id, source, found } = collecting
  const isStep = (of: Node): boolean => of.op === 'name' && of.name === 'steps'
  if (node.op === 'field' && node.name === id && isStep(node.of)) {
    const start = source.indexOf(id, node.of.end)
    found.push({ start, end: start + id.length })
  } else if (node.op === 'index' && isStep(node.of)) {
    const { at } = node
    if (at.op === 'literal' && at.value === id) {
      const start = source.indexOf(id, at.start)
      if (start === -1 || start >= at.end) throw new Refusal('An id is written with escapes.')
      found.push({ start, end: start + id.length })
    }
  }
  const macro = node.op === 'call' ? macroOf(node) : undefined
  if (macro !== undefined && 'variable' in macro && macro.variable === 'steps') {
    // Its own `steps` hides the real ones in its body, not in what it goes over.
    collect(macro.kind === 'bind' ? macro.value : macro.list, collecting)
    return
  }
  for (const child of childrenOf(node)) collect(child, collecting)
}

/** The ranges in the text of the file for those in the value of one scalar. */
function scalarEdits(
  document: Document,
  { at, before, after, spans }: Change,
  { from, to }: { from: string; to: string },
): readonly TextEdit[] {
  const whole = document.span(at)
  const raw = document.text.slice(whole.start, whole.end)
  // A block text begins after its first line, which may have a comment.
  const skip = /^[|>]/.test(raw) ? raw.indexOf('\n') + 1 : 0
  const inValue = placesOf(before, from, 0)
  const inRaw = placesOf(raw, from, skip)
  if (inValue.length === inRaw.length) {
    return spans.map(({ start }) => {
      const place = whole.start + (inRaw[inValue.indexOf(start)] ?? 0)
      return { span: { start: place, end: place + from.length }, text: to }
    })
  }
  if (!raw.startsWith('"')) {
    throw new Refusal(`The text at "${at}" is written in a way that cannot be edited.`)
  }
  return [{ span: whole, text: printText(after, { isInline: true, quote: '"' }) }]
}

/** Where `word` occurs in `text`, from `from` on; occurrences do not overlap. */
function placesOf(text: string, word: string, from: number): readonly number[] {
  const places: number[] = []
  for (let at = text.indexOf(word, from); at !== -1; at = text.indexOf(word, at + word.length)) {
    places.push(at)
  }
  return places
}
