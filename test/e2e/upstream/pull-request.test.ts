/**
 * Goal: what upstream changed becomes a pull request with its plan, and asking again makes no
 * second one. Method: the real command line, git's http-backend for both repositories, and a
 * forge on loopback that holds requests to GitHub's description.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { call, type Ended, git, write } from '#test/e2e/cli.ts'
import { type FakeForge, openForge } from '#test/fake/git/forge.ts'
import { openGitServer, type GitServer } from '#test/fake/git/server.ts'

const flow = (host: string): string => `dsl: flux/1
id: reminder
permissions: { net: [${host}] }
steps:
  - { id: text, let: Hello }
`
const manifest = `blueprint: acme/reminder
version: 1.0.0
kind: flow
description: Reminds people.
license: Apache-2.0
files: [reminder.flow.yaml]
`

// Each test is many processes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let top: string
let server: GitServer
let forge: FakeForge
const at = (name: string): string => join(top, name)

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-propose-'))
  server = await openGitServer(top, { isOpen: true })
  forge = await openForge()
  const vendor = 'own/vendor/reminder'
  write(top, {
    // The blueprint in this repository is no flow of it: the one made from it has the same id.
    'own/ionflux.yaml': "namespace: me\nflows: ['flows/**/*.flow.yaml']\n",
    'own/.gitignore': '.ionflux/\n',
    [`${vendor}/blueprint.yaml`]: manifest,
    [`${vendor}/reminder.flow.yaml`]: flow('a.example'),
  })
  await ionflux('use', './vendor/reminder', 'flows/reminder')
  git(at('own'), 'init', '--quiet', '--initial-branch=main')
  git(at('own'), 'add', '.')
  git(at('own'), 'commit', '--quiet', '-m', 'begin')
  git(top, 'clone', '--quiet', '--bare', at('own'), at('ada/shop.git'))
  write(top, {
    [`${vendor}/blueprint.yaml`]: manifest.replace('1.0.0', '1.1.0'),
    [`${vendor}/reminder.flow.yaml`]: flow('a.example, evil.example'),
  })
})
afterAll(async () => {
  await forge[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  rmSync(top, { recursive: true, force: true })
})

const ionflux = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, {
    cwd: at('own'),
    env: { XDG_CACHE_HOME: at('cache'), IONFLUX_SECRET_FORGE_TOKEN: 'a token of the forge' },
  })
const propose = async (...more: readonly string[]): Promise<Ended> =>
  await ionflux('sync', 'flows/reminder', '--pull-request', '--forge', forge.origin, ...more)
const token = ['--token', 'FORGE_TOKEN'] as const

test('needs a token and a remote on a forge, and makes nothing without', async () => {
  const bare = await propose()
  expect([bare.code, bare.stderr]).toEqual([2, expect.stringContaining('--token NAME')])
  const nowhere = await propose(...token)
  expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining('"origin"')])
  expect(git(at('own'), 'branch', '--list')).toBe('* main')
})

test('pushes a branch and proposes it, once, with what a person must look at', async () => {
  git(at('own'), 'remote', 'add', 'origin', `${server.origin}/ada/shop.git`)
  const branch = 'sync/acme/reminder-1.1.0'
  const first = await propose(...token, '--json')
  expect(first).toMatchObject({ code: 0 })
  const url = 'https://forge.example/ada/shop/pull/1'
  expect(JSON.parse(first.stdout)).toMatchObject({
    branch,
    pullRequest: { number: 1, url, isNew: true },
  })
  expect(forge.pulls).toMatchObject([
    { title: 'sync: acme/reminder 1.0.0 to 1.1.0', head: { ref: branch }, base: { ref: 'main' } },
  ])
  expect(forge.pulls[0]?.['body']).toMatch(/^### Look at this[^]*evil\.example[^]*ionflux plan/)
  const pushed = git(at('ada/shop.git'), 'show', `${branch}:flows/reminder/reminder.flow.yaml`)
  expect(pushed).toContain('evil.example')
  expect(git(at('own'), 'show', 'main:flows/reminder/reminder.flow.yaml')).not.toContain('evil')

  const again = await propose(...token, '--json')
  expect(JSON.parse(again.stdout)).toMatchObject({ pullRequest: { number: 1, isNew: false } })
  expect(forge.pulls).toHaveLength(1)
  expect(forge.strays).toEqual([])
})

test('never moves a branch that has other commits, nor the one that is checked out', async () => {
  const theirs = git(at('own'), 'commit-tree', 'main^{tree}', '-p', 'main', '-m', 'theirs')
  git(at('ada/shop.git'), 'fetch', '--quiet', at('own'), `${theirs}:refs/heads/theirs`)
  const late = await propose(...token, '--branch', 'theirs')
  expect(late.stderr).toContain('MIRROR_REF_MOVED')
  expect(late.stderr).toContain('Fetch or delete')
  expect(git(at('ada/shop.git'), 'rev-parse', 'theirs')).toBe(theirs)
  expect((await propose(...token, '--branch', 'main')).stderr).toContain('MIRROR_REF_REFUSED')
  expect(forge.pulls).toHaveLength(1)
})
