/**
 * Goal: what one publishes another uses, forks and follows, and what goes wrong with it is heard
 * of: yanks, advisories, a tag that moved, a key that was stolen. Method: the real command line,
 * two people, three repositories over git's http-backend: sources, registry, consumer.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { signerOf } from '#engine/host/registry/crypto.ts'
import { call, type Ended, git, write } from '#test/e2e/cli.ts'
import { openGitServer, type GitServer } from '#test/fake/git/server.ts'
import { shoutCode, shoutManifest } from '#test/fake/shout.ts'

import { beginIndex, newKey } from './index-folder.ts'

const cases = (mark: string): string =>
  `cases:\n  - { action: default, name: shouts, input: { text: a }, output: "A${mark}" }\n`
const flow = `dsl: flux/1
id: loud
steps:
  - { id: say, use: acme/shout@^1, with: { text: hello } }
outputs: { text: "\${{ steps.say.output }}" }
`

// Each test is a day of two people, of many processes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let top: string
let server: GitServer
let index: string
const at = (name: string): string => join(top, name)
const keys: Record<string, string> = {}

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-story-'))
  for (const name of ['log', 'ann', 'new']) keys[name] = newKey(at(`${name}.pem`))
  server = await openGitServer(top, { isOpen: true })
  await beginIndex(at('begin'), signerOf(readFileSync(at('log.pem'), 'utf8')))
  for (const name of ['begin', 'source']) {
    write(at(name), { 'README.md': `# ${name}\n` })
    git(at(name), 'init', '--quiet', '--initial-branch=main')
    git(at(name), 'add', '.')
    git(at(name), 'commit', '--quiet', '-m', 'begin')
  }
  git(top, 'clone', '--quiet', '--bare', at('begin'), at('index.git'))
  git(top, 'clone', '--quiet', '--bare', at('source'), at('source.git'))
  git(at('source'), 'remote', 'add', 'origin', `${server.origin}/source.git`)
  index = `git+${server.origin}/index.git@main`
  write(at('source'), {
    'ionflux.yaml': `namespace: acme\nregistries: { acme: { index: "${index}" } }\n`,
  })
  write(at('mine'), {
    'ionflux.yaml': `namespace: me\nregistries: { acme: { index: "${index}" } }\n`,
    'flows/loud.flow.yaml': flow,
    '.gitignore': '.ionflux/\n',
  })
  git(at('mine'), 'init', '--quiet', '--initial-branch=main')
  git(at('mine'), 'add', '.')
  git(at('mine'), 'commit', '--quiet', '-m', 'begin')
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(top, { recursive: true, force: true })
})

const envOf = (who: string): Readonly<Record<string, string>> => ({
  XDG_CACHE_HOME: at(`cache-${who}`),
  XDG_STATE_HOME: at(`state-${who}`),
})
const ann = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, {
    cwd: at('source'),
    env: { ...envOf('ann'), IONFLUX_KEY: at('ann.pem'), IONFLUX_LOG_KEY: at('log.pem') },
  })
const ben = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, { cwd: at('mine'), env: envOf('ben') })
const text = (path: string): string => readFileSync(join(at('mine'), path), 'utf8')

/** The server is in this process, which must not wait for git. */
async function push(...args: readonly string[]): Promise<void> {
  await promisify(execFile)('git', ['push', '--quiet', 'origin', ...args], { cwd: at('source') })
}

async function release(version: string, mark: string): Promise<Ended> {
  write(at('source'), {
    'plugins/shout/plugin.yaml': shoutManifest({ version }),
    'plugins/shout/main.ts': shoutCode(mark),
    'plugins/shout/cases/default.yaml': cases(mark),
  })
  git(at('source'), 'add', '.')
  git(at('source'), 'commit', '--quiet', '-m', `release ${version}`)
  git(at('source'), 'tag', `shout@${version}`)
  await push('main', `shout@${version}`)
  return await ann('publish', `shout@${version}`)
}

