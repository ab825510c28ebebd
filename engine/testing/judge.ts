/**
 * Compares what came of a case with what its author expects, point by point, each with its
 * place in the test file.
 */
import { pointer, type Json } from '#engine/core/json.ts'
import { parseDuration, printDuration } from '#engine/dsl/duration.ts'

import type { Call, Stop } from './caller.ts'
import { differences, type Difference } from './difference.ts'
import type { Case, Expect, ExpectedError, PartOfPath } from './file.ts'
import { isMeant } from './mock.ts'
import type { CaseRun } from './run-case.ts'

/** One thing that is not as expected. */
export interface Fault extends Stop {
  readonly differences?: readonly Difference[]
}

/** What is wrong with `run`; nothing when the case passes. `at` is the place of the case. */
export function judge(one: Case, run: CaseRun, at: string): readonly Fault[] {
  const { expect = {} } = one
  // What stopped a case explains all else that is missing.
  if (run.stop !== undefined && (run.view === undefined || !isOver(run))) return [run.stop]
  const faults: Fault[] = []
  const here = `${at}/expect`
  const judging: Judging = { run, at: here, faults }
  judgeEnd(judging, expect, one.expect === undefined ? at : here)
  judgeOutput(judging, expect)
  if (expect.path !== undefined) judgePath(judging, expect.path)
  if (expect.calls !== undefined) judgeCalls(judging, expect.calls)
  if (expect.budget !== undefined) judgeBudget(judging, expect.budget)
  if (run.stop !== undefined) faults.push(run.stop)
  return faults
}

interface Judging {
  readonly run: CaseRun
  readonly at: string
  readonly faults: Fault[]
}

function isOver({ status }: CaseRun): boolean {
  return status === 'done' || status === 'failed' || status === 'cancelled'
}

// ─── How it ended ───────────────────────────────────────────────────────────

function judgeEnd({ run, faults, at }: Judging, expect: Expect, place: string): void {
  const wanted = expect.status ?? (expect.error === undefined ? 'done' : 'failed')
  const status = run.status === 'running' ? 'parked' : run.status
  if (status !== wanted) {
    const why = run.error === null ? '' : ` ${run.error.code}: ${run.error.message}`
    const waits = status === 'parked' ? waitingText(run) : ''
    const message = `The run must be ${wanted} and is ${status}.${why}${waits}`
    const own =
      expect.status === undefined ? (expect.error === undefined ? '' : '/error') : '/status'
    faults.push({ at: place === at ? at + own : place, message })
    return
  }
  if (expect.error !== undefined) judgeError({ run, faults, at }, expect.error)
}

function waitingText({ view }: CaseRun): string {
  const waits = view?.steps.findLast(({ status }) => status === 'waiting' || status === 'running')
  return waits === undefined
    ? ''
    : ` The step "${waits.path}" waits for something that does not come.`
}

function judgeError({ run, faults, at }: Judging, expected: string | ExpectedError): void {
  const wanted: ExpectedError = typeof expected === 'string' ? { code: expected } : expected
  const { code, message, step } = wanted
  const place = `${at}/error`
  const came = run.error
  if (came === null) {
    faults.push({ at: place, message: 'The run ends without an error.' })
    return
  }
  if (code !== undefined && came.code !== code) {
    const text = `The run must fail with ${code}, but ${came.code} came: ${came.message}`
    faults.push({ at: place, message: text })
  } else if (message !== undefined && !came.message.includes(message)) {
    const difference = { at: '', expected: message, actual: came.message }
    const text = `The message of the failure does not hold "${message}".`
    faults.push({ at: `${place}/message`, message: text, differences: [difference] })
  }
  const last = run.records.at(-1)
  const path = last?.kind === 'run.failed' ? last.path : ''
  if (step !== undefined && step !== path && step !== run.idOf(path)) {
    const text = `The step "${step}" must fail, but ${path === '' ? 'the run itself' : `"${path}"`} did.`
    faults.push({ at: `${place}/step`, message: text })
  }
}

function judgeOutput({ run, faults, at }: Judging, expect: Expect): void {
  for (const [key, manner] of [
    ['output', 'whole'],
    ['part', 'part'],
  ] as const) {
    const wanted = expect[key]
    if (wanted === undefined || run.status !== 'done') continue
    const found = differences(wanted, run.output, manner)
    if (found.length === 0) continue
    const message = 'The output is not the expected one.'
    faults.push({ at: `${at}/${key}`, message, differences: found })
  }
}

// ─── Which way it went ──────────────────────────────────────────────────────

/** Ids of the steps that ran, each once, in the order in which they first began. */
export function wayOf({ view, idOf }: CaseRun): readonly string[] {
  return [...new Set((view?.steps ?? []).map(({ path }) => idOf(path)))]
}

