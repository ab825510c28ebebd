/**
 * Goal: what is published can be fetched by others, and several who publish into one registry at
 * once all get in. Method: the real command line in processes at the same time, sources and
 * registry over git's http-backend, or a registry in a folder.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { signerOf } from '#engine/host/registry/crypto.ts'
import { call, type Ended, git, write } from '#test/e2e/cli.ts'
import { openGitServer, type GitServer } from '#test/fake/git/server.ts'
import { shoutCode, shoutManifest } from '#test/fake/shout.ts'

import { beginIndex, newKey } from './index-folder.ts'

// Each test is many processes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let top: string
let server: GitServer
const at = (name: string): string => join(top, name)
const index = (): string => `git+${server.origin}/index.git@main`
/** Who publishes what; two of them speak for the same namespace, so one has to sign again. */
const entries = { acme: 'acme/shout', globex: 'globex/shout', second: 'globex/loud' } as const
const people = Object.keys(entries) as (keyof typeof entries)[]
const namespaceOf = (who: string): string => (who === 'acme' ? 'acme' : 'globex')

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-together-'))
  server = await openGitServer(top, { isOpen: true })
  for (const name of ['log', 'acme', 'globex']) newKey(at(`${name}.pem`))
  await beginIndex(at('begin'), signerOf(readFileSync(at('log.pem'), 'utf8')))
  for (const name of people)
    write(at(name), {
      'ionflux.yaml': `namespace: ${namespaceOf(name)}\n`,
      'plugins/shout/plugin.yaml': shoutManifest({ name: entries[name], version: '1.0.0' }),
      'plugins/shout/main.ts': shoutCode(),
    })
  for (const name of ['acme', 'globex'])
    await ionflux(name, ['release', 'claim', name, ...keysOf(name, at('begin'))])
  for (const name of ['begin', ...people]) {
    git(at(name), 'init', '--quiet', '--initial-branch=main')
    git(at(name), 'add', '.')
    git(at(name), 'commit', '--quiet', '-m', 'begin')
    if (name !== 'begin') git(at(name), 'tag', 'v1.0.0')
    git(
      top,
      'clone',
      '--quiet',
      '--bare',
      at(name),
      at(name === 'begin' ? 'index.git' : `${name}.git`),
    )
    git(at(name), 'remote', 'add', 'origin', `${server.origin}/${name}.git`)
  }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(top, { recursive: true, force: true })
})

const ionflux = async (who: string, args: readonly string[], cwd = at(who)): Promise<Ended> =>
  await call(args, { cwd, env: { XDG_CACHE_HOME: at(`cache-${who}`) } })
const keysOf = (name: string, registry = index()): readonly string[] => [
  '--registry',
  registry,
  '--key',
  at(`${namespaceOf(name)}.pem`),
  '--log-key',
  at('log.pem'),
]
/** The server is in this process, which must not wait for git. */
const push = async (who: string, ...args: readonly string[]): Promise<unknown> =>
  await promisify(execFile)('git', ['push', '--quiet', 'origin', ...args], { cwd: at(who) })

test.each(['a branch', 'a folder'] as const)(
  'all who publish into %s at once get in',
  async (kind) => {
    if (kind === 'a folder') cpSync(at('begin'), at('folder'), { recursive: true })
    const registry = kind === 'a folder' ? at('folder') : index()
    const ended = await Promise.all(
      people.map((who) => ionflux(who, ['publish', 'v1.0.0', '--json', ...keysOf(who, registry)])),
    )
    expect(ended.map((one) => one.stderr)).toEqual(people.map(() => ''))
    const leaves = ended.map(({ stdout }) => (JSON.parse(stdout) as { leaf: number }).leaf)
    expect(new Set(leaves)).toEqual(new Set([2, 3, 4]))
    const checked = await ionflux('acme', ['registry', 'check', registry, '--json'])
    expect(JSON.parse(checked.stdout)).toMatchObject({ leaves: 5, entries: 3 })
  },
)

test('a tag that others cannot get is refused, and a dry run says so', async () => {
  write(at('acme'), { 'plugins/shout/plugin.yaml': shoutManifest({ version: '1.0.1' }) })
  git(at('acme'), 'commit', '--quiet', '-a', '-m', 'release 1.0.1')
  git(at('acme'), 'tag', 'shout@1.0.1')
  const tried = await ionflux('acme', ['publish', 'shout@1.0.1', '--dry-run', '--json'])
  expect(tried).toMatchObject({ code: 0 })
  expect(JSON.parse(tried.stdout)).toMatchObject({
    refusal: expect.stringContaining('git push origin shout@1.0.1'),
  })
  const refused = await ionflux('acme', ['publish', 'shout@1.0.1', ...keysOf('acme')])
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('REG_TAG_REFUSED') })
  expect(refused.stderr).toContain('git push origin shout@1.0.1')
  await push('acme', 'main', 'shout@1.0.1')
  const told = await ionflux('acme', ['publish', 'shout@1.0.1', '--dry-run', '--json'])
  expect(JSON.parse(told.stdout)).toMatchObject({ refusal: null })
  expect(await ionflux('acme', ['publish', 'shout@1.0.1', ...keysOf('acme')])).toMatchObject({
    code: 0,
  })
})

test('a tag that is another commit for others is refused', async () => {
  git(at('globex'), 'commit', '--quiet', '--allow-empty', '-m', 'again')
  git(at('globex'), 'tag', '--force', 'v1.0.0')
  const copy = at('copy')
  cpSync(at('begin'), copy, { recursive: true })
  const refused = await ionflux('globex', ['publish', 'v1.0.0', ...keysOf('globex', copy)])
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('Tag a new version') })
})

test('a repository that cannot be asked publishes nothing, and a dry run goes on', async () => {
  const args = ['v1.0.0', '--url', `${server.origin}/nowhere.git`]
  const copy = at('begin')
  const ended = await ionflux('second', ['publish', ...args, ...keysOf('second', copy)])
  expect(ended.stderr).toContain('MIRROR_FETCH_FAILED')
  expect(ended.code).toBe(69)
  expect(await ionflux('second', ['publish', ...args, '--dry-run'])).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('nowhere.git'),
  })
})
