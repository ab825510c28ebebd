/**
 * A run as the summary of a workflow: how it went, a picture of it, its steps, what came out.
 */
import { cell, inlineCode } from './markdown.ts'
import type { RunView, StepView } from '#engine/host/views.ts'

const icons: Readonly<Record<string, string>> = {
  done: '✅',
  failed: '❌',
  cancelled: '⛔',
  running: '⏳',
  waiting: '⏸️',
}
const stepsShownMax = 200
const outputCharsMax = 50_000

/** Markdown for `run`; `picture` is a Mermaid chart of its plan. */
export function runSummary(run: RunView, picture: string | undefined): string {
  const seconds = secondsOf(run)
  const lines = [
    `### ${icons[run.status] ?? ''} ${cell(run.flow)} ${run.status}${seconds === undefined ? '' : ` in ${seconds} s`}`,
    '',
    ...(run.error === null ? [] : [`${inlineCode(run.error.code)} ${cell(run.error.message)}`, '']),
    ...(picture === undefined ? [] : ['```mermaid', picture.trimEnd(), '```', '']),
    ...stepTable(run.steps),
    ...outputPart(run),
    `<sub>run ${inlineCode(run.id)} · plan ${inlineCode(run.execDigest)}</sub>`,
  ]
  return lines.join('\n')
}

function secondsOf({ startedAt, endedAt }: RunView): string | undefined {
  if (endedAt === null) return undefined
  return ((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(2)
}

function stepTable(steps: readonly StepView[]): readonly string[] {
  if (steps.length === 0) return []
  const rest = steps.length - stepsShownMax
  return [
    '<details><summary>Steps</summary>',
    '',
    '| | step | does | attempts |',
    '| --- | --- | --- | --- |',
    ...steps
      .slice(0, stepsShownMax)
      .map(
        ({ path, kind, what, status, attempts }) =>
          `| ${icons[status] ?? status} | ${inlineCode(path)} | ${cell(what ?? kind)} | ${attempts === 0 ? '' : attempts} |`,
      ),
    ...(rest > 0 ? [`| | … and ${rest} more | | |`] : []),
    '',
    '</details>',
    '',
  ]
}

function outputPart({ output, status }: RunView): readonly string[] {
  if (status !== 'done' || output === null) return []
  const text = JSON.stringify(output, undefined, 2)
  const shown = text.length > outputCharsMax ? `${text.slice(0, outputCharsMax)}\n…` : text
  const fence = '`'.repeat(
    Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length)) + 1,
  )
  return [
    '<details><summary>Output</summary>',
    '',
    `${fence}json`,
    shown,
    fence,
    '',
    '</details>',
    '',
  ]
}
