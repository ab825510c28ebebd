/**
 * Goal: the published package works in an empty folder, for somebody who has no checkout.
 * Method: pack it, install it as a user would, and run the main things from there.
 */
import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..', '..')
const bytesMax = 15 * 1024 * 1024
const run = promisify(execFile)

let top: string
let home: string
let files: readonly string[]
let bytes: number

/** How this machine reaches the registry. */
const network = Object.entries(process.env).filter(([name]) =>
  /^(?:NODE_EXTRA_CA_CERTS|npm_config_registry|(?:https?|no)_proxy)$/i.test(name),
)

/** The environment of a user: nothing of the checkout, the Node.js that the tests run on. */
const environment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(network),
  PATH: [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
  HOME: process.env['HOME'],
  npm_config_update_notifier: 'false',
}

beforeAll(async () => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'ionflux-pack-')))
  home = join(top, 'an empty folder')
  mkdirSync(home)
  const pack = await run('npm', ['pack', '--json', '--silent', '--pack-destination', top], {
    cwd: root,
    env: environment,
    maxBuffer: 16 * 1024 * 1024,
  })
  const answer = JSON.parse(pack.stdout.slice(pack.stdout.search(/^[[{]/m))) as unknown
  const [packed] = Object.values(answer as Record<string, Packed>)
  if (packed === undefined) throw new Error('npm packed nothing')
  files = packed.files.map(({ path }) => path)
  const archive = join(top, packed.filename)
  bytes = statSync(archive).size
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }')
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', archive], {
    cwd: home,
    env: environment,
  })
}, 180_000)

afterAll(() => rmSync(top, { recursive: true, force: true }))

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

async function ionflux(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return await run(join(home, 'node_modules/.bin/ionflux'), args, { cwd: home, env: environment })
}

test('the package is small and holds what is needed and no source of ours', () => {
  expect(bytes).toBeLessThanOrEqual(bytesMax)
  const needed = [
    'bin/ionflux.js dist/cli.js dist/index.js dist/quickjs.wasm dist/THIRD-PARTY-LICENSES.txt',
    'LICENSE README.md docs/errors.md schemas/flow.json plugins/std/git/plugin.yaml',
    'flows/release-notes.flow.yaml',
  ].flatMap((line) => line.split(' '))
  expect(needed.filter((path) => !files.includes(path))).toEqual([])
  expect(
    files.filter((path) => /^(?:engine|test|scripts|bench|node_modules)\//.test(path)),
  ).toEqual([])
})

test('only what cannot be bundled is installed beside it', () => {
  const lock = JSON.parse(readFileSync(join(home, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, unknown>>
  }
  const names = Object.keys(lock.packages).map((path) => path.replace(/^node_modules\//, ''))
  expect(names.filter((name) => !/^$|^ionflux$|^esbuild$|^@esbuild\//.test(name))).toEqual([])
})

test('it prints its version and its help', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly version: string
  }
  expect((await ionflux('--version')).stdout.trim()).toBe(version)
  expect((await ionflux('--help')).stdout).toContain('Usage: ionflux')
})

const author = `import * as engine from 'ionflux'
import type { Action, Transform } from 'ionflux/plugin'
import { checkLog, openRegistry, type EntryView, type Registry } from 'ionflux/registry'
export const act: Action<{ n: number }, number> = ({ n }, { log }) => (log.info('x'), n)
export const turn: Transform<{ n: number }, number> = ({ n }) => n
// @ts-expect-error it gives a number
export const wrong: Action<{ n: number }, string> = ({ n }) => n
export const all: unknown = [engine, checkLog, openRegistry]
export type Both = [Registry, EntryView]
`

test('its doors have types that a compiler takes in an empty project, and can be imported', async () => {
  const place = join(home, 'typed')
  mkdirSync(place)
  writeFileSync(join(place, 'author.ts'), author)
  const compilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: false,
    target: 'es2024',
    lib: ['esnext', 'dom'],
    module: 'nodenext',
    types: [],
  }
  const settings = JSON.stringify({ compilerOptions, files: ['author.ts'] })
  writeFileSync(join(place, 'tsconfig.json'), settings)
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const options = { cwd: place, env: environment }
  expect((await run(process.execPath, [compiler, '-p', place], options)).stdout).toBe('')
  const code = `for (const door of ['', '/plugin', '/registry']) await import('ionflux' + door)
console.log('imported')`
  const { stdout } = await run('node', ['--input-type=module', '-e', code], {
    ...options,
    cwd: home,
  })
  expect(stdout).toBe('imported\n')
}, 60_000)

test('it explains an error code', async () => {
  expect((await ionflux('explain', 'DSL_KEY_UNKNOWN')).stdout).toContain('DSL_KEY_UNKNOWN')
})

const greeting = `dsl: flux/1
id: greeting
inputs:
  type: object
  required: [name]
  properties: { name: { type: string } }
steps:
  - id: text
    transform: |
      const shout = (text: string): string => text.toUpperCase()
      export default (input: { name: string }) => shout(input.name)
    with: { name: "\${{ inputs.name }}" }
  - id: said
    let: "Hello \${{ steps.text.output }}"
outputs: { said: "\${{ steps.said.output }}" }
`

test('it checks and runs a flow with code in TypeScript, in a folder that is no repository', async () => {
  writeFileSync(join(home, 'greeting.flow.yaml'), greeting)
  await ionflux('check', 'greeting.flow.yaml')
  const { stdout } = await ionflux('run', 'greeting.flow.yaml', '-i', 'name=Ada', '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    run: { flow: 'greeting', status: 'done', output: { said: 'Hello ADA' } },
  })
})

test('it runs a flow of its own on the history of a repository', async () => {
  const git = async (...args: readonly string[]): Promise<unknown> =>
    await run('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
      cwd: home,
    })
  await git('init', '-q')
  writeFileSync(join(home, '.gitignore'), 'node_modules/\n.ionflux/\n')
  await git('add', '.gitignore', 'greeting.flow.yaml')
  await git('commit', '-q', '-m', 'feat: greet people')
  const { stdout } = await ionflux('run', 'release-notes', '--json')
  const { run: done } = JSON.parse(stdout) as { readonly run: { readonly output: unknown } }
  expect(JSON.stringify(done)).toContain('greet people')
  expect(done).toMatchObject({ status: 'done' })
})

test('its doors can be imported, and have types', async () => {
  const script = "import * as door from 'ionflux'; console.log(Object.keys(door).length)"
  const { stdout } = await run('node', ['--input-type=module', '-e', script], {
    cwd: home,
    env: environment,
  })
  expect(Number(stdout)).toBeGreaterThan(0)
  writeFileSync(
    join(home, 'plugin.ts'),
    [
      "import type { Action } from 'ionflux/plugin'",
      "import * as door from 'ionflux'",
      'export const shout: Action<{ text: string }, string> = ({ text }) => text.toUpperCase()',
      'export const names: readonly string[] = Object.keys(door)',
    ].join('\n'),
  )
  const flags = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--lib',
    'esnext,dom',
  ]
  await run(
    join(root, 'node_modules/.bin/tsc'),
    [...flags, '--skipLibCheck', 'false', 'plugin.ts'],
    {
      cwd: home,
      env: environment,
    },
  )
}, 90_000)
