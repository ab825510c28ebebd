/**
 * Goal: what was changed in a fork becomes a pull request of upstream, through a fork of its
 * repository, on what upstream is now; and asking again makes no second one. Method: the real
 * command line, git's http-backend for both repositories, and a forge on loopback.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { call, type Ended, git, write } from '#test/e2e/cli.ts'
import { type FakeForge, openForge } from '#test/fake/git/forge.ts'
import { openGitServer, type GitServer } from '#test/fake/git/server.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const manifest = (name: string, version: string): string => `plugin: ${name}
version: ${version}
entry: ./main.ts
actions:
  default: { effects: pure, input: { type: object }, output: { type: string } }
`
const code = (text: string): string => `// Says it.\n\nexport default (): string => '${text}'\n`

let top: string
let server: GitServer
let forge: FakeForge
const at = (name: string): string => join(top, name)

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-contribute-'))
  ;[server, forge] = await Promise.all([openGitServer(top, { isOpen: true }), openForge()])
  write(at('vendor'), {
    'tools/say/plugin.yaml': manifest('acme/say', '1.0.0'),
    'tools/say/main.ts': code('hello'),
  })
  git(at('vendor'), 'init', '--quiet', '--initial-branch=trunk')
  commit('begin')
  for (const owner of ['acme', 'me'])
    git(top, 'clone', '--quiet', '--bare', at('vendor'), at(`${owner}/tools.git`))
  write(at('own'), { 'ionflux.yaml': 'namespace: me\n', '.gitignore': '.ionflux/\n' })
  await ionflux('fork', `git+${server.origin}/acme/tools.git//tools/say`, '--as', 'me/say')
})
afterAll(async () => {
  await forge[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  rmSync(top, { recursive: true, force: true })
})

function commit(message: string): void {
  git(at('vendor'), 'add', '.')
  git(at('vendor'), 'commit', '--quiet', '-m', message)
}

const ionflux = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, {
    cwd: at('own'),
    env: { XDG_CACHE_HOME: at('cache'), IONFLUX_SECRET_FORGE_TOKEN: 'a token of the forge' },
  })
const place = 'plugins/me/say'
const propose = async (...more: readonly string[]): Promise<Ended> =>
  await ionflux('contribute', place, '--pull-request', '--forge', forge.origin, ...more)
const fork = (): readonly string[] => ['--push', `${server.origin}/me/tools.git`]
const token = ['--token', 'FORGE_TOKEN'] as const
const branch = 'contribute/acme/say'
const shown = (path: string): string => git(at('me/tools.git'), 'show', `${branch}:${path}`)

test('a second fork of the same name is refused, with the name of the folder', async () => {
  const from = `git+${server.origin}/acme/tools.git//tools/say`
  const again = await ionflux('fork', from, 'plugins/mine/say', '--as', 'me/say')
  expect(again).toMatchObject({ code: 3, stderr: expect.stringContaining('"plugins/me/say"') })
  expect(existsSync(at('own/plugins/mine'))).toBe(false)
})

test('needs a fork and a token, on the forge of upstream', async () => {
  for (const more of [token, fork(), [...token, '--push', 'https://elsewhere.example/me/tools']])
    expect(await propose(...more)).toMatchObject({ code: 2 })
  expect(forge.pulls).toEqual([])
})

test('nothing that differs is nothing to propose', async () => {
  const same = await propose(...token, ...fork())
  expect([same.code, same.stderr]).toEqual([0, expect.stringContaining('Nothing here differs')])
  expect(git(at('me/tools.git'), 'branch', '--list')).toBe('* trunk')
})

test('a change goes onto a branch of the fork, over what upstream is now', async () => {
  write(at('vendor'), {
    'tools/say/README.md': '# Say\n',
    'tools/say/main.ts': `// More.\n\n${code('hello')}`,
  })
  commit('upstream goes on')
  git(at('acme/tools.git'), 'fetch', '--quiet', at('vendor'), '+trunk:trunk')
  write(at('own'), { [`${place}/main.ts`]: code('good day') })
  const made = await propose(...token, ...fork(), '--title', 'Politer', '--json')
  expect(made).toMatchObject({ code: 0 })
  expect(JSON.parse(made.stdout)).toMatchObject({
    upstream: 'acme/say',
    branch,
    files: ['tools/say/main.ts'],
    conflicts: [],
    pullRequest: { number: 1, isNew: true },
  })
  expect(forge.pulls).toMatchObject([
    {
      title: 'Politer',
      head: { ref: branch, repo: { full_name: 'me/tools' } },
      base: { ref: 'trunk', repo: { full_name: 'acme/tools' } },
      body: expect.stringContaining('`tools/say/main.ts`'),
    },
  ])
  expect(shown('tools/say/main.ts')).toMatch(/^\/\/ More[^]*good day/)
  expect(shown('tools/say/README.md')).toBe('# Say')
  expect(shown('tools/say/plugin.yaml')).toContain('plugin: acme/say')
  const files = git(at('me/tools.git'), 'ls-tree', '-r', '--name-only', branch)
  expect(files).not.toContain('lineage.yaml')
})

test('asking again brings the pull request up to date, on top of what was pushed', async () => {
  const before = git(at('me/tools.git'), 'rev-parse', branch)
  const again = await propose(...token, ...fork())
  expect(again.stderr).toContain('Brought up to date: https://forge.example/acme/tools/pull/1')
  expect(git(at('me/tools.git'), 'rev-parse', branch)).toBe(before)
  write(at('own'), { [`${place}/main.ts`]: code('good evening') })
  expect(await propose(...token, ...fork())).toMatchObject({ code: 0 })
  expect(git(at('me/tools.git'), 'rev-parse', `${branch}~1`)).toBe(before)
  expect(shown('tools/say/main.ts')).toContain('good evening')
  expect(forge.pulls).toHaveLength(1)
  expect(forge.strays).toEqual([])
})