test('one publishes, another adds it by name and runs it', async () => {
  expect(await ann('release', 'claim', 'acme')).toMatchObject({ code: 0 })
  expect(await release('1.0.0', '!')).toMatchObject({ code: 0 })
  const searched = await ben('search', 'louder', '--kind', 'plugin', '--json')
  expect(JSON.parse(searched.stdout)).toMatchObject({
    found: 1,
    hits: [{ name: 'acme/shout', version: '1.0.0', registry: index }],
  })
  expect(await ben('search', 'whisper')).toMatchObject({ code: 1, stdout: '' })
  const shown = await ben('info', 'acme/shout@^1', '--json')
  expect(JSON.parse(shown.stdout)).toMatchObject({
    release: { version: '1.0.0', leaf: 1, signedBy: [keys['ann']], yanked: null },
    log: { origin: 'index.example/main', size: 2 },
  })
  const nobody = await ben('add', 'other/shout@^1')
  expect(nobody.stderr).toContain('"other"')
  const added = await ben('add', 'acme/shout@^1')
  expect(added).toMatchObject({ code: 0 })
  expect(text('ionflux.lock')).toContain('"origin": "index.example/main"')
  expect(await ben('run', 'loud')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('HELLO!'),
  })
  const verified = await ben('verify', '--rebuild', '--json')
  expect(JSON.parse(verified.stdout)).toMatchObject({
    isTrusted: true,
    verified: [{ leaf: 1, faults: [] }],
  })
  expect(await ben('audit')).toMatchObject({ code: 0 })
})

test('a namespace that has a registry comes from nowhere else', async () => {
  const before = text('ionflux.lock')
  const sources = [`git+${server.origin}/source.git`, `git+file://${at('source.git')}`]
  for (const source of sources) {
    const added = await ben('add', `${source}//plugins/shout@shout@1.0.0`)
    expect(added).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('LOCK_REGISTRY_BYPASSED'),
    })
    expect(added.stderr).toContain('ionflux add acme/shout')
  }
  expect(text('ionflux.lock')).toBe(before)
  write(at('mine'), { 'ionflux.lock': before.replace(/^ {4}log: .*\n/m, '') })
  for (const call of [['lock'], ['lock', '--check'], ['check'], ['run', 'loud'], ['update']]) {
    const ended = await ben(...call)
    expect({ call, code: ended.code }).toEqual({ call, code: 3 })
    expect(ended.stdout + ended.stderr).toContain('LOCK_REGISTRY_BYPASSED')
  }
  expect(await ben('add', 'acme/shout@^1')).toMatchObject({ code: 0 })
  expect(text('ionflux.lock')).toBe(before)
})

test('what is locked crosses an air gap as one file', async () => {
  const file = at('packages.bundle')
  expect(await ben('bundle', 'export', file)).toMatchObject({ code: 0 })
  const env = { ...envOf('ben'), XDG_CACHE_HOME: at('cache-far') }
  const far = await call(['run', 'loud'], { cwd: at('mine'), env })
  expect(far.code).not.toBe(0)
  const brought = await call(['bundle', 'import', file], { cwd: at('mine'), env })
  expect(brought).toMatchObject({ code: 0 })
  expect(await call(['run', 'loud'], { cwd: at('mine'), env })).toMatchObject({ code: 0 })
  write(top, { 'bad.bundle': 'nothing' })
  expect(await ben('bundle', 'import', at('bad.bundle'))).toMatchObject({ code: 3 })
})

