/**
 * A change as the comment of a pull request: findings first, then each flow with a picture of
 * it, folded. Never longer than a comment may be.
 */
import type { RepositoryChange } from '#engine/host/repository/change.ts'
import type { Finding, FlowChange } from '#engine/plan/change/change.ts'
import { wordsOf } from '#engine/plan/change/values.ts'
import { graphMermaid } from '#engine/plan/graph-print.ts'
import { graphOf } from '#engine/plan/graph.ts'

import { lineOf, shortCommit } from './words.ts'

/** GitHub takes 65,536 characters; what is cut off is said. */
export const markdownCharsMax = 60_000
const valuesShownMax = 20

/** Finds the comment again, so that it is edited in place. */
const marker = '<!-- ionflux plan -->'

const icons = { info: 'ℹ️', review: '👀', escalation: '⚠️', block: '⛔' } as const

/** The change as GitHub Flavored Markdown, at most 60,000 characters. */
export function planMarkdown(result: RepositoryChange): string {
  const { change, head } = result
  const { flows, unchanged } = change
  const title =
    flows.length === 0
      ? `No flow changes; ${unchanged} stay as they are.`
      : `${flows.length} ${flows.length === 1 ? 'flow changes' : 'flows change'}, ${unchanged} ${unchanged === 1 ? 'stays' : 'stay'}.`
  const commit = head.commit === undefined ? '' : ` at \`${shortCommit(head.commit)}\``
  const foot = `\n---\n<sub>\`ionflux plan\`${commit} · \`${change.planDigest}\`</sub>\n`
  const parts = [
    marker,
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
    const full = flowPart(flow, true)
    const part = fits(text, full, foot) ? full : flowPart(flow, false)
    if (!fits(text, part, foot)) break
    text += part
    left -= 1
  }
  const rest = left === 0 ? '' : `\n… and ${left} more; \`ionflux plan --full\` shows them.\n`
  return text + rest + foot
}

function fits(...parts: readonly string[]): boolean {
  const spare = 200
  return parts.reduce((sum, part) => sum + part.length, spare) <= markdownCharsMax
}

const findingsShownMax = 100

function findingTable(result: RepositoryChange, all: readonly Finding[]): readonly string[] {
  if (all.length === 0) return []
  const rows = all.slice(0, findingsShownMax).map((finding) => {
    const line = lineOf(finding, (file) => result.readText(file))
    const place = `${finding.file ?? ''}${line === undefined ? '' : `:${line}`}`
    const { severity, message } = finding
    return `| ${icons[severity]} ${severity} | ${cell(message)} | ${code(place)} |`
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
    ...conflicts.map((file) => `- ${code(file)}`),
    '',
  ]
}

const words = { added: 'new', removed: 'removed', changed: 'changed' } as const

function flowPart(flow: FlowChange, hasPicture: boolean): string {
  const lines = [
    '',
    `<details><summary><b>${escape(flow.id)}</b> ${words[flow.kind]} · ${escape(flow.file)}</summary>`,
    '',
    ...flow.steps.map((step) => {
      const was = step.was === undefined ? '' : ` (was ${code(step.was)})`
      const values = step.values
        .slice(0, valuesShownMax)
        .map((value) => `  - ${code(wordsOf(value))}`)
      const rest = step.values.length - valuesShownMax
      const more = rest > 0 ? [`  - … and ${rest} more`] : []
      return [
        `- **${step.kind}** ${code(step.id)}${was}: ${code(step.does)}`,
        ...values,
        ...more,
      ].join('\n')
    }),
    ...flow.values.slice(0, valuesShownMax).map((value) => `- ${code(wordsOf(value))}`),
    '',
    ...(hasPicture ? picture(flow) : []),
    '</details>',
    '',
  ]
  return lines.join('\n')
}

function picture({ plan, steps }: FlowChange): readonly string[] {
  if (plan === undefined || steps.length === 0) return []
  const added = steps.filter(({ kind }) => kind === 'added').map(({ id }) => id)
  const changed = steps.filter(({ kind }) => kind !== 'added').map(({ id }) => id)
  return ['```mermaid', graphMermaid(graphOf(plan), { added, changed }).trimEnd(), '```', '']
}

/** Somebody's text as a cell: no markup, no mention, no second row. */
function cell(text: string): string {
  return escape(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_[\]|~#!]/g, (char) => `\\${char}`)
    .replaceAll('@', '@&#8203;')
}

/** Inline code that nothing in `text` can end. */
function code(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')
  if (line === '') return ''
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : ''
  return fence + pad + line + pad + fence
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
