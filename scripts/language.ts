/**
 * Writes the generated parts of `docs/reference/language.md`: the keys of a flow, of a
 * component and of every kind of step, as `schemas/` has them.
 *
 * A test compares the page with the schemas. `node scripts/language.ts` writes.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'

export const page = fileURLToPath(new URL('../docs/reference/language.md', import.meta.url))

interface Node {
  readonly $ref?: string
  readonly title?: string
  readonly description?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly if?: Node
  readonly then?: Node
  readonly else?: Node
  readonly allOf?: readonly Node[]
  readonly $defs?: Readonly<Record<string, Node>>
}

/** `text` with every generated part made anew. */
export function render(text: string): string {
  const flow = read('flow')
  const parts: Readonly<Record<string, () => string>> = {
    flow: () => table(flow, flow),
    component: () => table(read('component'), flow),
    agent: () => table(read('agent'), flow),
    steps: () => steps(flow),
  }
  return text.replace(
    /<!-- generated: (\w+) -->\n[^]*?<!-- end -->/g,
    (_, name: string) => `<!-- generated: ${name} -->\n${parts[name]?.() ?? ''}\n<!-- end -->`,
  )
}

function read(name: string): Node {
  return JSON.parse(
    readFileSync(new URL(`../schemas/${name}.json`, import.meta.url), 'utf8'),
  ) as Node
}

/** One section per kind of step, in the order of the schema. */
function steps(flow: Node): string {
  const kinds = (flow.$defs?.['step']?.allOf ?? []).flatMap((branch) => {
    const [kind] = branch.if?.required ?? []
    return kind === undefined ? [] : [{ kind, node: resolved(flow, branch.then ?? {}) }]
  })
  const sections = kinds.map(({ kind, node }) => {
    const inner = node.properties?.[kind]
    const parts = inner === undefined ? [] : [inner, inner.then, inner.else]
    const more = parts
      .filter((part) => part !== undefined)
      .map((part) => resolved(flow, part))
      .filter((part) => part.properties !== undefined && !isShared(part))
      .map((part) => `\nKeys of \`${kind}\`:\n\n${table(part, flow)}`)
    return `### \`${kind}\`\n\n${node.description ?? ''}\n\n${table(node, flow)}\n${[...new Set(more)].join('\n')}`
  })
  return sections.map((section) => section.trim()).join('\n\n')
}

/** Steps and schemas are described elsewhere. */
function isShared(node: Node): boolean {
  return node.allOf !== undefined || node.properties?.['$ref'] !== undefined
}

function table(node: Node, flow: Node): string {
  const rows = Object.entries(node.properties ?? {})
    .filter(([key]) => key !== 'id' && key !== 'description')
    .map(([key, part]) => {
      const words = part.description ?? resolved(flow, part).description ?? ''
      const isRequired = node.required?.includes(key) === true
      return `| \`${key}\` | ${isRequired ? 'yes' : ''} | ${words.replaceAll('|', '\\|')} |`
    })
  return ['| key | required | meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

function resolved(flow: Node, node: Node): Node {
  if (node.$ref === undefined) return node
  const name = node.$ref.slice(node.$ref.lastIndexOf('/') + 1)
  return resolved(flow, flow.$defs?.[name] ?? {})
}

if (import.meta.main) {
  const before = readFileSync(page, 'utf8')
  const after = render(before)
  if (argv.includes('--check')) process.exitCode = after === before ? 0 : 1
  else writeFileSync(page, after)
}
