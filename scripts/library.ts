/**
 * Writes `docs/reference/library.md`: every action of the standard library with what it takes,
 * what it gives and what it may do.
 *
 * The manifests are the truth; a test compares the page with them. `node scripts/library.ts` writes.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'

import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { parseDocument } from '#engine/dsl/text.ts'

const plugins = fileURLToPath(new URL('../plugins', import.meta.url))
export const page = fileURLToPath(new URL('../docs/reference/library.md', import.meta.url))

/** The manifests of the namespace `std`, by name. */
export function manifests(): readonly Manifest[] {
  return globSync('std/*/plugin.yaml', { cwd: plugins })
    .toSorted()
    .map((file) => {
      const text = readFileSync(join(plugins, file), 'utf8')
      const { value, problems } = parseDocument({ file: `plugins/${file}`, text })
      if (problems.some(({ severity }) => severity === 'error')) {
        throw new Error(JSON.stringify(problems))
      }
      return value as unknown as Manifest
    })
}

/** The whole page. */
export function render(all: readonly Manifest[]): string {
  const count = all.reduce((sum, { actions }) => sum + Object.keys(actions).length, 0)
  const head = `# The standard library

<!-- Written by scripts/library.ts out of the manifests; change those. -->

${count} actions of ${all.length} plugins in the namespace \`std\`. A pure action reads nothing and reaches nothing: the same input gives the
same output. The README of each plugin has examples and the failures of its actions.
`
  const rows = all.flatMap(({ plugin, actions }) =>
    Object.entries(actions).map(
      ([name, { effects, description = '' }]) =>
        `| [\`${address(plugin, name)}\`](#${anchor(plugin, name)}) | ${effects} | ${cell(firstSentence(description))} |`,
    ),
  )
  const table = `\n| action | effects | what it does |\n| --- | --- | --- |\n${rows.join('\n')}\n`
  return head + table + all.map(section).join('')
}

function section({ plugin, description = '', capabilities = {}, actions }: Manifest): string {
  const { reasons, ...powers } = capabilities
  const asked = Object.entries(powers).map(([power, values]) => `${power} (${values.join(', ')})`)
  const why = Object.values(reasons ?? {}).join(' ')
  const needs = asked.length === 0 ? '' : `\nAsks for: ${asked.join('; ')}. ${why}\n`
  const folder = dirname(`../../plugins/${plugin}/plugin.yaml`)
  const parts = Object.entries(actions).map(
    ([name, { effects, description: does = '', input, output }]) =>
      [
        `\n### \`${address(plugin, name)}\`\n\n${does} Effects: ${effects}.\n`,
        table('Takes', input),
        table('Gives', output),
      ].join(''),
  )
  return `\n## \`${plugin}\`\n\n${description} [Examples and failures](${folder}/README.md).\n${needs}${parts.join('')}`
}

function table(title: string, schema: JsonObject | undefined): string {
  if (schema === undefined) return ''
  const { properties, required, description } = schema
  if (!isObject(properties)) {
    return `\n${title}: ${kindOf(schema)}. ${typeof description === 'string' ? description : ''}\n`
  }
  const needed = new Set(Array.isArray(required) ? (required as readonly Json[]) : [])
  const rows = Object.entries(properties).map(([name, member]) => {
    const told = isObject(member) ? member : {}
    const preset =
      told['default'] === undefined ? '' : ` Default: \`${JSON.stringify(told['default'])}\`.`
    const text = typeof told['description'] === 'string' ? told['description'] : ''
    return `| \`${name}\`${needed.has(name) ? '' : ' (optional)'} | ${kindOf(told)} | ${cell(text + preset)} |`
  })
  return `\n| ${title.toLowerCase()} | kind | meaning |\n| --- | --- | --- |\n${rows.join('\n')}\n`
}

function kindOf({ type, enum: values, anyOf, items }: JsonObject): string {
  if (Array.isArray(values)) {
    return (values as readonly Json[])
      .map((value) =>
        `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``.replaceAll('|', '\\|'),
      )
      .join(', ')
  }
  if (Array.isArray(anyOf)) {
    return [
      ...new Set((anyOf as readonly Json[]).map((one) => kindOf(isObject(one) ? one : {}))),
    ].join(' or ')
  }
  if (Array.isArray(type)) return type.join(' or ')
  if (typeof type !== 'string') return 'anything'
  return type === 'array' && isObject(items) && typeof items['type'] === 'string'
    ? `array of ${items['type']}`
    : type
}

function address(plugin: string, action: string): string {
  return action === 'default' ? plugin : `${plugin}/${action}`
}

/** As sites make an anchor of a heading. */
function anchor(plugin: string, action: string): string {
  return address(plugin, action).replaceAll('/', '')
}

function firstSentence(text: string): string {
  return /^.*?\.(?=\s|$)/s.exec(text)?.[0] ?? text
}

function cell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll('<', '&lt;')
}

if (argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, render(manifests()))
