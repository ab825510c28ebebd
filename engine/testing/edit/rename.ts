/**
 * Renames a step in a test file: wherever the file names it by its id or in a path.
 *
 * Pure, and by ranges: everything else keeps its bytes. A path leads into steps of other files
 * where it passes a call of a flow or a component; names behind that are theirs.
 */
import { isObject, pointer, type Json, type JsonObject } from '#engine/core/json.ts'
import type { TextEdit } from '#engine/core/problem.ts'
import type { Document } from '#engine/dsl/text.ts'

import type { Outline } from '#engine/testing/outline.ts'

export interface StepName {
  readonly from: string
  readonly to: string
  /** Of the flow, as it was. */
  readonly outline: Outline
}

/** The edits of a test file; undefined where a name is written in a way that no edit fits. */
export function renameInTest(document: Document, name: StepName): readonly TextEdit[] | undefined {
  const edits: TextEdit[] = []
  for (const { at, part, text } of namesIn(document.value)) {
    const after = renamed(text, name)
    if (after === text) continue
    const span = document.span(at, part)
    const raw = document.text.slice(span.start, span.end)
    const quote = /^["']/.exec(raw)?.[0] ?? ''
    if (raw !== quote + text + quote) return undefined
    edits.push({ span, text: quote + after + quote })
  }
  return edits
}

interface Place {
  readonly at: string
  readonly part: 'key' | 'value'
  readonly text: string
}

/** Every place that may name a step. */
function namesIn(test: Json | undefined): readonly Place[] {
  if (!isObject(test)) return []
  const { cases } = test
  const list = Array.isArray(cases) ? (cases as readonly Json[]) : []
  return [
    ...keysOf(test['mocks'], '/mocks'),
    ...textsOf(test['allow'], '/allow'),
    ...list.flatMap((one, i) => (isObject(one) ? inCase(one, pointer('cases', i)) : [])),
  ]
}

function inCase(one: JsonObject, at: string): readonly Place[] {
  const expect = isObject(one['expect']) ? one['expect'] : {}
  const { path, error, calls } = expect
  const when = Array.isArray(one['when']) ? (one['when'] as readonly Json[]) : []
  const parts = isObject(path) ? path : {}
  return [
    ...keysOf(one['mocks'], `${at}/mocks`),
    ...textsOf(one['allow'], `${at}/allow`),
    ...when.flatMap((moment, i) => (isObject(moment) ? inMoment(moment, `${at}/when/${i}`) : [])),
    ...textsOf(path, `${at}/expect/path`),
    ...textsOf(parts['includes'], `${at}/expect/path/includes`),
    ...textsOf(parts['excludes'], `${at}/expect/path/excludes`),
    ...(isObject(error) ? textOf(error['step'], `${at}/expect/error/step`) : []),
    ...keysOf(calls, `${at}/expect/calls`),
  ]
}

function inMoment(moment: JsonObject, at: string): readonly Place[] {
  return ['after', 'approve', 'reject', 'settle'].flatMap((key) => {
    const value = moment[key]
    return isObject(value)
      ? textOf(value['step'], `${at}/${key}/step`)
      : textOf(value, `${at}/${key}`)
  })
}

function keysOf(map: Json | undefined, at: string): readonly Place[] {
  if (!isObject(map)) return []
  return Object.keys(map).map((text) => ({ at: at + pointer(text), part: 'key', text }))
}

function textsOf(list: Json | undefined, at: string): readonly Place[] {
  return Array.isArray(list) ? list.flatMap((one: Json, i) => textOf(one, `${at}/${i}`)) : []
}

function textOf(value: Json | undefined, at: string): readonly Place[] {
  return typeof value === 'string' ? [{ at, part: 'value', text: value }] : []
}

/** A name of a step, or a path, with the step's new id; the name of an action stays. */
function renamed(text: string, { from, to, outline }: StepName): string {
  const parts = text.split('/')
  const after: string[] = []
  for (const [i, part] of parts.entries()) {
    const id = part.replace(/\[[0-9]+\]$/, '')
    after.push(id === from ? to + part.slice(id.length) : part)
    const step = outline.steps.get(id)
    // An action such as std/git/log begins with no step.
    if (step === undefined && i === 0) return text
    const leadsOut = step?.calls?.kind === 'flow' || outline.components.has(id)
    if (leadsOut) return [...after, ...parts.slice(i + 1)].join('/')
  }
  return after.join('/')
}