test('a fork follows upstream, and a release waits before it is taken unasked', async () => {
  expect(await ben('fork', 'acme/shout@^1', '--as', 'me/shout')).toMatchObject({ code: 0 })
  expect(await release('1.1.0', '!!')).toMatchObject({ code: 0 })
  const old = await ben('outdated', '--json')
  expect(old.code).toBe(5)
  expect(JSON.parse(old.stdout)).toMatchObject({
    outdated: [
      {
        version: '1.0.0',
        asked: '^1',
        wanted: { version: '1.1.0', grown: [] },
        latest: { version: '1.1.0' },
      },
    ],
  })
  const waiting = await ben('update', '--json')
  expect(JSON.parse(waiting.stdout)).toMatchObject({ updates: [], waiting: ['acme/shout@1.1.0'] })
  const synced = await ben('sync', 'plugins/me/shout')
  expect(synced).toMatchObject({ code: 0 })
  expect(text('plugins/me/shout/main.ts')).toContain("'!!'")
  expect(text('plugins/me/shout/plugin.yaml')).toContain('plugin: me/shout')
  expect(await ben('update', 'acme/shout')).toMatchObject({ code: 0 })
  expect(await ben('run', 'loud')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('HELLO!!'),
  })
})

test('a yank hides, an advisory is heard of, and locks keep working', async () => {
  const yanked = await ann('release', 'yank', 'acme/shout@1.1.0', '--reason', 'It hurts.')
  expect(yanked).toMatchObject({ code: 0 })
  const warned = await ann(
    'release',
    'advise',
    'acme/shout',
    '--id',
    'ACME-1',
    '--range',
    '>=1.1.0 <1.2.0',
    '--message',
    'It is too loud.',
    '--severity',
    'high',
  )
  expect(warned).toMatchObject({ code: 0 })
  const audited = await ben('audit', '--json')
  expect(audited.code).toBe(1)
  const shown = await ben('info', 'acme/shout@1.1.0')
  for (const words of ['is yanked: It hurts.', 'ACME-1 (high): It is too loud.'])
    expect(shown.stdout).toContain(words)
  const [finding] = (JSON.parse(audited.stdout) as { findings: { notes: string[] }[] }).findings
  expect(finding?.notes.join(' ')).toMatch(/yanked.*ACME-1/)
  expect(await ben('run', 'loud')).toMatchObject({ code: 0 })
})

test('a tag that was moved is told of, and never followed', async () => {
  const before = text('ionflux.lock')
  write(at('source'), { 'plugins/shout/main.ts': shoutCode(' evil') })
  git(at('source'), 'commit', '--quiet', '-a', '-m', 'evil')
  git(at('source'), 'tag', '--force', 'shout@1.1.0')
  await push('--force', 'main', 'shout@1.1.0')
  const again = await ann('publish', 'shout@1.1.0')
  expect(again.code).toBe(3)
  const told = await ann('release', 'tags', 'acme', '--json')
  expect(JSON.parse(told.stdout)).toMatchObject({
    events: [{ body: { event: 'tag-moved', version: '1.1.0' } }],
  })
  const audited = await ben('audit')
  expect(audited.stdout).toContain('its tag was moved')
  expect(JSON.parse((await ben('verify', '--rebuild', '--json')).stdout)).toMatchObject({
    isTrusted: true,
  })
  expect(text('ionflux.lock')).toBe(before)
})

test('a stolen key signs no more once it is revoked', async () => {
  expect(await ann('release', 'key-add', 'acme', '--new-key', at('new.pem'))).toMatchObject({
    code: 0,
  })
  const revoked = await call(
    ['release', 'key-revoke', 'acme', keys['ann'] ?? '', '--reason', 'It was stolen.'],
    {
      cwd: at('source'),
      env: { ...envOf('ann'), IONFLUX_KEY: at('new.pem'), IONFLUX_LOG_KEY: at('log.pem') },
    },
  )
  expect(revoked).toMatchObject({ code: 0 })
  const stolen = await release('1.2.0', '?')
  expect(stolen.code).toBe(3)
  expect(stolen.stderr).toContain('REG_EVENT_REFUSED')
})

test('a registry that goes back is not believed', async () => {
  git(at('index.git'), 'update-ref', 'refs/heads/main', 'main~3')
  const back = await ben('audit')
  expect(back.stderr).toContain('REG_ROLLED_BACK')
})
