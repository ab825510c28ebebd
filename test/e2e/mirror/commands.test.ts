/**
 * `ionflux mirror …` against git's own server: what people see, what programs read, how it ends.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { openRemotes, type Remote, type RemotesLab } from '#test/fake/git/remotes.ts'
import { call, folder, type Ended } from '#test/e2e/cli.ts'

// Each test is several processes.
vi.setConfig({ testTimeout: 60_000 })

let lab: RemotesLab
let count = 0
beforeAll(async () => {
  lab = await openRemotes()
})
afterAll(async () => await lab[Symbol.asyncDispose]())

const flow = `dsl: flux/1
id: hello
steps:
  - id: say
    let: { text: hello }
`
const remote = (): Remote => lab.remote(`e${++count}`)

function place(): { readonly cwd: string; mirror(...args: string[]): Promise<Ended> } & Disposable {
  const dir = folder()
  const env = { IONFLUX_SECRET_GIT_TOKEN: 'token-of-the-test' }
  return {
    cwd: dir.path,
    mirror: async (...args) => await call(['mirror', ...args], { cwd: dir.path, env }),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  }
}

test('follows a repository from add to rm', async () => {
  using here = place()
  const origin = remote()
  const commit = origin.push({ 'hello.flow.yaml': flow })
  const added = await here.mirror('add', origin.url, '--name', 'acme/flows')
  expect(added).toMatchObject({ code: 0, stdout: '' })
  expect(added.stderr).toContain('acme/flows is followed')
  expect(added.stderr).toContain(`main at ${commit.slice(0, 12)}, 1 flow`)
  const listed = await here.mirror('ls')
  expect(listed.stdout).toMatch(
    /^acme\/flows +behind +[0-9a-f]{7} [0-9a-f]{7} [0-9a-f]{7} - +main\n$/,
  )
  const next = origin.push({ 'more.md': 'more' })
  expect(await here.mirror('sync', 'acme/flows')).toMatchObject({ code: 0 })
  const { stdout } = await here.mirror('status', 'acme/flows', '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    mirrors: [
      {
        name: 'acme/flows',
        url: origin.url,
        branch: 'main',
        status: 'behind',
        hold: null,
        facts: {
          remote: { commit: next, problem: null },
          mirrored: { commit: next },
          compiled: { commit: next, flows: 1 },
          active: { commit: null },
        },
        incidents: [],
      },
    ],
  })
  const status = await here.mirror('status')
  for (const word of ['remote', 'mirrored', 'compiled', 'active', next.slice(0, 12)])
    expect(status.stdout).toContain(word)
  expect(await here.mirror('rm', 'acme/flows')).toMatchObject({ code: 0 })
  expect(JSON.parse((await here.mirror('ls', '--json')).stdout)).toEqual({ mirrors: [] })
  expect(readdirSync(join(here.cwd, '.ionflux/mirrors'))).toEqual([])
})

test('tells a broken head with its mistake, ends with 3, and mends with the next push', async () => {
  using here = place()
  const origin = remote()
  const good = origin.push({ 'hello.flow.yaml': flow })
  await here.mirror('add', origin.url, '--name', 'r')
  const bad = origin.push({ 'hello.flow.yaml': flow.replace('let:', 'lett:') })
  const broken = await here.mirror('sync', 'r', '--json')
  expect(broken.code).toBe(3)
  expect(JSON.parse(broken.stdout)).toMatchObject({
    mirrors: [
      {
        status: 'broken',
        failure: null,
        facts: {
          mirrored: { commit: bad },
          compiled: { commit: good, problem: { code: 'MIRROR_COMPILE_FAILED', commit: bad } },
        },
      },
    ],
  })
  expect((await here.mirror('sync', 'r')).stderr).toContain('hello.flow.yaml: ')
  origin.push({ 'hello.flow.yaml': flow })
  expect(await here.mirror('sync', 'r')).toMatchObject({ code: 0 })
})

test('holds and releases, by hand and after a forced push', async () => {
  using here = place()
  const origin = remote()
  const first = origin.push({ 'hello.flow.yaml': flow })
  origin.push({ 'a.md': 'a' })
  await here.mirror('add', origin.url, '--name', 'r')
  const held = await here.mirror('hold', 'r', '--reason', 'a freeze', '--json')
  expect(JSON.parse(held.stdout)).toMatchObject({
    status: 'held',
    hold: { reason: 'a freeze', by: 'person' },
  })
  expect((await here.mirror('release', 'r')).stderr).toContain('released')
  origin.push({ 'b.md': 'b' }, { from: first })
  const forced = await here.mirror('sync', 'r')
  expect(forced).toMatchObject({ code: 0 })
  expect(forced.stderr).toContain('ionflux mirror release r')
  expect((await here.mirror('status', 'r')).stdout).toMatch(/incident .*was rewritten/)
  await here.mirror('release', 'r')
  const after = JSON.parse((await here.mirror('status', 'r', '--json')).stdout)
  expect(after).toMatchObject({
    mirrors: [{ status: 'behind', hold: null, incidents: [{ kind: 'history-rewritten' }] }],
  })
  expect(after.mirrors[0].incidents[0].resolved_at).not.toBeNull()
})

test('sends a secret to the host of the mirror, and prints it nowhere', async () => {
  using here = place()
  const origin = remote()
  origin.push({ 'hello.flow.yaml': flow })
  const path = new URL(origin.url).pathname
  const authorization = `Basic ${Buffer.from('x-access-token:token-of-the-test').toString('base64')}`
  lab.server.guard = { path, authorization }
  const without = await here.mirror('add', origin.url, '--name', 'without')
  expect(without).toMatchObject({ code: 69 })
  expect(without.stderr).toContain('--token-secret')
  const given = await here.mirror('add', origin.url, '--name', 'r', '--token-secret', 'GIT_TOKEN')
  expect(given).toMatchObject({ code: 0 })
  const { stdout } = await here.mirror('status', '--json')
  expect(stdout + given.stderr).not.toContain('token-of-the-test')
  delete lab.server.guard
})

test('what cannot be read is not followed, and says which branches there are', async () => {
  using here = place()
  const origin = remote()
  origin.push({ 'hello.flow.yaml': flow }, { branch: 'trunk' })
  const headless = await here.mirror('add', origin.url)
  expect(headless).toMatchObject({ code: 2, stdout: '' })
  expect(headless.stderr).toMatch(/HEAD .*"trunk"; add the mirror with --branch/)
  expect(headless.stderr).not.toMatch(/✓|is followed/)
  const slip = await here.mirror('add', origin.url, '--branch', 'trnk', '--json')
  expect(slip.code).toBe(2)
  expect(slip.stderr).toContain('Did you mean "trunk"?')
  const nobody = await here.mirror('add', `${lab.server.origin}/nobody/here`)
  expect(nobody.code).toBe(69)
  expect(nobody.stderr).toContain('--no-sync')
  expect(JSON.parse((await here.mirror('ls', '--json')).stdout)).toEqual({ mirrors: [] })
  expect(readdirSync(join(here.cwd, '.ionflux/mirrors'))).toEqual([])
  const right = await here.mirror('add', origin.url, '--branch', 'trunk')
  expect(right.stderr).toMatch(/is followed[^]*trunk at [0-9a-f]{12}, 1 flow/)
})

test('syncs all, and one that fails hinders no other', async () => {
  using here = place()
  const origins = [remote(), remote()]
  for (const [index, origin] of origins.entries()) {
    origin.push({ 'hello.flow.yaml': flow })
    await here.mirror('add', origin.url, '--name', `r${index}`, '--no-sync')
  }
  await here.mirror('add', `${lab.server.origin}/nobody/here`, '--no-sync')
  const all = await here.mirror('sync', '--all', '--json')
  expect(all.code).toBe(69)
  expect(JSON.parse(all.stdout).mirrors).toMatchObject([
    { name: 'nobody/here', status: 'gone', failure: { code: 'MIRROR_REPOSITORY_GONE' } },
    { name: 'r0', status: 'behind', failure: null },
    { name: 'r1', status: 'behind', failure: null },
  ])
})

test.each([
  [['add', 'https://user:pass@git.example/a'], '--token-secret'],
  [['add', '../ops.git'], 'write https://HOST/OWNER/REPO'],
  [['add', 'git@git.example:a/x'], 'write https://HOST/OWNER/REPO'],
  [['add', 'file:///tmp/ops.git'], 'write https://HOST/OWNER/REPO'],
  [['add', 'git://git.example/a'], 'write https://HOST/OWNER/REPO'],
  [['sync'], '--all'],
  [['status', 'nobody'], 'No mirror is called'],
])('refuses %j with a word of help, and follows nothing', async (args, word) => {
  using here = place()
  const ended = await here.mirror(...args)
  expect(ended.stderr).toContain(word)
  expect(ended.code).toBe(2)
  const { stdout } = await here.mirror('ls', '--json')
  expect(JSON.parse(stdout)).toEqual({ mirrors: [] })
})

test('activates nothing where nothing is mirrored, and says what comes first', async () => {
  using here = place()
  await here.mirror('add', remote().url, '--name', 'r', '--no-sync')
  const ended = await here.mirror('activate', 'r')
  expect(ended.code).toBe(2)
  expect(ended.stderr).toContain('MIRROR_REF_UNKNOWN')
  expect(ended.stderr).toContain('ionflux mirror sync r')
})
