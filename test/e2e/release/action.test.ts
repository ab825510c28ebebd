/**
 * Goal: a tag that somebody pushes becomes a release by a workflow with `mode: publish`. Method:
 * the steps of the action in bash, as a runner calls them; repository and registry over git's
 * http-backend, the keys as secrets.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { signerOf } from '#engine/host/registry/crypto.ts'
import { call, git, write } from '#test/e2e/cli.ts'
import { runAction, type StepEnd } from '#test/e2e/git/runner.ts'
import { openGitServer, type GitServer } from '#test/fake/git/server.ts'
import { shoutCode, shoutManifest } from '#test/fake/shout.ts'

import { beginIndex, newKey } from './index-folder.ts'

// Each test is many processes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let top: string
let server: GitServer
const at = (name: string): string => join(top, name)
const text = (name: string): string => readFileSync(at(name), 'utf8')
const index = (): string => `git+${server.origin}/index.git@main`

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-action-'))
  server = await openGitServer(top, { isOpen: true })
  for (const name of ['log', 'acme']) newKey(at(`${name}.pem`))
  await beginIndex(at('index'), signerOf(text('log.pem')))
  write(at('source'), { 'ionflux.yaml': 'namespace: acme\n', '.gitignore': '.ionflux/\n' })
  git(at('source'), 'init', '--quiet', '--initial-branch=main')
  for (const version of ['1.0.0', '1.0.1']) {
    write(at('source'), { 'plugin.yaml': shoutManifest({ version }), 'main.ts': shoutCode() })
    git(at('source'), 'add', '.')
    git(at('source'), 'commit', '--quiet', '-m', `release ${version}`)
    git(at('source'), 'tag', `v${version}`)
  }
  const keys = ['--registry', at('index'), '--key', at('acme.pem'), '--log-key', at('log.pem')]
  await call(['release', 'claim', 'acme', ...keys], { cwd: at('source') })
  git(at('index'), 'init', '--quiet', '--initial-branch=main')
  git(at('index'), 'add', '.')
  git(at('index'), 'commit', '--quiet', '-m', 'begin')
  git(top, 'clone', '--quiet', '--bare', at('index'), at('index.git'))
  git(top, 'clone', '--quiet', '--bare', at('source'), at('ada/shop.git'))
  // As actions/checkout leaves it with fetch-depth 0: the tag, its branches, no branch of its own.
  git(top, 'clone', '--quiet', '--no-checkout', at('ada/shop.git'), at('work'))
  git(at('work'), 'remote', 'set-url', 'origin', `${server.origin}/ada/shop.git`)
  git(at('work'), 'checkout', '--quiet', '--detach', 'v1.0.1')
  git(at('work'), 'branch', '--quiet', '-D', 'main')
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(top, { recursive: true, force: true })
})

/** What a runner gives a workflow that `ref` started; both keys are secrets of the repository. */
const act = async (
  ref: Readonly<Record<string, string>>,
  inputs: Readonly<Record<string, string>> = {},
): Promise<StepEnd> =>
  await runAction({
    cwd: at('work'),
    with: { mode: 'publish', ...inputs },
    env: {
      GITHUB_REPOSITORY_ID: '42',
      IONFLUX_REGISTRY: index(),
      IONFLUX_KEY: text('acme.pem'),
      IONFLUX_LOG_KEY: text('log.pem'),
      ...ref,
    },
    event: { ref: ref['GITHUB_REF'] ?? '', created: true, repository: { full_name: 'ada/shop' } },
  })
const tag = (name: string) => ({
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REF: `refs/tags/${name}`,
  GITHUB_REF_TYPE: 'tag',
  GITHUB_REF_NAME: name,
})

test('publishes the tag that started the workflow, and not the one that is checked out', async () => {
  const tried = await act(tag('v1.0.0'), { args: '--dry-run' })
  expect(tried).toMatchObject({ code: 0, log: expect.stringContaining('Nothing was published') })
  const done = await act(tag('v1.0.0'))
  expect(done.log).toContain('acme/shout@1.0.0 is leaf 1')
  expect(done.code).toBe(0)
  expect(tried.summary).toContain('acme/shout@&#8203;1.0.0 was tried; nothing was published')
  expect(done.summary).toContain('### ✅ acme/shout@&#8203;1.0.0 is published as leaf 1')
  expect(done.summary).toMatch(
    /\| commit \| `[0-9a-f]{40}` \|\n\| digest \| `sha256:[0-9a-f]{64}` \|/,
  )
  expect(JSON.parse(done.outputs['output'] ?? '')).toMatchObject({ leaf: 1, isNew: true })
  expect(git(at('index.git'), 'log', '-1', '--format=%s')).toBe('publish acme/shout 1.0.0')
  const secret = text('acme.pem').split('\n')[1] ?? ''
  expect(done.log.replaceAll(`::add-mask::${secret}`, '')).not.toContain(secret)
  // The same workflow once more, as when somebody runs it again.
  expect(await act(tag('v1.0.0'))).toMatchObject({
    code: 0,
    log: expect.stringContaining('was published before'),
  })
})

test('publishes the tag that the workflow names, with the number of its repository', async () => {
  const done = await act(
    { GITHUB_REF_TYPE: 'branch', GITHUB_REF_NAME: 'main' },
    { flow: 'v1.0.1', args: '--json' },
  )
  expect(done.code).toBe(0)
  expect(JSON.parse(done.log.replaceAll(/^::add-mask::.*$/gm, ''))).toMatchObject({
    release: { name: 'acme/shout', version: '1.0.1', source: { repo: 'github:42' } },
    isNew: true,
  })
})

test('a key that is none is told without showing it', async () => {
  const refused = await act({
    ...tag('v1.0.0'),
    IONFLUX_KEY: '-----BEGIN PRIVATE KEY-----\nsesame',
  })
  expect(refused.code).toBe(2)
  expect(refused.log.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain('sesame')
  expect(refused.log).toContain('The key cannot sign')
})

test('a tag that releases nothing fails the step and says why', async () => {
  const refused = await act(tag('v9.0.0'))
  expect(refused.code).not.toBe(0)
  expect(refused.log).toContain('v9.0.0')
  expect(refused.summary).toMatch(/^### ❌ [A-Z_]+\n[^]*v9\.0\.0/)
})
