/**
 * Makes one report of what the portions found: numbers, findings, and blocks to print.
 *
 * A portion that could not be checked is a finding too, so that nothing looks healthy
 * because it was not looked at.
 */
import type { Json } from 'ionflux/plugin'

interface Finding {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly rule: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly message: string
}

type Result =
  | { readonly checked: number; readonly findings: readonly Finding[] }
  | { readonly error: { readonly code: string; readonly message: string } }

interface Input {
  readonly at: string
  readonly portions: readonly (readonly string[])[]
  readonly skipped: number
  readonly links: number
  readonly results: readonly Result[]
}

interface Summary {
  readonly commit: string
  /** Files that were looked at. */
  readonly files: number
  readonly skipped: number
  /** Symbolic links and submodules, which are never followed. */
  readonly links: number
  readonly errors: number
  readonly warnings: number
  readonly infos: number
  readonly rules: Readonly<Record<string, number>>
  /** No error and no warning. */
  readonly is_healthy: boolean
}

interface Output {
  readonly summary: Summary
  readonly findings: readonly Finding[]
  readonly blocks: readonly Json[]
}

const rowsMax = 500

export default function report({ at, portions, skipped, links, results }: Input): Output {
  const findings = results.flatMap((result, i) => {
    if (!('error' in result)) return result.findings
    const [first = ''] = portions[i] ?? []
    return portions[i] === undefined ? [] : [unchecked(first, portions[i], result.error.message)]
  })
  const count = (severity: string): number =>
    findings.filter((finding) => finding.severity === severity).length
  const rules: Record<string, number> = {}
  for (const { rule } of findings) rules[rule] = (rules[rule] ?? 0) + 1
  const files = results.reduce((sum, result) => sum + ('error' in result ? 0 : result.checked), 0)
  const [errors, warnings, infos] = [count('error'), count('warning'), count('info')]
  const is_healthy = errors + warnings === 0
  const summary = { commit: at, files, skipped, links, errors, warnings, infos, rules, is_healthy }
  return { summary, findings, blocks: blocksOf(summary, findings) }
}

function unchecked(file: string, portion: readonly string[], reason: string): Finding {
  const rest = portion.length === 1 ? '' : ` and ${portion.length - 1} files after it`
  const message = `This file${rest} could not be checked: ${reason}`
  return { file, line: 1, column: 1, rule: 'read', severity: 'error', message }
}

function blocksOf(summary: Summary, findings: readonly Finding[]): readonly Json[] {
  const { commit, files, skipped, links, errors, warnings, infos } = summary
  const left = [
    ...(skipped > 0 ? [`${plural(skipped, 'file')} left out`] : []),
    ...(links > 0
      ? [`${plural(links, 'link or submodule', 'links or submodules')} not followed`]
      : []),
  ]
  const blocks: Json[] = [
    { heading: 'Repository health', level: 1 },
    {
      text: [
        `${plural(files, 'file')} checked at `,
        { code: commit.slice(0, 12) },
        `: ${plural(errors, 'error')}, ${plural(warnings, 'warning')}, ${plural(infos, 'note')}`,
        left.length === 0 ? '.' : `; ${left.join(', ')}.`,
      ],
    },
  ]
  if (findings.length === 0) return blocks
  const weight = { error: 0, warning: 1, info: 2 }
  const sorted = [...findings].sort((a, b) => weight[a.severity] - weight[b.severity])
  const rows = sorted
    .slice(0, rowsMax)
    .map(({ severity, file, line, rule, message }) => [
      severity,
      { code: `${file}:${line}` },
      rule,
      message,
    ])
  blocks.push({ table: { columns: ['Severity', 'Place', 'Rule', 'Finding'], rows } })
  if (sorted.length > rowsMax)
    blocks.push({ text: `${sorted.length - rowsMax} more findings are in the data.` })
  return blocks
}

function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`
}
