/**
 * Goal: every kind of package can be published, found and used: a flow that needs a plugin, an
 * agent, a connection. What `use` fills in works or is not there. Method: the real command line,
 * sources over git's http-backend, a registry in a folder.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { signerOf } from '#engine/host/registry/crypto.ts'
import { call, type Ended, git, write } from '#test/e2e/cli.ts'
import { openGitServer, type GitServer } from '#test/fake/git/server.ts'
import { shoutCode, shoutManifest } from '#test/fake/shout.ts'

import { beginIndex, newKey } from './index-folder.ts'

const blueprint = (name: string, kind: string, file: string, more = ''): string =>
  `blueprint: acme/${name}
version: 1.0.0
kind: ${kind}
description: A ${kind} to begin with.
files: [${file}]
${more}`
const id = (file: string): string => `inputs:
  type: object
  required: [id]
  properties: { id: { type: string, description: What it is called. } }
set:
  - { file: ${file}, at: id, value: "\${{ inputs.id }}" }
`
const agent = `dsl: flux/1
id: reader
instructions: Say what the text says, louder.
tools: [acme/shout]
output: { type: object, properties: { said: { type: string } } }
`
const files = {
  'ionflux.yaml': 'namespace: acme\n',
  'plugins/shout/plugin.yaml': shoutManifest({ version: '1.0.0' }),
  'plugins/shout/main.ts': shoutCode(),
  'blueprints/loud/blueprint.yaml': blueprint(
    'loud',
    'flow',
    'loud.flow.yaml',
    id('loud.flow.yaml'),
  ),
  'blueprints/loud/loud.flow.yaml': `dsl: flux/1
id: loud
steps:
  - { id: say, use: acme/shout@^1, with: { text: hello } }
outputs: { text: "\${{ steps.say.output }}" }
`,
  'blueprints/loud/loud.test.yaml': `dsl: test/1
cases:
  - name: is loud
    expect: { output: { text: HELLO } }
`,
  'blueprints/reader/blueprint.yaml': blueprint(
    'reader',
    'agent',
    'reader.agent.yaml',
    id('reader.agent.yaml'),
  ),
  'blueprints/reader/reader.agent.yaml': agent,
  'blueprints/shop/blueprint.yaml': blueprint(
    'shop',
    'connection',
    'shop.flow.yaml',
    `${id('shop.flow.yaml')}secrets: { SHOP_TOKEN: The token of the shop. }\n`,
  ),
  'blueprints/shop/shop.flow.yaml': `dsl: flux/1
id: shop
permissions: { net: [shop.example.com], secrets: [SHOP_TOKEN] }
steps:
  - id: asked
    use: std/http/request@^1
    with: { url: "https://shop.example.com/me", auth: { bearer: { secret: SHOP_TOKEN } } }
`,
}

// Each test is many processes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let top: string
let server: GitServer
const at = (name: string): string => join(top, name)

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-kinds-'))
  for (const name of ['log', 'acme']) newKey(at(`${name}.pem`))
  await beginIndex(at('index'), signerOf(readFileSync(at('log.pem'), 'utf8')))
  write(at('source'), files)
  git(at('source'), 'init', '--quiet', '--initial-branch=main')
  git(at('source'), 'add', '.')
  git(at('source'), 'commit', '--quiet', '-m', 'begin')
  for (const name of ['shout', 'loud', 'reader', 'shop']) git(at('source'), 'tag', `${name}@1.0.0`)
  git(top, 'clone', '--quiet', '--bare', at('source'), at('source.git'))
  server = await openGitServer(top)
  write(at('mine'), {
    'ionflux.yaml': 'namespace: me\nregistries: { acme: { index: ../index } }\n',
    '.gitignore': '.ionflux/\n',
    'flows/taken.flow.yaml': 'dsl: flux/1\nid: taken\nsteps: [{ id: one, let: 1 }]\n',
  })
  git(at('mine'), 'init', '--quiet', '--initial-branch=main')
  git(at('mine'), 'add', '.')
  git(at('mine'), 'commit', '--quiet', '-m', 'begin')
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(top, { recursive: true, force: true })
})

const acme = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, {
    cwd: at('source'),
    env: {
      XDG_CACHE_HOME: at('cache-acme'),
      IONFLUX_REGISTRY: at('index'),
      IONFLUX_KEY: at('acme.pem'),
      IONFLUX_LOG_KEY: at('log.pem'),
    },
  })
const publish = async (tag: string, ...more: readonly string[]): Promise<Ended> =>
  await acme('publish', tag, '--url', `${server.origin}/source.git`, ...more)
const me = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, { cwd: at('mine'), env: { XDG_CACHE_HOME: at('cache-me') } })

test('every kind is published, and what a blueprint needs before it', async () => {
  expect(await acme('release', 'claim', 'acme')).toMatchObject({ code: 0 })
  const early = await publish('loud@1.0.0')
  expect(early).toMatchObject({ code: 3, stderr: expect.stringContaining('acme/shout@1.0.0') })
  expect(await publish('shout@1.0.0')).toMatchObject({ code: 0 })
  const loud = await publish('loud@1.0.0', '--json')
  expect(JSON.parse(loud.stdout)).toMatchObject({
    release: { kind: 'flow', requires: ['acme/shout@1.0.0'] },
    tests: { passed: 1 },
  })
  const reader = await publish('reader@1.0.0', '--json')
  expect(JSON.parse(reader.stdout)).toMatchObject({
    release: { kind: 'agent', requires: ['acme/shout@1.0.0'] },
  })
  const shop = await publish('shop@1.0.0', '--json')
  expect(JSON.parse(shop.stdout)).toMatchObject({
    release: { kind: 'connection', requires: [], caps: { secrets: ['SHOP_TOKEN'] } },
  })
})

test.each(['flow', 'agent', 'connection', 'plugin'])('a %s is found by its kind', async (kind) => {
  const found = await me('search', '--kind', kind, '--registry', at('index'), '--json')
  expect(JSON.parse(found.stdout)).toMatchObject({ found: 1, hits: [{ kind }] })
})

test('what does not check is told, and nothing is written', async () => {
  const needy = await me('use', 'acme/loud@^1', 'flows/loud', '--set', 'id=mine')
  expect(needy.code).toBe(3)
  expect(needy.stderr).toContain('ionflux add acme/shout@^1')
  expect(existsSync(at('mine/flows/loud'))).toBe(false)
  expect(await me('add', 'acme/shout@^1', '--accept-caps')).toMatchObject({ code: 0 })
  const taken = await me('use', 'acme/loud@^1', 'flows/loud', '--set', 'id=taken', '--json')
  expect(taken.code).toBe(3)
  expect(JSON.parse(taken.stdout)).toMatchObject({
    files: [],
    problems: [{ code: 'DSL_FLOW_DUPLICATE' }],
  })
  expect(existsSync(at('mine/flows/loud'))).toBe(false)
})

test('each kind works where it is used', async () => {
  expect(await me('use', 'acme/loud@^1', 'flows/loud', '--set', 'id=mine')).toMatchObject({
    code: 0,
  })
  expect(await me('run', 'mine')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('HELLO'),
  })
  expect(await me('use', 'acme/reader', 'agents/reader', '--set', 'id=mine')).toMatchObject({
    code: 0,
  })
  expect(readFileSync(at('mine/agents/reader/reader.agent.yaml'), 'utf8')).toContain('id: mine')
  const shop = await me('use', 'acme/shop', 'flows/shop', '--set', 'id=my-shop')
  expect(shop).toMatchObject({ code: 0, stderr: expect.stringContaining('SHOP_TOKEN') })
  expect(await me('check')).toMatchObject({ code: 0 })
})

test('an agent that does not check is no release', async () => {
  write(at('source'), {
    'blueprints/reader/blueprint.yaml': files['blueprints/reader/blueprint.yaml'].replace(
      '1.0.0',
      '1.0.1',
    ),
    'blueprints/reader/reader.agent.yaml': agent.replace('acme/shout', 'acme/whisper'),
  })
  git(at('source'), 'commit', '--quiet', '-a', '-m', 'worse')
  git(at('source'), 'tag', 'reader@1.0.1')
  const refused = await publish('reader@1.0.1', '--dry-run')
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('acme/whisper') })
})
