/**
 * Goal: what runs is what the lock names, wherever its bytes come from, and nobody gets a
 * power without consent. Method: the real command line, two repositories, git's http-backend.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { call, type Ended } from '#test/e2e/cli.ts'
import { runGitIn } from '#test/fake/git/run-git.ts'
import { openGitServer, type GitServer } from '#test/fake/git/server.ts'
import { repository, type Fixture, type FixtureCommit } from '#test/fake/repository.ts'
import { shoutCode, shoutManifest } from '#test/fake/shout.ts'

const plugin = (version: string, mark: string, more = ''): FixtureCommit['files'] => [
  { path: 'plugins/shout/plugin.yaml', content: shoutManifest({ version, more }) },
  { path: 'plugins/shout/main.ts', content: shoutCode(mark) },
]
const flow = `dsl: flux/1
id: loud
steps:
  - { id: say, use: acme/shout@^1, with: { text: hello } }
outputs: { text: "\${{ steps.say.output }}" }
`

let top: string
let own: Fixture
let server: GitServer
const served: Fixture[] = []
const ionflux = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, { cwd: own.dir, env: { XDG_CACHE_HOME: join(top, 'cache') } })
const lockText = (): string => readFileSync(join(own.dir, 'ionflux.lock'), 'utf8')

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-lock-'))
  own = repository([
    {
      message: 'one',
      files: [
        { path: 'ionflux.yaml', content: 'namespace: me\n' },
        { path: 'flows/loud.flow.yaml', content: flow },
      ],
    },
  ])
  own.git('checkout', '--quiet', '--force', 'main')
  const upstream = repository(
    [
      { message: 'one', files: plugin('1.0.0', '!') ?? [], tags: ['v1.0.0'] },
      { message: 'two', files: plugin('1.1.0', '!!') ?? [] },
      {
        message: 'three',
        branch: 'wide',
        files: plugin('1.2.0', '!!!', 'capabilities: { net: [b.example] }\n') ?? [],
      },
    ],
    { bare: true },
  )
  served.push(upstream)
  server = await openGitServer(join(upstream.dir, '..'))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  for (const fixture of [own, ...served]) fixture.remove()
  rmSync(top, { recursive: true, force: true })
})

const source = (ref: string): string =>
  `git+${server.origin}/${served[0]?.dir.split('/').at(-1) ?? ''}//plugins/shout@${ref}`

test('a package of another repository is added, locked and run', async () => {
  const added = await ionflux('add', source('v1.0.0'))
  expect(added).toMatchObject({ code: 0, stderr: expect.stringContaining('acme/shout@1.0.0') })
  expect(lockText()).toMatch(/acme\/shout@1\.0\.0:\n {4}digest: sha256:/)
  const { stdout } = await ionflux('run', 'loud', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ run: { output: { text: 'HELLO!' } } })
  expect((await ionflux('lock', '--check')).code).toBe(0)
  const { stdout: ways } = await ionflux('why', 'acme/shout')
  expect(ways).toBe('loud → acme/shout\n')
  const step = '{ id: s, use: acme/shout, with: { text: a } }'
  const later = join(own.dir, 'later.flow.yaml')
  writeFileSync(later, `dsl: flux/1\nid: later\nsteps:\n  - ${step}\n`)
  await ionflux('fork', source('v1.0.0'))
  const { stderr } = await ionflux('why', 'acme/shout')
  expect(stderr).toContain('The plugin in "plugins/acme/shout" has this name')
  expect(stderr).toContain('"later" uses "acme/shout" and the lock does not say so yet.')
  rmSync(later)
  rmSync(join(own.dir, 'plugins'), { recursive: true })
  expect((await ionflux('why', 'acme/shout')).stderr).toBe('')
})

test('a package of the lock is looked at and called by its name', async () => {
  const { stdout } = await ionflux('plugin', 'inspect', 'acme/shout@^1', '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    plugin: 'acme/shout',
    version: '1.0.0',
    dependencies: [],
    files: [{ path: 'main.ts', isBundled: true }],
  })
  const called = await ionflux('plugin', 'call', 'acme/shout', 'default', '-i', 'text=a', '--json')
  expect(JSON.parse(called.stdout)).toMatchObject({ ok: true, output: 'A!' })
  expect(await ionflux('plugin', 'inspect', 'acme/shout@^2')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('1.0.0'),
  })
})

test('a commit without a lock runs what is in it, and nothing of elsewhere', async () => {
  const at = mkdtempSync(join(top, 'unlocked-'))
  const git = (...args: string[]): string => runGitIn(at, ...args)
  git('init', '-q', '-b', 'main')
  const text = (id: string, step: string): string => `dsl: flux/1\nid: ${id}\nsteps:\n  - ${step}\n`
  writeFileSync(join(at, 'own.flow.yaml'), text('own', '{ id: a, let: 1 }'))
  git('add', '-A')
  git('commit', '-qm', 'a flow of its own')
  const std = '{ id: a, use: std/json/query@^1, with: { value: 1, path: "$" } }'
  writeFileSync(join(at, 'std.flow.yaml'), text('std', std))
  git('add', '-A')
  git('commit', '-qm', 'one that uses what comes with ionflux')
  const run = async (...args: string[]): Promise<Ended> => await call(['run', ...args], { cwd: at })
  expect((await run('own', '--at', 'HEAD')).code).toBe(0)
  expect(await run('std', '--at', 'HEAD')).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/LOCK_STALE[^]*"std\/json"[^]*ionflux lock/),
  })
  const checked = await call(['check', '--at', 'HEAD'], { cwd: at })
  expect(checked).toMatchObject({ code: 3, stdout: expect.stringContaining('"std/json"') })
  const plan = await call(['plan', 'HEAD~1..HEAD', '--json'], { cwd: at })
  expect(JSON.parse(plan.stdout)).toMatchObject({
    findings: expect.arrayContaining([expect.objectContaining({ code: 'LOCK_STALE' })]),
  })
  expect((await run('std')).code).toBe(0)
  expect((await call(['lock'], { cwd: at })).code).toBe(0)
  git('add', '-A')
  git('commit', '-qm', 'lock')
  expect((await run('std', '--at', 'HEAD')).code).toBe(0)
})

test('a commit runs what its lock names, and nothing else', async () => {
  own.git('add', '-A')
  own.git('-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '--quiet', '-m', 'locked')
  expect((await ionflux('run', 'loud', '--at', 'HEAD')).code).toBe(0)
  expect((await ionflux('run', 'loud', '--locked')).code).toBe(0)
  const path = join(own.dir, 'flows/loud.flow.yaml')
  writeFileSync(path, flow.replace('hello', 'bye'))
  own.git('-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '--quiet', '-am', 'not locked')
  const refused = await ionflux('run', 'loud', '--at', 'HEAD')
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('LOCK_STALE') })
  expect((await ionflux('run', 'loud', '--locked')).stderr).toContain('LOCK_STALE')
  expect(await ionflux('check')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('"loud" is not what ionflux.lock names.'),
  })
  expect((await ionflux('check', '--at', 'HEAD')).code).toBe(3)
  const { stdout } = await ionflux('plan', 'HEAD~1..HEAD', '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    findings: [{ code: 'LOCK_STALE', severity: 'review', file: 'ionflux.lock' }],
  })
  expect((await ionflux('lock', '--check')).code).toBe(3)
  expect((await ionflux('run', 'loud')).code).toBe(0)
  writeFileSync(path, flow)
  own.git('reset', '--quiet', '--hard', 'HEAD~1')
})

test('an update that asks for more needs consent; the plan says what comes in', async () => {
  const before = lockText()
  const wider = await ionflux('add', source('wide'))
  expect(wider).toMatchObject({ code: 4, stderr: expect.stringContaining('net:b.example') })
  expect(lockText()).toBe(before)
  expect((await ionflux('add', source('main'))).code).toBe(0)
  const { stdout } = await ionflux('plan', '--json')
  const { findings } = JSON.parse(stdout) as {
    findings: readonly { code: string; message: string }[]
  }
  expect(findings).toContainEqual(
    expect.objectContaining({
      code: 'PLAN_PACKAGE_CHANGED',
      message: expect.stringMatching(
        /^The package "acme\/shout" goes from 1\.0\.0 to 1\.1\.0, as of \d{4}-\d\d-\d\d\.$/,
      ),
    }),
  )
  const [text, locked] = [lockText(), /commit: (\w+)/.exec(lockText())?.[1] ?? '']
  writeFileSync(join(own.dir, 'ionflux.lock'), text.replace('@main"', '@v1.0.0"'))
  const dry = JSON.parse((await ionflux('update', '--dry-run', '--json')).stdout) as object
  expect(dry).toMatchObject({
    isWritten: false,
    updates: [{ before: 'acme/shout@1.1.0', after: { version: '1.0.0' } }],
  })
  expect(lockText()).toContain(locked)
  writeFileSync(join(own.dir, 'ionflux.lock'), text)
  expect((await ionflux('update')).stderr).toContain('at its newest')
})

test('a machine without the package is told how to get it, and gets what the lock names', async () => {
  rmSync(join(top, 'cache'), { recursive: true })
  const without = await ionflux('run', 'loud')
  // What no flow uses stays locked too, whatever this machine has.
  const [path, text] = [join(own.dir, 'flows/loud.flow.yaml'), lockText()]
  writeFileSync(path, 'dsl: flux/1\nid: loud\nsteps:\n  - { id: say, let: 1 }\n')
  expect((await ionflux('lock')).code).toBe(0)
  expect(lockText()).toContain('acme/shout@1.1.0:')
  writeFileSync(path, flow)
  writeFileSync(join(own.dir, 'ionflux.lock'), text)
  expect(without).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('LOCK_PACKAGE_MISSING'),
  })
  expect((await ionflux('lock', '--fetch')).stderr).toContain('got acme/shout@1.1.0')
  expect((await ionflux('run', 'loud')).code).toBe(0)
})

test('bytes that were changed on this machine are not the package', async () => {
  const folder = join(top, 'cache/ionflux/packages')
  const [name = ''] = readdirSync(folder)
  const file = join(folder, name)
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace(/"main\.ts":"../, '"main.ts":"ZZ'))
  expect((await ionflux('run', 'loud')).stderr).toContain('LOCK_PACKAGE_MISSING')
  writeFileSync(file, text)
})

test('a lock that was changed by hand is refused', async () => {
  const text = lockText()
  writeFileSync(join(own.dir, 'ionflux.lock'), text.replace('  loud:', '  loud:   # mine'))
  const { code, stderr } = await ionflux('lock', '--check')
  writeFileSync(join(own.dir, 'ionflux.lock'), text)
  expect({ code, stderr }).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('LOCK_MALFORMED'),
  })
})

test.each([
  ['acme/shout', 'No registry is named'],
  ['git+https://user:secret@host/x', 'names no package'],
  ['git+ssh://host/x', 'names no package'],
  ['git+http://127.0.0.1:1/none', 'CONN_UNREACHABLE'],
])('%s is refused with a reason', async (text, words) => {
  const { code, stderr } = await ionflux('add', text)
  expect(code).not.toBe(0)
  expect(stderr).toContain(words)
})

test('a package of a private repository is had with the secret of its host', async () => {
  const authorization = `Basic ${Buffer.from('x-access-token:a-token').toString('base64')}`
  server.guard = { path: '/', authorization }
  try {
    const without = await ionflux('add', source('v1.0.0'))
    expect(without).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('MIRROR_REPOSITORY_GONE'),
    })
    process.env['IONFLUX_SECRET_GIT_TOKEN_127_0_0_1'] = 'a-token'
    expect(await ionflux('add', source('v1.0.0'))).toMatchObject({ code: 0 })
  } finally {
    delete process.env['IONFLUX_SECRET_GIT_TOKEN_127_0_0_1']
    delete server.guard
  }
})

test('a folder that is no plugin, or holds a link, is refused', async () => {
  mkdirSync(join(top, 'odd'))
  const odd = repository(
    [
      {
        message: 'one',
        files: [
          ...(plugin('1.0.0', '!') ?? []),
          { path: 'plugins/shout/link.ts', content: '/etc/passwd', mode: '120000' },
        ],
      },
    ],
    { bare: true },
  )
  served.push(odd)
  const base = `git+${server.origin}/${odd.dir.split('/').at(-1) ?? ''}`
  expect((await ionflux('add', `${base}//plugins/shout`)).stderr).toContain('symlink')
  expect((await ionflux('add', base)).stderr).toContain('LOCK_SOURCE_REFUSED')
})