function judgePath(judging: Judging, path: readonly string[] | PartOfPath): void {
  const { run, faults, at } = judging
  const place = `${at}/path`
  if (isWhole(path)) {
    const expected = path
    const actual = wayOf(run)
    if (expected.length === actual.length && expected.every((id, i) => id === actual[i])) return
    const message = 'The run took another way.'
    faults.push({ at: place, message, differences: [{ at: '', expected, actual }] })
    return
  }
  const paths = (run.view?.steps ?? []).map((step) => step.path)
  const isNamed = (name: string, one: string): boolean => name === one || name === run.idOf(one)
  let from = 0
  for (const [index, name] of (path.includes ?? []).entries()) {
    const found = paths.findIndex((one, i) => i >= from && isNamed(name, one))
    if (found === -1) {
      const ran = paths.some((one) => isNamed(name, one))
      const message = ran
        ? `The step "${name}" ran, but before those that it must come after.`
        : `The step "${name}" did not run.`
      faults.push({ at: `${place}/includes/${index}`, message })
    } else from = found + 1
  }
  for (const [index, name] of (path.excludes ?? []).entries()) {
    if (!paths.some((one) => isNamed(name, one))) continue
    const message = `The step "${name}" ran and must not.`
    faults.push({ at: `${place}/excludes/${index}`, message })
  }
}

function isWhole(path: readonly string[] | PartOfPath): path is readonly string[] {
  return Array.isArray(path)
}

// ─── What it asked of the world ─────────────────────────────────────────────

function judgeCalls(judging: Judging, calls: NonNullable<Expect['calls']>): void {
  for (const [name, expected] of Object.entries(calls)) {
    const place = `${judging.at}/calls${pointer(name)}`
    const made = judging.run.calls.filter((call) => isMeant(name, call))
    const wanted = typeof expected === 'number' ? expected : expected.length
    if (made.length !== wanted) judging.faults.push(countFault({ name, place, wanted, made }))
    else if (typeof expected !== 'number') judgeInputs(judging, { place, expected, made })
  }
}

function countFault(one: {
  readonly name: string
  readonly place: string
  readonly wanted: number
  readonly made: readonly Call[]
}): Fault {
  const { name, place, wanted, made } = one
  const message = `"${name}" must be called ${timesText(wanted)} and is called ${timesText(made.length)}.`
  const inputs = made.slice(0, inputsShownMax).map(({ input }) => input)
  const difference = { at: '', actual: inputs }
  return { at: place, message, ...(made.length === 0 ? {} : { differences: [difference] }) }
}

const inputsShownMax = 5

function judgeInputs(
  { faults }: Judging,
  one: {
    readonly place: string
    readonly expected: readonly Json[]
    readonly made: readonly Call[]
  },
): void {
  for (const [index, wanted] of one.expected.entries()) {
    const call = one.made[index]
    if (call === undefined) continue
    const found = differences(wanted, call.input, 'part')
    if (found.length === 0) continue
    const message = `Call ${index + 1} ("${call.path}") is given something else.`
    faults.push({ at: one.place + pointer(index), message, differences: found })
  }
}

function timesText(count: number): string {
  return count === 0 ? 'never' : count === 1 ? 'once' : `${count} times`
}

function judgeBudget({ run, faults, at }: Judging, budget: NonNullable<Expect['budget']>): void {
  const place = `${at}/budget`
  const most = budget.time === undefined ? undefined : parseDuration(budget.time)
  if (most !== undefined && run.tookMs > most) {
    const message = `The run takes ${printDuration(run.tookMs)}, more than ${budget.time}.`
    faults.push({ at: `${place}/time`, message })
  }
  if (budget.calls !== undefined && run.calls.length > budget.calls) {
    const message = `The run makes ${run.calls.length} calls, more than ${budget.calls}.`
    faults.push({ at: `${place}/calls`, message })
  }
  const steps = run.view?.steps.length ?? 0
  if (budget.steps !== undefined && steps > budget.steps) {
    const message = `The run begins ${steps} steps, more than ${budget.steps}.`
    faults.push({ at: `${place}/steps`, message })
  }
  judgeSpent({ run, faults, at }, budget)
}

function judgeSpent({ run, faults, at }: Judging, budget: NonNullable<Expect['budget']>): void {
  const { usdMicros = 0, tokens = 0, turns = 0 } = run.view?.spent ?? {}
  const spent = { usd: usdMicros / 1e6, tokens, turns }
  for (const unit of ['usd', 'tokens', 'turns'] as const) {
    const most = budget[unit]
    if (most === undefined || spent[unit] <= most) continue
    const message = `The run spends ${spent[unit]} ${unit} on models, more than ${most}.`
    faults.push({ at: `${at}/budget/${unit}`, message })
  }
}
