/**
 * Goal: a tag that somebody pushes becomes a release by a workflow with `mode: publish`. Method:
 * the steps of the action in bash, as a runner calls them, and a registry in a folder.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { signerOf } from '#engine/host/registry/crypto.ts'
import { call, git, write } from '#test/e2e/cli.ts'
import { runAction, type StepEnd } from '#test/e2e/git/runner.ts'

import { beginIndex, newKey } from './index-folder.ts'

const manifest = (version: string): string => `plugin: acme/shout
version: ${version}
description: Says it louder.
entry: ./main.ts
actions:
  default:
    effects: pure
    input: { type: object, properties: { text: { type: string } } }
    output: { type: string }
`
const code = 'export default ({ text }: { text: string }): string => text.toUpperCase()\n'

// Each test is many processes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let top: string
const at = (name: string): string => join(top, name)

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-action-'))
  for (const name of ['log', 'acme']) newKey(at(`${name}.pem`))
  await beginIndex(at('index'), signerOf(readFileSync(at('log.pem'), 'utf8')))
  write(at('ada/shop'), { 'ionflux.yaml': 'namespace: acme\n', '.gitignore': '.ionflux/\n' })
  git(at('ada/shop'), 'init', '--quiet', '--initial-branch=main')
  git(at('ada/shop'), 'remote', 'add', 'origin', `file://${at('ada/shop')}`)
  for (const version of ['1.0.0', '1.0.1']) {
    write(at('ada/shop'), { 'plugin.yaml': manifest(version), 'main.ts': code })
    git(at('ada/shop'), 'add', '.')
    git(at('ada/shop'), 'commit', '--quiet', '-m', `release ${version}`)
    git(at('ada/shop'), 'tag', `v${version}`)
  }
  const keys = ['--registry', at('index'), '--key', at('acme.pem'), '--log-key', at('log.pem')]
  await call(['release', 'claim', 'acme', ...keys], { cwd: at('ada/shop') })
})
afterAll(() => rmSync(top, { recursive: true, force: true }))

/** What a runner gives a workflow that `ref` started. */
const act = async (
  ref: Readonly<Record<string, string>>,
  inputs: Readonly<Record<string, string>> = {},
): Promise<StepEnd> =>
  await runAction({
    cwd: at('ada/shop'),
    with: { mode: 'publish', ...inputs },
    env: {
      GITHUB_REPOSITORY_ID: '42',
      IONFLUX_REGISTRY: at('index'),
      IONFLUX_KEY: at('acme.pem'),
      IONFLUX_LOG_KEY: at('log.pem'),
      ...ref,
    },
  })
const tag = (name: string) => ({ GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: name })

test('publishes the tag that started the workflow, and not the one that is checked out', async () => {
  const tried = await act(tag('v1.0.0'), { args: '--dry-run' })
  expect(tried).toMatchObject({ code: 0, log: expect.stringContaining('Nothing was published') })
  const done = await act(tag('v1.0.0'))
  expect(done.log).toContain('acme/shout@1.0.0 is leaf 1')
  expect(done.code).toBe(0)
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
  expect(JSON.parse(done.log)).toMatchObject({
    release: { name: 'acme/shout', version: '1.0.1', source: { repo: 'github:42' } },
    isNew: true,
  })
})

test('a tag that releases nothing fails the step and says why', async () => {
  const refused = await act(tag('v9.0.0'))
  expect(refused.code).not.toBe(0)
  expect(refused.log).toContain('v9.0.0')
})
