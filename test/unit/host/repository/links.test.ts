/**
 * Goal: no link in a repository makes ionflux read, run or write what lies outside of it.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { checkAll } from '#engine/host/repository/check-all.ts'
import { openCommitTree, openWorkingTree, type Files } from '#engine/host/repository/files.ts'
import { loadFlow, settled } from '#engine/host/repository/load.ts'
import { openGit } from '#engine/mirror/open.ts'

let top: string
let root: string
const flow = `dsl: flux/1
id: lured
inputs: { type: object, properties: { a: { $ref: ../evil/a.json } } }
steps:
  - { id: out, transform: ../evil/x.ts }
  - { id: act, use: mine/evil }
`
const manifest =
  'plugin: mine/evil\nversion: 1.0.0\nentry: main.ts\nactions: { default: { effects: pure } }\n'

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

beforeAll(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'ionflux-links-')))
  root = join(top, 'repo')
  write(join(top, 'outside/x.ts'), 'export default () => 1\n')
  write(join(top, 'outside/a.json'), '{ "type": "string" }\n')
  write(join(top, 'outside/plugin.yaml'), manifest)
  write(join(top, 'outside/main.ts'), 'export default () => 1\n')
  write(join(top, 'outside/more.flow.yaml'), 'dsl: flux/1\nid: more\nsteps: []\n')
  write(join(root, 'ionflux.yaml'), 'namespace: fixture\n')
  write(join(root, 'flows/lured.flow.yaml'), flow)
  symlinkSync('../outside', join(root, 'evil'))
  mkdirSync(join(root, 'plugins/mine'), { recursive: true })
  symlinkSync('../../../outside', join(root, 'plugins/mine/evil'))
  const git = (...args: readonly string[]): unknown =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
      cwd: root,
    })
  git('init', '--quiet', '--initial-branch=main')
  git('add', '.')
  git('commit', '--quiet', '-m', 'all')
})
afterAll(() => rmSync(top, { recursive: true, force: true }))

describe.each([
  ['the working tree', () => Promise.resolve(openWorkingTree(root))],
  ['a commit', async () => await openCommitTree({ git: await openGit(root), ref: 'HEAD', root })],
])('a linked folder in %s', (_, open: () => Promise<Files>) => {
  test.each(['evil/x.ts', 'evil/a.json', 'plugins/mine/evil/plugin.yaml', 'flows/../evil/x.ts'])(
    'answers nothing for %s',
    async (path) => {
      const tree = await open()
      expect(await settled(tree, () => Promise.resolve(tree.readText(path)))).toBeUndefined()
    },
  )

  test('is named as the link that stands in the way', async () => {
    const tree = await open()
    expect(tree.linkOn('evil/x.ts')).toBe('evil')
    expect(tree.linkOn('plugins/mine/evil/plugin.yaml')).toBe('plugins/mine/evil')
    expect(tree.linkOn('flows/lured.flow.yaml')).toBeUndefined()
    expect(tree.linkOn('flows/gone.flow.yaml')).toBeUndefined()
  })

  test('is not listed', async () => {
    expect((await open()).find(['**/*.flow.yaml', '**/plugin.yaml'])).toEqual([
      'flows/lured.flow.yaml',
    ])
  })

  test('gives a flow neither code nor a schema nor a plugin', async () => {
    const { loaded, problems } = await loadFlow(await open(), 'flows/lured.flow.yaml')
    expect(loaded).toBeUndefined()
    const told = problems.filter(({ message }) => message.includes('"evil" is a link'))
    expect(told.map(({ code, at }) => ({ code, at }))).toEqual(
      expect.arrayContaining([
        { code: 'DSL_REFERENCE_FORMAT', at: '/inputs/properties/a/$ref' },
        { code: 'DSL_REFERENCE_FORMAT', at: '/steps/0/transform' },
      ]),
    )
    expect(problems.some(({ at }) => at === '/steps/1/use')).toBe(true)
  })
})

test('a check of a path behind a link finds no flow there', async () => {
  const { flows } = await checkAll({ files: openWorkingTree(root), paths: ['evil'] })
  expect(flows).toBe(0)
})

describe('a root that is reached through a link', () => {
  test('has the files of its folder at a commit, and nothing else', async () => {
    symlinkSync('repo', join(top, 'alias'))
    const git = await openGit(root)
    const through = await openCommitTree({ git, ref: 'HEAD', root: join(top, 'alias/flows') })
    expect(through.find(['**/*.flow.yaml'])).toEqual(['lured.flow.yaml'])
  })

  test('is refused where it leads out of the Git repository', async () => {
    const git = await openGit(root)
    const opening = openCommitTree({ git, ref: 'HEAD', root: join(root, 'evil') })
    await expect(opening).rejects.toMatchObject({ code: 'MIRROR_PATH_UNKNOWN' })
  })
})
