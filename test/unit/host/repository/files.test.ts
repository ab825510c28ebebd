import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { openCommitTree, openWorkingTree, type Files } from '#engine/host/repository/files.ts'
import { readHead } from '#engine/host/repository/head.ts'
import { loadFlow, settled } from '#engine/host/repository/load.ts'
import { findRoot, dataDirectory } from '#engine/host/repository/root.ts'
import { checkAll } from '#engine/host/repository/check-all.ts'
import { openGit } from '#engine/mirror/open.ts'

let root: string
const files: Readonly<Record<string, string>> = {
  'ionflux.yaml':
    "flows: ['sub/**/*.flow.yaml', 'one.flow.yaml']\nplugins: ['mine/*/plugin.yaml']\n",
  'one.flow.yaml': `dsl: flux/1
id: one
steps:
  - { id: code, transform: ./code/double.ts, with: { n: 4 } }
  - { id: act, use: mine/shout, with: { text: hi } }
  - { id: child, flow: two }
`,
  'code/double.ts': 'export default ({ n }: { n: number }) => n * 2\n',
  'mine/shout/plugin.yaml': `plugin: mine/shout
version: 1.0.0
entry: main.ts
actions:
  default: { effects: pure }
`,
  'mine/shout/main.ts':
    "import { loud } from './loud.ts'\nexport default ({ text }) => loud(text)\n",
  'mine/shout/loud.ts': 'export const loud = (text: string) => text.toUpperCase()\n',
  'sub/deep/two.flow.yaml': 'dsl: flux/1\nid: "two"   # quoted\nsteps:\n  - { id: x, let: 1 }\n',
  'other/skip.flow.yaml': 'not: a flow that the globs name\n',
  'node_modules/x/y.flow.yaml': 'id: hidden\n',
}

function git(...args: readonly string[]): string {
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
  return execFileSync('git', [...who, ...args], { cwd: root, encoding: 'utf8' }).trim()
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ionflux-files-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  writeFileSync(join(root, 'code/module.wasm'), Uint8Array.of(0x00, 0xff, 0xfe, 0x0a))
  symlinkSync('/etc/hostname', join(root, 'link.flow.yaml'))
  symlinkSync('/etc/hostname', join(root, 'link.wasm'))
  git('init', '--quiet', '--initial-branch=main')
  git('add', '.')
  git('commit', '--quiet', '-m', 'all')
  writeFileSync(join(root, 'sub/deep/two.flow.yaml'), 'broken: [')
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function atCommit(ref = 'HEAD'): Promise<Files> {
  return await openCommitTree({ git: await openGit(root), ref, root })
}

describe.each([
  ['the working tree', () => Promise.resolve(openWorkingTree(root))],
  ['a commit', () => atCommit()],
])('files of %s', (_, open) => {
  test('are read as bytes, as they are, and never through a link', async () => {
    const tree = await open()
    const bytes = await settled(tree, async () => tree.readBytes('./code/module.wasm'))
    expect([...(bytes ?? [])]).toEqual([0x00, 0xff, 0xfe, 0x0a])
    for (const path of ['link.wasm', 'code', 'gone.wasm', '../x.wasm', '/etc/hostname']) {
      expect(await settled(tree, async () => tree.readBytes(path))).toBeUndefined()
    }
    const text = await settled(tree, async () => tree.readText('code/double.ts'))
    expect(text).toBe(files['code/double.ts'])
  })

  test('are found by globs, without links and installed packages', async () => {
    const tree = await open()
    expect(tree.find(['**/*.flow.yaml'])).toEqual([
      'one.flow.yaml',
      'other/skip.flow.yaml',
      'sub/deep/two.flow.yaml',
    ])
    expect(tree.find(['sub/**/*.flow.yaml'])).toEqual(['sub/deep/two.flow.yaml'])
  })

  test.each([
    '../outside',
    '/etc/hostname',
    'a/../../b',
    'link.flow.yaml',
    'gone',
    'code',
    'code\\double.ts',
  ])('answer nothing for %s', async (path) => {
    const tree = await open()
    const text = await settled(tree, () => Promise.resolve(tree.readText(path)))
    expect(text).toBeUndefined()
  })

  test('give their text', async () => {
    const tree = await open()
    const read = (): Promise<string | undefined> =>
      Promise.resolve(tree.readText('./code/../code/double.ts'))
    expect(await settled(tree, read)).toBe(files['code/double.ts'])
  })
})

test('a flow of a commit loads with its code, its plugin and what it calls', async () => {
  const { loaded, problems } = await loadFlow(await atCommit(), 'one.flow.yaml')
  expect(problems).toEqual([])
  expect(loaded?.plan.body.steps.map(({ kind }) => kind)).toEqual(['call', 'call', 'flow'])
  // Two plans, two units with their code.
  expect(loaded?.blobs).toHaveLength(6)
})

test('the same commit gives the same digest, through either tree', async () => {
  const first = await loadFlow(await atCommit(), 'one.flow.yaml')
  const second = await loadFlow(await atCommit('main'), 'one.flow.yaml')
  expect(first.loaded?.digest).toBe(second.loaded?.digest)
})

test('a broken flow that is called is told with its own file', async () => {
  const { loaded, problems } = await loadFlow(openWorkingTree(root), 'one.flow.yaml')
  expect(loaded).toBeUndefined()
  expect(problems.length).toBeGreaterThan(0)
})

test('a check looks at what the marker names, or at what the caller names', async () => {
  const all = await checkAll({ files: await atCommit() })
  expect(all).toMatchObject({ problems: [], flows: 2, plugins: 1 })
  const other = await checkAll({ files: await atCommit(), paths: ['other/skip.flow.yaml'] })
  expect(other.flows).toBe(1)
  expect(other.problems.length).toBeGreaterThan(0)
})

test('HEAD is what git says, on a branch, detached, packed and before the first commit', () => {
  const commit = git('rev-parse', 'HEAD')
  expect(readHead(root)).toEqual({ commit, isKnown: true })
  git('pack-refs', '--all')
  expect(readHead(root)).toEqual({ commit, isKnown: true })
  git('checkout', '--quiet', '--detach')
  expect(readHead(root)).toEqual({ commit, isKnown: true })
  git('symbolic-ref', 'HEAD', 'refs/heads/unborn')
  expect(readHead(root)).toEqual({ isKnown: true })
  git('symbolic-ref', 'HEAD', 'refs/heads/main')
  expect(readHead(join(root, 'code'))).toEqual({ isKnown: false })
})

test('the root is the nearest marker upwards; the data directory follows flag, environment, root', () => {
  expect(findRoot(join(root, 'sub/deep'))).toBe(root)
  expect(dataDirectory({ environment: {}, root })).toBe(join(root, '.ionflux'))
  expect(dataDirectory({ environment: { IONFLUX_DATA_DIR: '/env' }, root })).toBe('/env')
  expect(dataDirectory({ flag: '/flag', environment: { IONFLUX_DATA_DIR: '/env' }, root })).toBe(
    '/flag',
  )
})
