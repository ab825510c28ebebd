/**
 * Writes the generated parts of `docs/reference/expressions.md`: limits, functions, differences.
 *
 * The function table and the list of differences are the truth; a test compares the page with
 * them. `node scripts/expressions.ts` writes.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'

import { limits } from '#engine/core/limits.ts'
import { functions, macros } from '#engine/dsl/functions/table.ts'

export const page = fileURLToPath(new URL('../docs/reference/expressions.md', import.meta.url))
const differencesFile = new URL('../test/unit/dsl/cel-differences.json', import.meta.url)

interface Differences {
  readonly reasons: Readonly<Record<string, string>>
  readonly cases: Readonly<Record<string, string>>
}

/** `text` with every generated part made anew. */
export function render(text: string): string {
  const parts: Readonly<Record<string, () => string>> = {
    limits: renderLimits,
    functions: renderFunctions,
    differences: renderDifferences,
  }
  return text.replace(
    /<!-- generated: (\w+) -->\n[^]*?<!-- end -->/g,
    (_, name: string) => `<!-- generated: ${name} -->\n${parts[name]?.() ?? ''}\n<!-- end -->`,
  )
}

function renderLimits(): string {
  const rows: readonly (readonly [string, number])[] = [
    ['characters of an expression', limits.expressionCharsMax],
    ['nodes of its syntax tree', limits.expressionNodesMax],
    ['depth of its syntax tree', limits.expressionDepthMax],
    ['depth of macros in macros', limits.expressionMacroDepthMax],
    ['budget of one evaluation', limits.expressionCostMax],
    ['characters of a text that it makes', limits.expressionTextCharsMax],
    ['numbers of a `range`', limits.expressionRangeMax],
    ['characters of a pattern', limits.regexCharsMax],
  ]
  return rows.map(([what, value]) => `| ${what} | ${value.toLocaleString('en-US')} |`).join('\n')
}

function renderFunctions(): string {
  const rows = [...macros, ...functions].map(({ signature, summary, example }) => {
    const cells = [code(signature), summary, code(example[0]), code(example[1])]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return ['| function | gives | example | result |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  )
}

function code(text: string): string {
  return text
    .split(' · ')
    .map((part) => `\`${part}\``)
    .join(' · ')
}

function renderDifferences(): string {
  const { reasons, cases } = JSON.parse(readFileSync(differencesFile, 'utf8')) as Differences
  const lines = Object.entries(reasons).map(([key, reason]) => {
    const ids = Object.keys(cases).filter((id) => cases[id] === key)
    return `- ${reason}\n  Vectors: ${ids.map((id) => `\`${id}\``).join(', ')}.`
  })
  return lines.join('\n')
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(page, render(readFileSync(page, 'utf8')))
}
