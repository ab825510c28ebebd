/**
 * Goal: what was taken from upstream stays one's own, gets what upstream changes, and never a
 * power or the loss of a safeguard that nobody looked at. Method: the real command line, a
 * package over git's http-backend, and a repository that takes it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'

import { call, type Ended, git, repository as repositoryOf, write } from '#test/e2e/cli.ts'
import { openGitServer, type GitServer } from '#test/fake/git/server.ts'
import { repository, type Fixture, type FixtureFile } from '#test/fake/repository.ts'

const flow = `dsl: flux/1
id: intake   # the id
description: Takes an invoice in.
inputs:
  type: object
  properties: { total: { type: number } }
permissions: { net: [ledger.example.com] }
steps:
  # Small ones go through.
  - id: limit
    let: 1000
  - id: gate
    if: \${{ inputs.total > 1000.0 }}
    then:
      - id: ok
        approve: { ask: Post it?, by: [team:finance], timeout: 3d }
  - id: out
    transform: ./out.ts
    with: { total: "\${{ inputs.total }}" }
`
const code = `export default ({ total }: { total: number }): string => {
  const head = 'Invoice'
  const shown = String(total)
  const words = [head, 'over', shown]
  const tail = words.join(' ')
  return tail
}
`
const manifest = (version: string): string => `blueprint: acme/intake
version: ${version}
kind: flow
description: Takes invoices in.
license: Apache-2.0
inputs:
  type: object
  required: [id]
  properties:
    id: { type: string, description: The id of the flow. }
    limit: { type: number, description: From where a person is asked., default: 500 }
    host: { type: string }
files: [intake.flow.yaml, out.ts]
set:
  - { file: intake.flow.yaml, at: id, value: "\${{ inputs.id }}" }
  - { file: intake.flow.yaml, at: steps.limit.let, value: "\${{ inputs.limit }}" }
  - { file: intake.flow.yaml, at: permissions.net, value: ["\${{ inputs.host }}"] }
secrets: { LEDGER_TOKEN: The token of the ledger. }
`
const files = (version: string, texts: { flow?: string; code?: string } = {}): FixtureFile[] => [
  { path: 'blueprints/intake/blueprint.yaml', content: manifest(version) },
  { path: 'blueprints/intake/intake.flow.yaml', content: texts.flow ?? flow },
  { path: 'blueprints/intake/out.ts', content: texts.code ?? code },
]
const described = flow.replace('Takes an invoice in.', 'Takes an invoice in, once.')

// Each test is many processes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let top: string
let upstream: Fixture
let server: GitServer
let own: ReturnType<typeof repositoryOf>

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-fork-'))
  upstream = repository(
    [
      { message: 'one', files: files('1.0.0'), tags: ['v1'] },
      {
        message: 'two',
        files: files('1.1.0', { flow: described, code: code.replace("'over'", "'about'") }),
        tags: ['v2'],
      },
      {
        message: 'three',
        files: files('2.0.0', {
          flow: described
            .replace('[ledger.example.com]', '[ledger.example.com, evil.example.com]')
            .replace('timeout: 3d', 'timeout: 3d, on_timeout: approve'),
        }),
        tags: ['v3'],
      },
      {
        message: 'four',
        files: files('2.1.0', {
          flow: described.replace('inputs:', 'on: { schedule: { cron: "0 * * * *" } }\ninputs:'),
        }),
        tags: ['v4'],
      },
    ],
    { bare: true },
  )
  server = await openGitServer(join(upstream.dir, '..'))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  upstream.remove()
  rmSync(top, { recursive: true, force: true })
})
beforeEach(() => {
  own?.[Symbol.dispose]()
  own = repositoryOf()
})
afterAll(() => own[Symbol.dispose]())

const source = (tag: string): string =>
  `git+${server.origin}/${upstream.dir.split('/').at(-1)}//blueprints/intake@${tag}`
const ionflux = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, { cwd: own.path, env: { XDG_CACHE_HOME: join(top, 'cache') } })
const text = (path: string): string => readFileSync(join(own.path, path), 'utf8')

describe('use', () => {
  test('writes a flow that passes check, with the inputs at their places', async () => {
    const used = await ionflux('use', source('v1'), '--set', 'id=bills', '--set', 'limit=50')
    expect(used.stderr).toContain('LEDGER_TOKEN')
    expect(used.code).toBe(0)
    const written = text('flows/intake/intake.flow.yaml')
    expect(written).toContain('id: bills   # the id')
    expect(written).toContain('let: 50')
    expect(written).toContain('[ledger.example.com]')
    expect(text('flows/intake/lineage.yaml')).toContain('inputs: {"id":"bills","limit":50}')
    const ran = await ionflux('run', 'bills', '-i', 'total=7')
    expect(ran.stdout).toBe('Invoice over 7\n')
  })

  test.each([
    ['without what must be given', [], 'id'],
    ['with a value of another type', ['--set', 'id=a', '--set', 'limit=many'], 'limit'],
    ['with an input that nobody asked for', ['--set', 'id=a', '--set', 'idd=b'], 'idd'],
    [
      'with an expression in a value',
      ['--set', 'id=a', '--set', 'host=${{ inputs.total }}'],
      '${{',
    ],
  ])('%s nothing is written', async (_, set, word) => {
    const used = await ionflux('use', source('v1'), ...set)
    expect(used).toMatchObject({ code: 2, stdout: '' })
    expect(used.stderr).toContain(word)
    expect(() => text('flows/intake/intake.flow.yaml')).toThrow('ENOENT')
  })

  test('never writes over what is there', async () => {
    write(own.path, { 'flows/intake/mine.txt': 'mine' })
    expect((await ionflux('use', source('v1'), '--set', 'id=a')).code).toBe(2)
  })
})

describe('sync', () => {
  beforeEach(async () => {
    await ionflux('use', source('v1'), '--set', 'id=bills')
    const mine = text('flows/intake/intake.flow.yaml').replace(
      '  # Small ones go through.\n',
      '  # Ours are smaller.\n  - { id: first, let: 1 }\n',
    )
    writeFileSync(join(own.path, 'flows/intake/intake.flow.yaml'), mine)
    git(own.path, 'add', '.')
    git(own.path, 'commit', '--quiet', '-m', 'feat: bills')
  })

  test('brings what upstream changed and keeps what is ours', async () => {
    const out = text('flows/intake/out.ts').replace("'Invoice'", "'Bill'")
    writeFileSync(join(own.path, 'flows/intake/out.ts'), out)
    const synced = await ionflux('sync', 'flows/intake', '--to', source('v2'))
    expect(synced.stderr).toContain('1.0.0 → 1.1.0')
    expect(synced.code).toBe(0)
    const merged = text('flows/intake/intake.flow.yaml')
    expect(merged).toContain('Takes an invoice in, once.')
    expect(merged).toContain('# Ours are smaller.')
    expect(merged).toContain('id: bills   # the id')
    expect(text('flows/intake/out.ts')).toContain("'Bill'")
    expect(text('flows/intake/out.ts')).toContain("'about'")
    expect(text('flows/intake/lineage.yaml')).toContain('version: 1.1.0')
    const again = await ionflux('sync', 'flows/intake', '--json')
    expect(JSON.parse(again.stdout)).toEqual({ isCurrent: true })
  })

  test('keeps ours where both changed, and says where', async () => {
    const ours = text('flows/intake/out.ts').replace("'over'", "'of'")
    writeFileSync(join(own.path, 'flows/intake/out.ts'), ours)
    const synced = await ionflux('sync', 'flows/intake', '--to', source('v2'), '--json')
    expect(synced.code).toBe(1)
    expect(JSON.parse(synced.stdout)).toMatchObject({
      conflicts: [{ file: 'out.ts', at: 'line 4' }],
      held: [],
    })
    expect(text('flows/intake/out.ts')).toBe(ours)
    expect(text('flows/intake/intake.flow.yaml')).toContain('in, once.')
  })

  test('holds a new host and a weaker approval until somebody looks', async () => {
    const before = text('flows/intake/intake.flow.yaml')
    const held = await ionflux('sync', 'flows/intake', '--to', source('v3'))
    expect(held.code).toBe(4)
    expect(held.stderr).toContain('CAP_NOT_GRANTED')
    expect(held.stderr).toContain('evil.example.com')
    expect(text('flows/intake/intake.flow.yaml')).toBe(before)
    const branched = await ionflux('sync', 'flows/intake', '--to', source('v3'), '--branch', 'up')
    expect(branched.code).toBe(0)
    expect(text('flows/intake/intake.flow.yaml')).toBe(before)
    expect(git(own.path, 'show', 'up:flows/intake/intake.flow.yaml')).toContain('evil.example.com')
    expect(git(own.path, 'log', '-1', '--format=%B', 'up')).toContain('evil.example.com')
    const taken = await ionflux('sync', 'flows/intake', '--to', source('v3'), '--accept-caps')
    expect(taken.code).toBe(0)
    expect(text('flows/intake/intake.flow.yaml')).toContain('evil.example.com')
  })

  test('holds what starts runs by itself', async () => {
    const held = await ionflux('sync', 'flows/intake', '--to', source('v4'))
    expect([held.code, held.stderr]).toEqual([4, expect.stringContaining('It will start')])
    expect(text('flows/intake/intake.flow.yaml')).not.toContain('schedule')
    const taken = await ionflux('sync', 'flows/intake', '--to', source('v4'), '--accept-caps')
    expect(taken.code).toBe(0)
  })

  test('holds them too where another file has the same id', async () => {
    const mine = 'dsl: flux/1\nid: bills\nsteps:\n  - { id: a, let: 1 }\n'
    for (const file of ['a.flow.yaml', 'z.flow.yaml']) write(own.path, { [`flows/${file}`]: mine })
    const held = await ionflux('sync', 'flows/intake', '--to', source('v3'))
    expect(held.code).toBe(4)
    expect(held.stderr).toContain('evil.example.com')
    expect(text('flows/intake/intake.flow.yaml')).not.toContain('evil.example.com')
  })

  test('refuses files that were taken from nowhere', async () => {
    expect((await ionflux('sync', 'flows')).code).toBe(2)
  })
})

test('a fork has a name of its own, and its change goes back as a patch', async () => {
  const forked = await ionflux('fork', source('v1'), '--as', 'me/intake')
  expect(forked.code).toBe(0)
  expect(text('blueprints/me/intake/blueprint.yaml')).toContain('blueprint: me/intake')
  const file = 'blueprints/me/intake/out.ts'
  writeFileSync(join(own.path, file), text(file).replace("'Invoice'", "'Rechnung'"))
  const { code: exit, stdout: patch } = await ionflux('contribute', 'blueprints/me/intake')
  expect(exit).toBe(0)
  expect(patch).not.toContain('me/intake')
  const clone = join(top, 'clone')
  git(
    top,
    '-c',
    'advice.detachedHead=false',
    'clone',
    '--quiet',
    '--branch',
    'v1',
    upstream.dir,
    clone,
  )
  writeFileSync(join(top, 'change.patch'), patch)
  git(clone, 'apply', '--check', join(top, 'change.patch'))
  git(clone, 'apply', join(top, 'change.patch'))
  expect(git(clone, 'status', '--short')).toBe('M blueprints/intake/out.ts')
})
