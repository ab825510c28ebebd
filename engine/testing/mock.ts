/**
 * What answers in place of the world: the mocks of a file and of its cases, read once and
 * looked up by path, by step, by action.
 */
import type { Failure } from '#engine/core/error.ts'
import { pointer, type Json } from '#engine/core/json.ts'
import { parseDuration } from '#engine/dsl/duration.ts'
import { compileTemplate, parseTemplate, type Scope, type Template } from '#engine/dsl/template.ts'

import { microsOf } from '#engine/runtime/budget/spent.ts'
import type { Spent } from '#engine/runtime/budget/usage.ts'

import type { Answer, MockFailure, TestFile } from './file.ts'

/** One answer, ready to be given. */
export interface Ready {
  /** JSON Pointer of the answer in the test file. */
  readonly at: string
  /** Absent for a failure. Throws `RUN_EXPRESSION_FAILED`. */
  readonly output?: (scope: Scope) => Json
  readonly error?: Failure
  readonly delayMs: number
  /** What the call spends on models. */
  readonly spent?: Spent
}

export interface Mock {
  readonly key: string
  /** JSON Pointer of the mock in the test file. */
  readonly at: string
  /** The one answer of every call, or one for each. */
  readonly answers: readonly Ready[]
  readonly isList: boolean
}

export type Mocks = ReadonlyMap<string, Mock>

/** Where a call comes from. */
export interface CallPlace {
  /** From the flow under test: `call/inner` for a step of a flow that it calls. */
  readonly path: string
  /** Absent for a step of another flow, which has ids of its own. */
  readonly id?: string
  readonly action: string
}

/** Reads mocks that were checked; `at` is their place in the file. */
export function readMocks(mocks: TestFile['mocks'], at: string): Mocks {
  const read = new Map<string, Mock>()
  for (const [key, mock] of Object.entries(mocks ?? {})) {
    const here = at + pointer(key)
    const isList = Array.isArray(mock)
    const answers = isList
      ? (mock as readonly Answer[]).map((one, index) => readAnswer(one, here + pointer(index)))
      : [readAnswer(mock as Answer, here)]
    read.set(key, { key, at: here, answers, isList })
  }
  return read
}

/** The mock that answers a call: of the first of `books` that has one. */
export function findMock(books: readonly Mocks[], place: CallPlace): Mock | undefined {
  for (const book of books) {
    const byStep = book.get(place.path) ?? (place.id === undefined ? undefined : book.get(place.id))
    const found = byStep ?? book.get(place.action)
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether a name that a test uses for a step or an action means this call. */
export function isMeant(name: string, { path, id, action }: CallPlace): boolean {
  return name === path || name === id || name === action
}

/** The place of a call in a run whose steps stand below `prefix`; `idOf` is of the flow under test. */
export function placeOf(
  call: { readonly prefix: string; readonly path: string; readonly action: string },
  idOf: (path: string) => string,
): CallPlace {
  const { prefix, path, action } = call
  if (prefix !== '') return { path: `${prefix}/${path}`, action }
  return { path, id: idOf(path), action }
}

function readAnswer({ output, error, delay, usage }: Answer, at: string): Ready {
  const delayMs = delay === undefined ? 0 : (parseDuration(delay) ?? 0)
  const base = { at, delayMs, ...(usage === undefined ? {} : { spent: spentBy(usage) }) }
  if (error === undefined) {
    const { template } = parseTemplate(output ?? null, `${at}/output`)
    return { ...base, output: compileTemplate(asData(template)) }
  }
  const given: MockFailure = typeof error === 'string' ? { code: error } : error
  const { code, message = 'The mock says so.', data } = given
  return { ...base, error: data === undefined ? { code, message } : { code, message, data } }
}

function spentBy({ usd, ...counts }: NonNullable<Answer['usage']>): Spent {
  return usd === undefined ? counts : { usdMicros: microsOf(usd), ...counts }
}

/** The world gives data: what a flow would read as a secret is what it says. */
function asData(template: Template): Template {
  switch (template.kind) {
    case 'secret':
      return { kind: 'value', value: { secret: template.name } }
    case 'list':
      return { kind: 'list', items: template.items.map(asData) }
    case 'map': {
      const entries = template.entries.map(([key, part]) => [key, asData(part)] as const)
      return { kind: 'map', entries }
    }
    default:
      return template
  }
}
