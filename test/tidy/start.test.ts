/**
 * Goal: a start loads what it needs and no more, because starting is part of every command.
 * Method: commands in processes of their own tell every module that they load; names and
 * bytes are compared, since times differ from machine to machine.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, onTestFinished, test } from 'vitest'

import { packageOf, root } from './tree.ts'

const main = join(root, 'engine/cli/main.ts')

/** Tells every module on stderr, at the end of the process. */
const teller = `import { registerHooks } from 'node:module'
import { writeFileSync } from 'node:fs'
const seen = new Set()
registerHooks({ load: (url, context, next) => (seen.add(url), next(url, context)) })
process.on('exit', () => writeFileSync(process.env.LOADED, [...seen].join('\\n')))`

interface Loaded {
  /** Of npm, sorted. */
  readonly packages: readonly string[]
  /** Folders of ours, two levels deep, sorted. */
  readonly folders: readonly string[]
  /** Of our own files. */
  readonly bytes: number
}

function loadedBy(args: readonly string[]): Loaded {
  const dir = mkdtempSync(join(tmpdir(), 'ionflux-start-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  writeFileSync(join(dir, 'cold.flow.yaml'), flow)
  const told = join(dir, 'loaded')
  const { IONFLUX_DATA_DIR: _, ...env } = process.env
  const url = `data:text/javascript,${encodeURIComponent(teller)}`
  const printed = execFileSync(process.execPath, ['--import', url, main, ...args], {
    cwd: dir,
    env: { ...env, LOADED: told },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  expect(printed).not.toBe('')
  const urls = readFileSync(told, 'utf8').split('\n')
  const paths = urls
    .filter((one) => one.startsWith('file:'))
    .map((one) => relative(root, fileURLToPath(one)))
  const own = paths.filter((path) => !path.startsWith('node_modules/'))
  return {
    packages: sorted(
      paths.flatMap((path) => {
        const [, inside] = path.split('node_modules/')
        return inside === undefined ? [] : [packageOf(inside)]
      }),
    ),
    folders: sorted(own.map((path) => path.split('/').slice(0, -1).slice(0, 2).join('/'))),
    bytes: own.reduce((sum, path) => sum + statSync(join(root, path)).size, 0),
  }
}

const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].toSorted()

const flow = `dsl: flux/1
id: cold
steps:
  - { id: one, let: { n: 20 } }
  - { id: two, let: '\${{ steps.one.output.n + 1 }}' }
`

test('--version loads no package, and next to nothing of ours', () => {
  const { packages, folders, bytes } = loadedBy(['--version'])
  expect(packages).toEqual([])
  expect(folders).toEqual(['engine/cli', 'engine/host'])
  expect(bytes).toBeLessThan(15_000)
})

test('--help loads the tables of commands and no command', () => {
  const { packages, folders, bytes } = loadedBy(['--help'])
  expect(packages).toEqual(['commander'])
  expect(folders).toEqual(['engine/cli', 'engine/core', 'engine/dsl'])
  expect(bytes).toBeLessThan(100_000)
})

test('a run loads the language and the journal: nothing of networks, registries and sandboxes', () => {
  const { packages, folders, bytes } = loadedBy(['run', 'cold.flow.yaml', '--json'])
  const language = ['@marcbachmann/cel-js', '@noble/hashes', 're2js', 'semver', 'yaml']
  expect(packages).toEqual([...language, 'commander'].toSorted())
  const layers = ['cli', 'core', 'dsl', 'durable', 'host', 'mirror', 'plan', 'runtime', 'sandbox']
  expect(folders).toEqual([...layers.map((layer) => `engine/${layer}`), 'schemas'])
  expect(bytes).toBeLessThan(1_400_000)
})
