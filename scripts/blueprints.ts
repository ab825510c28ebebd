/**
 * Writes `docs/blueprints.md`: every flow that comes with ionflux, with what it takes, what it may
 * do, and a picture of it.
 *
 * The flows are the truth; a test compares the page with them. `node scripts/blueprints.ts` writes.
 */
import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'

import { isObject, type JsonObject, wordOf } from '#engine/core/json.ts'
import type { Flow } from '#engine/dsl/flow.ts'
import { powerKinds } from '#engine/dsl/power/kinds.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { openCatalog } from '#engine/host/repository/catalog.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { loadFlow } from '#engine/host/repository/load.ts'
import { scheduleWords } from '#engine/plan/change/schedule-words.ts'
import { graphMermaid } from '#engine/plan/graph-print.ts'
import { graphOf } from '#engine/plan/graph.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
export const page = fileURLToPath(new URL('../docs/blueprints.md', import.meta.url))

/** The whole page. */
export async function render(): Promise<string> {
  const files = openWorkingTree(root)
  const paths = openCatalog(files)
    .flowFiles()
    .filter((path) => /^flows\/[^/]+$/.test(path))
  const flows = await Promise.all(
    paths.map(async (path) => {
      const text = files.readText(path) ?? ''
      const { value } = parseDocument({ file: path, text })
      const { loaded } = await loadFlow(files, path)
      if (loaded === undefined) throw new Error(`${path} does not compile`)
      return { path, flow: value as unknown as Flow, picture: graphMermaid(graphOf(loaded.plan)) }
    }),
  )
  const rows = flows.map(
    ({ flow }) => `| [${flow.id}](#${flow.id}) | ${firstSentence(flow.description ?? '')} |`,
  )
  return [
    '# Flows to begin with',
    '',
    '<!-- Written by scripts/blueprints.ts out of the flows; change those. -->',
    '',
    `${flows.length} flows that come with ionflux: run one by its name (\`ionflux run release-notes\`), or copy its files from \`flows/\``,
    'and change them. Each has tests beside it (`ionflux test`), and may do only what is listed. Hosts under `example.com` stand for your own.',
    '',
    '| flow | what it does |',
    '| --- | --- |',
    ...rows,
    '',
    ...flows.map(section),
  ].join('\n')
}

function section(one: { path: string; flow: Flow; picture: string }): string {
  const { path, flow, picture } = one
  const powers = powerKinds.flatMap((kind) =>
    (flow.permissions?.[kind] ?? []).map((value) => `\`${kind}: ${value}\``),
  )
  return [
    `## ${flow.id}`,
    '',
    oneLine(flow.description ?? ''),
    '',
    `- **file** [${path}](../${path}), tested in [${basename(path).replace('.flow.', '.test.')}](../${path.replace('.flow.', '.test.')})`,
    `- **may** ${powers.length === 0 ? 'nothing but compute' : powers.join(', ')}`,
    ...startsLine(flow),
    '',
    ...inputTable(flow.inputs),
    '```mermaid',
    picture.trimEnd(),
    '```',
    '',
  ].join('\n')
}

function startsLine({ on }: Flow): readonly string[] {
  const words = Object.entries((on ?? {}) as JsonObject).map(([kind, given]) => {
    const cron = isObject(given) ? given['cron'] : undefined
    const zone = isObject(given) ? given['timezone'] : undefined
    if (typeof cron !== 'string') return kind === 'manual' ? 'by hand' : `by ${kind}`
    return scheduleWords(cron, typeof zone === 'string' ? zone : 'UTC')
  })
  return words.length === 0 ? [] : [`- **starts** ${words.join('; ')}`]
}

function inputTable(inputs: JsonObject | undefined): readonly string[] {
  const properties = inputs?.['properties']
  if (!isObject(properties)) return []
  const required = inputs?.['required']
  const names = Array.isArray(required) ? required.map(wordOf) : []
  const rows = Object.entries(properties).map(([name, schema]) => {
    const spec = isObject(schema) ? schema : {}
    const fallback =
      spec['default'] === undefined ? '' : ` Default: \`${JSON.stringify(spec['default'])}\`.`
    const optional = names.includes(name) ? '' : ' (optional)'
    return `| \`${name}\`${optional} | ${cell(wordOf(spec['description'] ?? '') + fallback)} |`
  })
  return ['| input | meaning |', '| --- | --- |', ...rows, '']
}

function firstSentence(text: string): string {
  return cell(/^.*?\.(?=\s|$)/s.exec(text)?.[0] ?? text)
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

function cell(text: string): string {
  return oneLine(text).replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

if (argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, await render())
