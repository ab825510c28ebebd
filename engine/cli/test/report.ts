/**
 * What came of tests, as a person reads it: every case on a line, what failed with its place
 * in the test file and what differs, what no case reached with its line in the flow.
 */
import type { Span } from '#engine/core/problem.ts'
import { markedText, type ReadText } from '#engine/cli/problem-text.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { printDuration } from '#engine/dsl/duration.ts'
import type { Document } from '#engine/dsl/text.ts'
import type { CaseResult, Fault, FileResult, FlowCoverage } from '#engine/host/testing/run-tests.ts'

import { differenceLines } from './differ.ts'

export interface Telling {
  readonly terminal: Terminal
  readonly readText: ReadText
}

/** Tells the cases of one file. */
export function tellFile(
  { terminal, readText }: Telling,
  { test, cases, updated }: FileResult,
): void {
  const { paint, glyphs } = terminal
  if (cases.length > 0) terminal.note(paint('bold', printable(test.file)))
  for (const one of cases) {
    const isGood = one.faults.length === 0
    const sign = isGood ? paint('ok', glyphs.ok) : paint('fail', glyphs.fail)
    terminal.note(`  ${sign} ${printable(one.name)} ${paint('muted', `(${timeText(one)})`)}`)
    for (const fault of one.faults) tellFault({ terminal, readText }, test.document, fault)
  }
  if (updated !== undefined) terminal.note(`  ${paint('warn', 'updated')} ${printable(updated)}`)
}

/** How long it took, and how long it took in the time of the test. */
function timeText({ wallMs, virtualMs }: CaseResult): string {
  const own = `${Math.round(wallMs)} ms`
  return virtualMs === 0 ? own : `${own}, in it ${printDuration(virtualMs)}`
}

function tellFault({ terminal, readText }: Telling, document: Document, fault: Fault): void {
  const say = (text: string): void => {
    for (const line of text.split('\n')) terminal.note(`      ${line}`)
  }
  say(printable(fault.message))
  say(markedText(terminal, { file: document.file, span: spanOf(document, fault.at) }, readText))
  for (const difference of fault.differences ?? []) {
    for (const line of differenceLines(terminal, difference)) say(line)
  }
  if (fault.help !== undefined) say(`${terminal.paint('note', '=')} help: ${printable(fault.help)}`)
}

/** The line to show for a place: of its key, where the value goes over several. */
export function spanOf(document: Document, at: string): Span {
  const value = document.span(at)
  const isKeyed = !/\/\d+$/.test(at)
  const isLong = document.text.slice(value.start, value.end).includes('\n')
  const { start, end } = isLong && isKeyed ? document.span(at, 'key') : value
  const lineEnd = document.text.indexOf('\n', start)
  return { start, end: lineEnd === -1 ? end : Math.min(end, lineEnd) }
}

/** Tells what the tests of a flow reach, and names what they do not. */
export function tellCoverage({ terminal }: Telling, coverage: FlowCoverage): void {
  const { flow, steps, branches, missedSteps, missedBranches } = coverage
  const isWhole = missedSteps.length + missedBranches.length === 0
  const counts = `steps ${countText(steps)}, branches ${countText(branches)}`
  const tone = isWhole ? 'ok' : 'warn'
  terminal.note(`${printable(flow.file)}  ${terminal.paint(tone, counts)}`)
  const missed = [
    ...missedSteps.map(({ id, at }) => ({ at, text: `the step "${id}" never runs` })),
    ...missedBranches.map(({ step, name, at }) => ({ at, text: wayText(step, name) })),
  ]
  const lines = missed.map(({ at, text }) => ({ line: lineOf(flow, at, 'key'), text }))
  for (const { line, text } of lines.toSorted((a, b) => a.line - b.line)) {
    terminal.note(`  ${printable(flow.file)}:${line}  ${printable(text)}`)
  }
}

function countText({ covered, all }: { readonly covered: number; readonly all: number }): string {
  return `${covered}/${all}`
}

function wayText(step: string, name: string): string {
  if (name === 'none') return `the condition of "${step}" always holds`
  if (name === 'timeout') return `"${step}" is never out of time`
  if (name.startsWith('catch:')) return `this "catch" of "${step}" never takes an error`
  return `"${step}" never goes to ${name.replace(/^case:/, 'the case ')}`
}

/** The line of a place, or of the key in front of it. */
export function lineOf(document: Document, at: string, part: 'key' | 'value' = 'value'): number {
  return document.lines.position(document.span(at, part).start).line
}
