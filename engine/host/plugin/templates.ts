/**
 * The files that a new plugin begins with, by what it is: a transform without powers, or
 * an action that reads the repository, or a module in AssemblyScript. Each builds, passes its cases and can be used by a
 * flow as it is.
 */
import { assert } from '#engine/core/error.ts'
import { checkManifest } from '#engine/dsl/check.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { countUse, moduleParts } from '#engine/host/module/template.ts'

export type PluginKind = 'transform' | 'action' | 'wasm'

export interface Template {
  readonly manifest: Manifest
  /** Texts by path, besides `types.ts`, which is printed from the manifest. */
  readonly files: Readonly<Record<string, string>>
}

/** The plugin `name` (`namespace/name`) of a kind; `schemas` leads to the folder that editors complete with. */
export function templateOf(
  kind: PluginKind,
  { name, schemas }: { readonly name: string; readonly schemas?: string },
): Template {
  const comment =
    schemas === undefined ? '' : `# yaml-language-server: $schema=${schemas}/plugin.json\n`
  const { text, code, cases, use } = makers[kind](name)
  const { manifest } = checkManifest(parseDocument({ file: 'plugin.yaml', text }))
  assert(manifest !== undefined, 'the manifest of a new plugin has no mistakes')
  return {
    manifest,
    files: {
      'plugin.yaml': comment + text,
      ...code,
      [`cases/${use.action}.yaml`]: cases,
      'README.md': readme(manifest, use),
    },
  }
}

export interface Parts {
  /** The manifest. */
  readonly text: string
  /** Texts by path. */
  readonly code: Readonly<Record<string, string>>
  readonly cases: string
  readonly use: Use
}

interface Use {
  readonly action: string
  /** A flow that uses it, by its lines after `dsl` and `id`. */
  readonly flow: string
  readonly call: string
}

const makers: Readonly<Record<PluginKind, (plugin: string) => Parts>> = {
  transform,
  action,
  wasm: moduleParts,
}

function transform(plugin: string): Parts {
  const description = 'Counts the words of a text and names those it has most often.'
  return {
    text: `plugin: ${plugin}
version: 0.1.0
description: ${description}
entry: main.ts
actions:
  count:
    description: ${description}
    effects: pure
    input:
      type: object
      required: [text]
      additionalProperties: false
      properties:
        text: { description: What is counted., type: string }
        top: { description: How many words to name; else 3., type: integer, minimum: 0 }
    output:
      type: object
      required: [words, frequent]
      additionalProperties: false
      properties:
        words: { type: integer }
        frequent: { description: The most frequent one first., type: array, items: { type: string } }
`,
    code: {
      'main.ts': `/** Counts words: JSON in, JSON out, no powers. */
import type { Count } from './types.ts'

export const count: Count = ({ text, top = 3 }) => {
  const words = text.toLowerCase().match(/[\\p{L}\\p{N}]+/gu) ?? []
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  const frequent = [...counts].sort(([, a], [, b]) => b - a).map(([word]) => word)
  return { words: words.length, frequent: frequent.slice(0, top) }
}
`,
    },
    cases: `cases:
  - name: counts words and names the most frequent one
    action: count
    input: { text: "one two two", top: 1 }
    output: { words: 3, frequent: [two] }
  - { name: finds nothing in nothing, action: count, input: { text: "" }, part: { words: 0 } }
  - { name: needs a text, action: count, input: {}, error: RUN_INPUT_REFUSED }
`,
    use: countUse(plugin),
  }
}

const newest = `/** The newest commits of the repository that the run belongs to. */
import type { Latest } from './types.ts'

interface History {
  readonly commits: readonly { readonly subject: string }[]
}

export const latest: Latest = async ({ limit = 5 }, { git, log }) => {
  const { commits } = await git.log<History>({ limit, body: false })
  log.info(\`\${commits.length} commits\`)
  return commits.map(({ subject }) => subject)
}
`

function action(plugin: string): Parts {
  const description = 'Lists the subjects of the newest commits.'
  const reason = 'The subjects of commits are what it returns.'
  return {
    text: `plugin: ${plugin}
version: 0.1.0
description: ${description}
entry: main.ts
capabilities:
  git: [read]
  reasons:
    git: ${reason}
actions:
  latest:
    description: ${description}
    effects: read
    input:
      type: object
      additionalProperties: false
      properties:
        limit: { description: How many; else 5., type: integer, minimum: 1, maximum: 100 }
    output: { description: The newest one first., type: array, items: { type: string } }
`,
    code: { 'main.ts': newest },
    cases: `commits:
  - { message: "feat: begin", files: [{ path: README.md, content: "# one" }] }
  - { message: "fix: mend it", files: [{ path: README.md, content: "# two" }] }
cases:
  - { name: lists the newest commit first, action: latest, input: {}, output: ["fix: mend it", "feat: begin"] }
  - name: asks for as many as are wanted
    action: latest
    input: { limit: 1 }
    replies: [{ op: git.log, args: { limit: 1, body: false }, output: { commits: [{ subject: only }] } }]
    output: [only]
  - { name: is told when it may not read, action: latest, input: {}, grants: {}, error: CAP_NOT_GRANTED }
`,
    use: {
      action: 'latest',
      flow: `permissions: { git: [read] }
steps:
  - id: newest
    use: ${plugin}/latest@^0.1
    with: { limit: 3 }
outputs: { newest: "\${{ steps.newest.output }}" }
`,
      call: 'latest -i limit=3 --grant git:read',
    },
  }
}

const types =
  '| `ionflux plugin types .` | writes `types.ts` anew after `plugin.yaml` has changed |\n'
const build =
  '| `ionflux plugin build .` | compiles `assembly/` to `main.wasm`, which is committed with it |\n'

function readme({ plugin, description = '', source }: Manifest, { flow, call }: Use): string {
  const id = plugin.replace('/', '-')
  return `# ${plugin}

${description}

\`\`\`yaml
dsl: flux/1
id: ${id}
${flow}\`\`\`

| command | what it does |
| --- | --- |
| \`ionflux plugin test .\` | runs \`cases/*.yaml\`; \`--watch\` again with every change |
${source === undefined ? types : build}| \`ionflux plugin call . ${call}\` | calls it once |
| \`ionflux plugin inspect .\` | what it offers, asks for and is made of |
`
}
