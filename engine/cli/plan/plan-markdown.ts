/**
 * A change as the comment of a pull request: findings first, then each flow with a picture of
 * it, folded. Never longer than a comment may be.
 */
import { limits } from '#engine/core/limits.ts'
import { cell, escapeHtml, inlineCode } from '#engine/cli/action/markdown.ts'
import type { RepositoryChange } from '#engine/host/repository/change.ts'
import type { FlowRuns, RunsByFlow } from '#engine/host/runs/recorded-runs.ts'
import type { Finding, FlowChange } from '#engine/plan/change/change.ts'
import { wordsOf } from '#engine/plan/change/values.ts'
import { graphMermaid } from '#engine/plan/graph-print.ts'
import { graphOf } from '#engine/plan/graph.ts'

import { outcomeWords, replayWords, underWayWords } from './runs-words.ts'
import { lineOf, shortCommit } from './words.ts'

const valuesShownMax = 20
const runsShownMax = 20

/** Finds the comment again, so that it is edited in place. */
export const planMarker = '<!-- ionflux plan -->'

const icons = { info: 'ℹ️', review: '👀', escalation: '⚠️', block: '⛔' } as const

/** The change as GitHub Flavored Markdown, at most 60,000 characters. */
export function planMarkdown(result: RepositoryChange, recorded: RunsByFlow): string {
  const { change, head } = result
  const { flows, unchanged } = change
  const title =
    flows.length === 0
      ? `No flow changes; ${unchanged === 1 ? '1 stays as it is' : `${unchanged} stay as they are`}.`
      : `${flows.length} ${flows.length === 1 ? 'flow changes' : 'flows change'}, ${unchanged} ${unchanged === 1 ? 'stays' : 'stay'}.`
  const commit = head.commit === undefined ? '' : ` at \`${shortCommit(head.commit)}\``
  const foot = `\n---\n<sub>\`ionflux plan\`${commit} · \`${change.planDigest}\`</sub>\n`
  const parts = [
    planMarker,
    '### ionflux plan',
    '',
    title,
    '',
    ...findingTable(result, change.findings),
    ...conflictPart(result.conflicts),
  ]
  let text = parts.join('\n')
  let left = flows.length
  for (const flow of flows) {
    const runs = runsPart(recorded.get(flow.id))
    const full = flowPart(flow, { runs, hasPicture: true })
    const part = fits(text, full, foot) ? full : flowPart(flow, { runs, hasPicture: false })
    if (!fits(text, part, foot)) break
    text += part
    left -= 1
  }
  const rest = left === 0 ? '' : `\n… and ${left} more; \`ionflux plan --full\` shows them.\n`
  return text + rest + foot
}

function fits(...parts: readonly string[]): boolean {
  const spare = 200
  return parts.reduce((sum, part) => sum + part.length, spare) <= limits.planMarkdownCharsMax
}

const findingsShownMax = 100

function findingTable(result: RepositoryChange, all: readonly Finding[]): readonly string[] {
  if (all.length === 0) return []
  const rows = all.slice(0, findingsShownMax).map((finding) => {
    const line = lineOf(finding, (file) => result.readText(file))
    const place = `${finding.file ?? ''}${line === undefined ? '' : `:${line}`}`
    const { severity, message } = finding
    return `| ${icons[severity]} ${severity} | ${cell(message)} | ${inlineCode(place)} |`
  })
  const rest = all.length - findingsShownMax
  return [
    '| | finding | where |',
    '| --- | --- | --- |',
    ...rows,
    ...(rest > 0 ? [`| | … and ${rest} more | |`] : []),
    '',
  ]
}

function conflictPart(conflicts: readonly string[]): readonly string[] {
  if (conflicts.length === 0) return []
  return [
    'Changed on both sides; the plan takes the file of the branch:',
    ...conflicts.map((file) => `- ${inlineCode(file)}`),
    '',
  ]
}

const words = { added: 'new', removed: 'removed', changed: 'changed' } as const

function flowPart(
  flow: FlowChange,
  { runs, hasPicture }: { readonly runs: readonly string[]; readonly hasPicture: boolean },
): string {
  const lines = [
    '',
    `<details><summary><b>${escapeHtml(flow.id)}</b> ${words[flow.kind]} · ${escapeHtml(flow.file)}</summary>`,
    '',
    ...flow.steps.map((step) => {
      const was = step.was === undefined ? '' : ` (was ${inlineCode(step.was)})`
      const values = step.values
        .slice(0, valuesShownMax)
        .map((value) => `  - ${inlineCode(wordsOf(value))}`)
      const rest = step.values.length - valuesShownMax
      const more = rest > 0 ? [`  - … and ${rest} more`] : []
      return [
        `- **${step.kind}** ${inlineCode(step.id)}${was}: ${inlineCode(step.does)}`,
        ...values,
        ...more,
      ].join('\n')
    }),
    ...flow.values.slice(0, valuesShownMax).map((value) => `- ${inlineCode(wordsOf(value))}`),
    '',
    ...runs,
    ...(hasPicture ? picture(flow) : []),
    '</details>',
    '',
  ]
  return lines.join('\n')
}

/** Without what the runs worked on: a comment has other readers than a journal. */
function runsPart(recorded: FlowRuns | undefined): readonly string[] {
  if (recorded === undefined) return []
  const { underWay, replayed } = recorded
  const parted = replayed.filter(({ outcome }) => outcome.verdict !== 'same')
  return [
    ...(underWay === 0 ? [] : [`- ${underWayWords(underWay)}`]),
    ...(replayed.length === 0 ? [] : [`- ${replayWords(replayed)}`]),
    ...parted
      .slice(0, runsShownMax)
      .map(({ run, outcome }) => `  - \`${run}\` ${cell(outcomeWords(outcome))}`),
    '',
  ]
}

function picture({ plan, steps }: FlowChange): readonly string[] {
  if (plan === undefined || steps.length === 0) return []
  const added = steps.filter(({ kind }) => kind === 'added').map(({ id }) => id)
  const changed = steps.filter(({ kind }) => kind !== 'added').map(({ id }) => id)
  return ['```mermaid', graphMermaid(graphOf(plan), { added, changed }).trimEnd(), '```', '']
}
