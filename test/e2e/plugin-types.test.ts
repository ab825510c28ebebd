/**
 * Goal: the types that authors get say what is true: the door `ionflux/plugin`, and those
 * printed from a manifest. Method: the compiler accepts the code of a new plugin, and
 * every line here that is marked as wrong is an error to it, and no other line.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { printActionTypes } from '#engine/dsl/types/actions.ts'
import { templateOf } from '#engine/host/plugin/templates.ts'

import { folder, write } from './cli.ts'

const root = join(import.meta.dirname, '../..')

const settings = {
  compilerOptions: {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    target: 'es2024',
    lib: ['esnext', 'dom'],
    module: 'nodenext',
    allowImportingTsExtensions: true,
    types: [],
    paths: { 'ionflux/plugin': [join(root, 'engine/plugin.ts')] },
  },
  include: ['**/*.ts'],
}

/** What the compiler says, by line. */
function complaints(path: string): readonly string[] {
  try {
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', path], { encoding: 'utf8' })
    return []
  } catch (thrown) {
    return (thrown as { readonly stdout: string }).stdout.trim().split('\n')
  }
}

const door = `import type { Action, Context, Git, Json, JsonObject, Log, RunFacts, Transform } from 'ionflux/plugin'

export const shout: Action<{ text: string }, string> = ({ text }) => text.toUpperCase()
export const later: Action<{ n: number }, number> = async ({ n }) => n + 1
export const open: Action = (input) => input
export const plain: Transform<{ n: number }, number> = ({ n }) => n
// @ts-expect-error an output of another type
export const wrong: Action<{ text: string }, string> = ({ text }) => text.length
// @ts-expect-error an input that is not there
export const gone: Action<{ text: string }, string> = ({ txt }) => txt
// @ts-expect-error a transform has no powers
export const powers: Transform<Json, Json> = (input, context) => context.git
// @ts-expect-error what is no JSON
export const date: Action = () => new Date()

export const facts = ({ run, git, log, fail }: Context): Json => {
  const { id, path, attempt, key }: RunFacts = run
  const out: Log = log
  out.info('one', { two: 2 })
  // @ts-expect-error facts do not change
  run.attempt = 2
  if (attempt > 3) fail('too_often', 'Enough.', { attempt })
  const repository: Git = git
  // @ts-expect-error the repository has no such question
  void repository.push
  return { id, path, key } satisfies JsonObject
}
/** Nothing comes after a failure. */
export const never = ({ fail }: Context): never => fail('stop', 'Stop.')
export const history = async ({ git }: Context): Promise<number> =>
  (await git.log<{ commits: readonly Json[] }>({ limit: 1 })).commits.length
`

const shapes = printActionTypes({
  plugin: 'my/it',
  version: '1.0.0',
  entry: 'main.ts',
  actions: {
    'read-file': {
      effects: 'pure',
      description: 'A comment that would end: */ and goes on.',
      input: {
        type: 'object',
        required: ['kind', 'node', 'odd-key', 'free'],
        properties: {
          kind: { enum: ['a', "b'c", null, 3] },
          node: { $ref: '#/$defs/node' },
          'odd-key': { type: ['integer', 'null'] },
          pair: {
            type: 'array',
            prefixItems: [{ type: 'string' }, { type: 'number' }],
            items: false,
          },
          either: { oneOf: [{ type: 'string' }, { type: 'boolean' }] },
          open: { type: 'object', additionalProperties: { type: 'number' } },
        },
        $defs: {
          node: {
            type: 'object',
            required: ['children'],
            properties: { children: { type: 'array', items: { $ref: '#/$defs/node' } } },
          },
        },
      },
      output: { type: 'array', items: { type: ['string', 'null'] } },
    },
    default: { effects: 'pure' },
    json: { effects: 'pure', input: { type: 'string' } },
    'json-action': { effects: 'pure', input: { type: 'integer' } },
  },
})

const uses = `import type { Default, JsonAction, JsonActionAction, ReadFile, ReadFileInput } from './types.ts'

export const good: ReadFileInput = {
  kind: "b'c",
  node: { children: [{ children: [] }] },
  'odd-key': null,
  free: { any: ['thing'] },
  pair: ['a', 1],
  either: true,
  open: { one: 1 },
}
// @ts-expect-error another kind
export const kind: ReadFileInput = { ...good, kind: 'd' }
// @ts-expect-error a tree all the way down
export const tree: ReadFileInput = { ...good, node: { children: [1] } }
// @ts-expect-error a third place
export const pair: ReadFileInput = { ...good, pair: ['a', 1, 2] }
// @ts-expect-error neither
export const either: ReadFileInput = { ...good, either: 1 }
// @ts-expect-error a value of another type
export const values: ReadFileInput = { ...good, open: { one: 'x' } }
export const readFile: ReadFile = ({ pair }) => [pair?.[0] ?? null]
// @ts-expect-error an item of another type
export const items: ReadFile = () => [1]
export const json: JsonAction = (text) => text.length
export const jsonAction: JsonActionAction = (n) => n + 1
const echo: Default = (input) => input
export default echo
`

test('the compiler takes what is right and nothing that is wrong', { timeout: 30_000 }, () => {
  const texts = (['transform', 'action'] as const).flatMap((kind) => {
    const { manifest, files } = templateOf(kind, { name: `my/${kind}` })
    return [
      [`${kind}/main.ts`, files['main.ts'] ?? ''],
      [`${kind}/types.ts`, printActionTypes(manifest)],
    ] as const
  })
  using at = folder({
    'tsconfig.json': JSON.stringify(settings),
    'package.json': '{ "type": "module" }',
    'door.ts': door,
    'shapes/types.ts': shapes,
    'shapes/main.ts': uses,
    ...Object.fromEntries(texts),
  })
  expect(complaints(at.path)).toEqual([])
  write(at.path, { 'door.ts': door.replace('// @ts-expect-error an output', '// an output') })
  expect(complaints(at.path)).toEqual([expect.stringMatching(/door\.ts\(8,.*TS2322/)])
})
