/**
 * Checks a test file: its shape, and that what it names is in the flow that it tests.
 *
 * Pure and total, like the checks of flows; mocks without expressions are held to the
 * schemas of their actions here, the others when they answer.
 */
import testSchema from '#schemas/test.json' with { type: 'json' }

import { isObject, pointer, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { hasErrors, type Problem } from '#engine/core/problem.ts'
import type { Validator } from '#engine/core/schema.ts'
import { locate } from '#engine/dsl/check/locate.ts'
import type { ShapeSchema } from '#engine/dsl/check/node.ts'
import { checkShape } from '#engine/dsl/check/shape.ts'
import { parseDuration } from '#engine/dsl/duration.ts'
import { isSignalName, isSubject } from '#engine/dsl/subject.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import { parseTemplate } from '#engine/dsl/template.ts'
import type { Document } from '#engine/dsl/text.ts'

import type { Answer, Case, Moment, TestFile } from './file.ts'
import { stepAt, type Outline } from './outline.ts'

/** What a test file may lean on, answered from the flow that it tests. */
export interface TestWorld {
  readonly outline: Outline
  /** What an action says of its output; undefined where it says nothing. */
  outputCheck(action: string): Validator | undefined
}

export interface CheckedTest {
  /** Absent when there are errors. */
  readonly test?: TestFile
  readonly problems: readonly Problem[]
}

/** Whether the text has the shape of a test file; what it names is asked by `checkTest`. */
export function checkTestShape(document: Document): CheckedTest {
  if (document.value === undefined) return { problems: document.problems }
  const found = checkShape(document, testSchema as ShapeSchema)
  return settled(document, found)
}

/** Checks a file whose shape is right against the flow that it tests. */
export function checkTest(document: Document, test: TestFile, world: TestWorld): CheckedTest {
  const checking: Checking = { document, world, problems: [] }
  mocksOf(checking, test.mocks, '/mocks')
  namesOf(checking, test.allow, '/allow', 'call')
  const names = new Map<string, number>()
  for (const [index, one] of test.cases.entries()) {
    const at = pointer('cases', index)
    const before = names.get(one.name)
    if (before === undefined) names.set(one.name, index)
    else
      twin(checking, { name: one.name, at: `${at}/name`, first: pointer('cases', before, 'name') })
    checkCase(checking, one, at)
  }
  return settled(document, checking.problems)
}

interface Checking {
  readonly document: Document
  readonly world: TestWorld
  readonly problems: Problem[]
}

function settled(document: Document, found: readonly Problem[]): CheckedTest {
  const located = locate(document, found.slice(0, limits.problemsPerFileMax))
  const problems = [...document.problems, ...located]
  const test = document.value as unknown as TestFile
  return hasErrors(problems) ? { problems } : { test, problems }
}

function checkCase(checking: Checking, one: Case, at: string): void {
  mocksOf(checking, one.mocks, `${at}/mocks`)
  namesOf(checking, one.allow, `${at}/allow`, 'call')
  for (const [index, moment] of (one.when ?? []).entries()) {
    checkMoment(checking, moment, `${at}/when/${index}`)
  }
  const { expect = {} } = one
  const here = `${at}/expect`
  const { path, error, calls } = expect
  if (Array.isArray(path)) namesOf(checking, path as readonly string[], `${here}/path`)
  else if (path !== undefined) {
    const { includes, excludes } = path as { includes?: string[]; excludes?: string[] }
    namesOf(checking, includes, `${here}/path/includes`)
    namesOf(checking, excludes, `${here}/path/excludes`)
  }
  if (isObject(error) && typeof error['step'] === 'string') {
    nameOf(checking, { name: error['step'], at: `${here}/error/step` })
  }
  for (const name of Object.keys(calls ?? {})) {
    nameOf(checking, { name, at: `${here}/calls${pointer(name)}`, isCall: true, isKey: true })
  }
  if (expect.status === 'done' && error !== undefined) {
    const message = 'A run that is done has no error; expect one of the two.'
    tell(checking, { at: `${here}/error`, message })
  }
}

/** Keys of a moment that say when it is; the others say what happens. */
const timing = new Set(['at', 'after', 'delay'])

function checkMoment(checking: Checking, moment: Moment, at: string): void {
  const what = Object.keys(moment).filter((key) => !timing.has(key))
  if (moment.at !== undefined && moment.after !== undefined) {
    const message = 'The moment has "at" and "after"; it comes once.'
    tell(checking, { at: `${at}/after`, message, help: 'Write "delay" for a time after a step.' })
  }
  if (moment.delay !== undefined && moment.after === undefined) {
    tell(checking, {
      at: `${at}/delay`,
      message: '"delay" counts from the step that "after" names.',
    })
  }
  if (what.length !== 1) {
    const message =
      what.length === 0 ? 'The moment does not say what happens.' : 'A moment is one thing only.'
    tell(checking, {
      at,
      message,
      help: 'Give it one of: cancel, signal, event, approve, reject, settle, crash.',
    })
  }
  if (moment.after !== undefined) nameOf(checking, { name: moment.after, at: `${at}/after` })
  topicsOf(checking, moment, at)
  for (const key of ['approve', 'reject', 'settle'] as const) {
    const told = moment[key]
    if (typeof told === 'string') nameOf(checking, { name: told, at: `${at}/${key}` })
    else if (told !== undefined) nameOf(checking, { name: told.step, at: `${at}/${key}/step` })
  }
  for (const key of ['at', 'delay'] as const) wait(checking, moment[key], `${at}/${key}`)
}

/** Names of signals and subjects of events, as the engine takes them. */
function topicsOf(checking: Checking, { signal, event }: Moment, at: string): void {
  const name = typeof signal === 'string' ? signal : signal?.name
  if (name !== undefined && !isSignalName(name)) {
    const place = `${at}/signal${typeof signal === 'string' ? '' : '/name'}`
    tell(checking, { at: place, message: `"${name}" is no name of a signal.` })
  }
  const subject = typeof event === 'string' ? event : event?.subject
  if (subject !== undefined && !isSubject(subject)) {
    const place = `${at}/event${typeof event === 'string' ? '' : '/subject'}`
    tell(checking, { at: place, message: `"${subject}" is no subject of an event.` })
  }
}

function wait(checking: Checking, text: string | undefined, at: string): void {
  const ms = text === undefined ? 0 : parseDuration(text)
  if (ms === undefined || ms <= limits.testVirtualMsMax) return
  const years = limits.testVirtualMsMax / (365 * 24 * 3_600_000)
  const message = `"${text}" is longer than ${years} years, and no test waits longer.`
  checking.problems.push({ code: 'DSL_LIMIT_EXCEEDED', severity: 'error', message, at })
}

// ─── Mocks ──────────────────────────────────────────────────────────────────

function mocksOf(checking: Checking, mocks: TestFile['mocks'], at: string): void {
  for (const [key, mock] of Object.entries(mocks ?? {})) {
    const here = at + pointer(key)
    const action = nameOf(checking, { name: key, at: here, isCall: true, isKey: true })
    if (!Array.isArray(mock)) answer(checking, mock as Answer, { at: here, action })
    else {
      for (const [index, one] of (mock as readonly Answer[]).entries())
        answer(checking, one, { at: here + pointer(index), action })
    }
  }
}

function answer(
  checking: Checking,
  one: Answer,
  { at, action }: { readonly at: string; readonly action: string | undefined },
): void {
  if ((one.output === undefined) === (one.error === undefined)) {
    const message =
      one.error === undefined
        ? 'The mock does not say what comes back.'
        : 'The mock has "output" and "error"; a call ends one way.'
    tell(checking, { at, message, help: 'Give it an "output" or an "error".' })
  }
  wait(checking, one.delay, `${at}/delay`)
  if (one.output === undefined) return
  const { template, problems } = parseTemplate(one.output, `${at}/output`)
  checking.problems.push(...problems)
  if (template.kind !== 'value' || action === undefined) return
  const wrong = checking.world.outputCheck(action)?.(template.value)
  if (wrong === undefined) return
  const message = `"${action}" never gives this: its output${wrong.at === '' ? '' : ` at "${wrong.at}"`} ${wrong.message}`
  tell(checking, { at: `${at}/output${wrong.at}`, message })
}

// ─── Names ──────────────────────────────────────────────────────────────────

function namesOf(
  checking: Checking,
  names: readonly string[] | undefined,
  at: string,
  as?: 'call',
): void {
  for (const [index, name] of (names ?? []).entries()) {
    nameOf(checking, { name, at: at + pointer(index), isCall: as === 'call' })
  }
}

interface Named {
  readonly name: string
  readonly at: string
  /** It may name an action as well, and names something that is called. */
  readonly isCall?: boolean
  /** It is a key, and its place that of a key. */
  readonly isKey?: boolean
}

/** Checks that a step or an action is there; the action behind it, where it is called. */
function nameOf(checking: Checking, named: Named): string | undefined {
  const { name, isCall = false } = named
  const { steps } = checking.world.outline
  const called = [...steps.values()].flatMap(({ calls }) =>
    calls?.kind === 'action' ? [calls.name] : [],
  )
  if (isCall && called.includes(name)) return name
  const id = stepAt(name, checking.world.outline.components)
  const step = steps.get(id)
  const isPlain = name === id || name.includes('[') || isBelow(checking, name)
  if (step !== undefined && isPlain) {
    if (!isCall || step.calls !== undefined) return step.calls?.name
    const help = 'Mocks answer steps that call an action, a transform or a flow.'
    tell(checking, {
      ...placeOf(checking, named),
      message: `The step "${id}" calls nothing.`,
      help,
    })
    return undefined
  }
  // A step of a flow that this one calls: its steps are not looked at here.
  if (name.includes('/') && isBelow(checking, name)) return undefined
  if (isCall && /^[a-z][a-z0-9-]*(?:\/[a-z][a-z0-9-]*){1,2}$/.test(name) && callsFlows(checking)) {
    return undefined
  }
  unknown(checking, named, isCall ? [...steps.keys(), ...called] : [...steps.keys()])
  return undefined
}

function placeOf({ document }: Checking, { at, isKey }: Named): Pick<Problem, 'at' | 'span'> {
  return isKey === true ? { at, span: document.span(at, 'key') } : { at }
}

/** Whether a path leads through a step of the flow. */
function isBelow({ world }: Checking, path: string): boolean {
  return world.outline.steps.has((path.split('/')[0] ?? '').replace(/\[\d+\]$/, ''))
}

function callsFlows({ world }: Checking): boolean {
  return [...world.outline.steps.values()].some(({ calls }) => calls?.kind === 'flow')
}

function unknown(checking: Checking, named: Named, known: readonly string[]): void {
  const { name } = named
  const meant = suggest(name, known)
  const what = name.includes('/') ? 'step or action' : 'step'
  checking.problems.push({
    code: 'DSL_NAME_UNKNOWN',
    severity: 'error',
    message: `The flow has no ${what} "${name}".`,
    ...placeOf(checking, named),
    ...(meant === undefined ? {} : { help: `Did you mean "${meant}"?` }),
  })
}

function twin(
  checking: Checking,
  { name, at, first }: { readonly name: string; readonly at: string; readonly first: string },
): void {
  checking.problems.push({
    code: 'DSL_KEY_DUPLICATE',
    severity: 'error',
    message: `Another case of this file is called "${name}" too.`,
    at,
    related: [{ message: 'It is used here first.', at: first }],
  })
}

function tell(checking: Checking, one: Pick<Problem, 'at' | 'span' | 'message' | 'help'>): void {
  checking.problems.push({ code: 'DSL_VALUE_FORMAT', severity: 'error', ...one })
}

/** The `flow:` of a test file; for `x.test.yaml` without one, `x.flow.yaml`. */
export function flowOf(file: string, value: Json | undefined): string {
  const folder = file.slice(0, file.lastIndexOf('/') + 1)
  const written = isObject(value) ? (value as JsonObject)['flow'] : undefined
  if (typeof written === 'string') return folder + written
  return file.replace(/\.test\.(ya?ml)$/, '.flow.$1')
}
