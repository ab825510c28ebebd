/**
 * A change for people at a terminal: what each flow gains and loses, then what a reviewer
 * must know, then the digest that an approval is for.
 */
import { printable } from '#engine/cli/source.ts'
import type { Terminal, Tone } from '#engine/cli/terminal.ts'
import type { RepositoryChange } from '#engine/host/repository/change.ts'
import type { FlowRuns, RunsByFlow } from '#engine/host/runs/recorded-runs.ts'
import {
  type Finding,
  type FlowChange,
  severities,
  type StepChange,
} from '#engine/plan/change/change.ts'
import { wordsOf } from '#engine/plan/change/values.ts'

import { outcomeWords, replayWords, underWayWords, valueWords } from './runs-words.ts'
import { lineOf, severityTones, shortCommit } from './words.ts'

const signs = { added: '+', removed: '-', changed: '~', renamed: '~', moved: '>' } as const
const tones: Readonly<Record<keyof typeof signs, Tone>> = {
  added: 'ok',
  removed: 'fail',
  changed: 'warn',
  renamed: 'warn',
  moved: 'note',
}

const valuesShownMax = 12

/** The change as text; `isFull` shows every value. */
export function planText(
  terminal: Terminal,
  result: RepositoryChange,
  { isFull, recorded }: { readonly isFull: boolean; readonly recorded: RunsByFlow },
): string {
  const { change, base, head } = result
  const lines = [
    paint(terminal, 'muted', `${endText(base)} → ${endText(head)}`),
    ...change.flows.flatMap((flow) => [
      '',
      ...flowLines(terminal, result, { flow, isFull, recorded: recorded.get(flow.id) }),
    ]),
    ...packageLines(terminal, result),
    ...conflictLines(terminal, result.conflicts),
    '',
    summary(result),
    ...(change.flows.length === 0 ? [] : [paint(terminal, 'muted', `plan ${change.planDigest}`)]),
  ]
  return lines.join('\n')
}

/** Text of somebody's file never drives the terminal. */
function paint(terminal: Terminal, tone: Tone, text: string): string {
  return terminal.paint(tone, printable(text))
}

function endText({ name, commit }: RepositoryChange['base']): string {
  return commit === undefined || commit.startsWith(name) ? name : `${name} (${shortCommit(commit)})`
}

interface Shown {
  readonly flow: FlowChange
  readonly isFull: boolean
  readonly recorded: FlowRuns | undefined
}

function flowLines(
  terminal: Terminal,
  result: RepositoryChange,
  { flow, isFull, recorded }: Shown,
): readonly string[] {
  const moved = flow.was === undefined ? '' : `  (was ${flow.was})`
  const head = `${signs[flow.kind]} ${flow.id}`
  const width = Math.max(0, ...flow.steps.map(({ id }) => id.length))
  return [
    `${paint(terminal, tones[flow.kind], head)}  ${paint(terminal, 'muted', flow.file + moved)}`,
    ...flow.steps.flatMap((step) => stepLines(terminal, { step, width, isFull })),
    ...valueLines(flow.values, { indent: '  ', isFull }),
    ...flow.findings.map((finding) => findingLine(terminal, result, finding)),
    ...runsLines(terminal, recorded),
  ]
}

/** Runs that go on as they are, and how the latest ones would go with the new plan. */
function runsLines(terminal: Terminal, recorded: FlowRuns | undefined): readonly string[] {
  if (recorded === undefined) return []
  const { underWay, replayed } = recorded
  return [
    ...(underWay === 0 ? [] : [`  ${paint(terminal, 'muted', underWayWords(underWay))}`]),
    ...(replayed.length === 0 ? [] : [`  ${paint(terminal, 'muted', replayWords(replayed))}`]),
    ...replayed
      .filter(({ outcome }) => outcome.verdict !== 'same')
      .map(({ run, outcome }) => {
        const tone = outcome.verdict === 'different' ? 'warn' : 'note'
        const value = valueWords(outcome)
        const words = paint(terminal, tone, `${run}  ${outcomeWords(outcome)}`)
        return `    ${words}${value === '' ? '' : `  ${paint(terminal, 'muted', value)}`}`
      }),
  ]
}

function stepLines(
  terminal: Terminal,
  { step, width, isFull }: { step: StepChange; width: number; isFull: boolean },
): readonly string[] {
  const name = `${signs[step.kind]} ${step.id.padEnd(width)}`
  const how = step.kind === 'renamed' ? `renamed from ${step.was ?? ''}` : rewiring(step)
  const line = `  ${paint(terminal, tones[step.kind], name)}  ${printable(step.does)}`
  return [
    how === '' ? line : `${line}  ${paint(terminal, 'muted', how)}`,
    ...valueLines(step.values, { indent: '      ', isFull }),
  ]
}

function rewiring({ kind, isRewired }: StepChange): string {
  if (kind === 'moved') return 'moved'
  return kind === 'changed' && isRewired ? 'rewired' : ''
}

function valueLines(
  values: StepChange['values'],
  { indent, isFull }: { readonly indent: string; readonly isFull: boolean },
): readonly string[] {
  const shown = isFull ? values : values.slice(0, valuesShownMax)
  const rest = values.length - shown.length
  return [
    ...shown.map((value) => indent + printable(wordsOf(value))),
    ...(rest > 0 ? [`${indent}… and ${rest} more; --full shows all`] : []),
  ]
}

function findingLine(terminal: Terminal, result: RepositoryChange, finding: Finding): string {
  const { severity, message, code } = finding
  const label = paint(terminal, severityTones[severity], severity.padEnd(10))
  const line = lineOf(finding, (file) => result.readText(file))
  const place = `${finding.file ?? ''}${line === undefined ? '' : `:${line}`}`
  return `  ! ${label}  ${printable(message)}  ${paint(terminal, 'muted', `${place} ${code}`)}`
}

function packageLines(terminal: Terminal, result: RepositoryChange): readonly string[] {
  const packages = result.change.findings.filter(({ flow }) => flow === '')
  return packages.length === 0
    ? []
    : ['', ...packages.map((finding) => findingLine(terminal, result, finding))]
}

function conflictLines(terminal: Terminal, conflicts: readonly string[]): readonly string[] {
  if (conflicts.length === 0) return []
  const many = conflicts.length === 1 ? 'This file changed' : 'These files changed'
  return [
    '',
    paint(terminal, 'warn', `${many} on both sides; the plan takes the one of the branch:`),
    ...conflicts.map((file) => `  ${printable(file)}`),
  ]
}

function summary({ change }: RepositoryChange): string {
  const { flows, unchanged, findings } = change
  if (flows.length === 0)
    return `No flow changes; ${unchanged === 1 ? '1 stays as it is' : `${unchanged} stay as they are`}.`
  const counts = severities
    .toReversed()
    .map(
      (severity) => [severity, findings.filter((one) => one.severity === severity).length] as const,
    )
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${severity}`)
  const what = `${flows.length} ${flows.length === 1 ? 'flow changes' : 'flows change'}, ${unchanged} ${unchanged === 1 ? 'stays' : 'stay'}.`
  return counts.length === 0 ? what : `${what} Findings: ${counts.join(', ')}.`
}
