/**
 * Goal: a registry is begun, filled, watched, searched and checked from the command line alone,
 * and whoever tampers with it is found out. Method: one registry in a folder, in the order in
 * which its people meet it.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import type { JsonObject } from '#engine/core/json.ts'
import { nodeCrypto } from '#engine/host/registry/crypto.ts'
import type { EventBody, RegistryEvent } from '#registry/event.ts'
import { leafBytes, leafDigest, printPublicKey, signEvent } from '#registry/events/leaf.ts'
import { call, type Ended, folder, start, write } from '#test/e2e/cli.ts'
import { keyFor, releaseOf } from '#test/fake/registry.ts'

const place = folder()
const index = join(place.path, 'index')
const origin = 'registry.example/e2e'
const acme = keyFor('acme')
let after: string | undefined
let root = ''
let appended: Ended | undefined
const accept = [
  'release',
  'accept',
  'signed.json',
  '--registry',
  './index',
  '--log-key',
  'keys/log.pem',
]

afterAll(() => place[Symbol.dispose]())

async function ion(...args: readonly string[]): Promise<Ended> {
  const env = {
    XDG_STATE_HOME: join(place.path, 'state'),
    XDG_CACHE_HOME: join(place.path, 'cache'),
    IONFLUX_REGISTRY: '',
  }
  return await call(args, { cwd: place.path, env })
}

const jsonOf = ({ stdout }: Ended): JsonObject => JSON.parse(stdout) as JsonObject

const events: RegistryEvent[] = []

/** Signs an event that follows the one before it. */
function sign(body: EventBody): void {
  const event = signEvent(after === undefined ? body : { ...body, after }, [acme])
  after = leafDigest(nodeCrypto, leafBytes(event))
  events.push(event)
}

beforeAll(async () => {
  const begun = await ion('registry', 'init', 'index', '--origin', origin, '--keys', 'keys')
  root = begun.stdout.trim()
  const now = new Date().toISOString()
  const key = printPublicKey(acme.key)
  const common = { log: origin, at: now }
  sign({ event: 'claim', ...common, namespace: 'acme', owner: `key:${key}`, keys: [key] })
  const actions = [
    { name: 'post', description: 'Posts one entry.', effects: 'idempotent' as const },
  ]
  const caps = { net: ['api.ledger.example'] }
  const ledger = { ...common, description: 'Keeps the books.', actions, caps, tests: { passed: 4 } }
  sign(releaseOf('acme/ledger', '1.0.0', ledger))
  sign(releaseOf('acme/ledger', '1.1.0', ledger))
  sign({
    event: 'yank',
    ...common,
    name: 'acme/ledger',
    version: '1.1.0',
    reason: 'slow',
  })
  write(place.path, {
    'ionflux.yaml': 'namespace: acme\n',
    'signed.json': JSON.stringify({ submission: 1, events, files: {} }),
  })
  appended = await ion(...accept)
}, 60_000)

test('a registry is begun, and takes in what was signed', () => {
  expect(root).toMatch(/^sha256:/)
  expect(appended).toMatchObject({ code: 0 })
})

test('what is there is found and shown, held to the log', async () => {
  const found = await ion('search', 'books', '--registry', 'index')
  expect(found.stdout).toMatch(
    /^acme\/ledger@1\.0\.0 +plugin +trust +\d+ +Keeps the books\. \[net\]\n$/,
  )
  const { hits } = jsonOf(await ion('search', 'ledgr', '--registry', 'index', '--json'))
  expect(hits).toMatchObject([{ name: 'acme/ledger', registry: 'index' }])
  const none = await ion('search', 'quantum', '--registry', 'index', '--kind', 'flow')
  expect([none.code, none.stdout]).toEqual([1, ''])
  const shown = await ion('info', 'acme/ledger', '--registry', 'index')
  expect(shown.stdout).toContain('acme/ledger@1.0.0 plugin\n')
  expect(shown.stdout).toContain('may        net api.ledger.example\n')
  expect(shown.stdout).toContain('leaf 1 of 4')
  expect(shown.stdout).toMatch(/released +\d{4}-\d\d-\d\d\n +health +4 tests pass\n/)
  expect(shown.stdout).toContain('used by    0 entries, 0 forks\n')
  const exact = await ion('info', 'acme/ledger@1.1.0', '--registry', 'index', '--json')
  expect(jsonOf(exact)).toMatchObject({
    latest: '1.0.0',
    release: { version: '1.1.0', yanked: { reason: 'slow' } },
    usage: { dependents: 0, forks: 0 },
    trust: { reasons: expect.arrayContaining([expect.objectContaining({ of: 'tests' })]) },
    health: { tests: { passed: 4 }, audit: null, advisories: 0, powers: 1, openPowers: 0 },
    releases: [
      { version: '1.1.0', isYanked: true },
      { version: '1.0.0', isYanked: false },
    ],
  })
})

test.each([
  [['info', 'acme/legder', '--registry', 'index'], 69, 'Did you mean "acme/ledger"?'],
  [['info', 'zulu/other', '--registry', 'index'], 69, 'REG_NOT_FOUND'],
  [['info', 'acme/ledger@^9', '--registry', 'index'], 69, 'The newest is 1.0.0.'],
  [['info', 'acme/ledger', '--registry', 'nowhere'], 69, 'REG_UNREACHABLE'],
  [['info', 'acme/ledger'], 2, 'CLI_USAGE'],
  [['info', 'ledger', '--registry', 'index'], 2, 'CLI_USAGE'],
  [['search', 'x', '--registry', 'index', '--kind', 'thing'], 2, 'CLI_USAGE'],
  [accept, 3, 'REG_EVENT_REFUSED'],
  [['registry', 'init', 'index', '--origin', origin, '--keys', 'keys'], 3, 'REG_EVENT_REFUSED'],
  [['registry', 'init', 'other'], 2, 'CLI_USAGE'],
  [['registry', 'witness', 'index', '--key', 'keys/log.pem'], 2, 'CLI_USAGE'],
  [['registry', 'witness', 'index', '--name', 'w', '--key', 'none.pem'], 69, 'CLI_FILE_UNREADABLE'],
])('%j ends with %d', async (args, code, word) => {
  const ended = await ion(...args)
  expect(ended).toMatchObject({ code, stdout: '' })
  expect(ended.stderr).toContain(word)
})

test('each namespace comes from the registry that the repository names, held to its witnesses', async () => {
  const made = await ion('registry', 'key', 'w.pem', '--witness', 'witness.example/1')
  const verifier = made.stdout.trim()
  expect((await ion('registry', 'key', 'w.pem', '--json')).code).toBe(0)
  write(place.path, {
    'repo/ionflux.yaml': [
      'registries:',
      '  acme:',
      '    index: ../index',
      `    root: ${root}`,
      `    witnesses: [${JSON.stringify(verifier)}]`,
      '    need: 1',
      '  other:',
      '    index: ../nowhere',
      '',
    ].join('\n'),
  })
  const ask = ['info', 'acme/ledger', '--repo', 'repo', '--json']
  expect(await ion(...ask)).toMatchObject({ code: 4 })
  const name = ['--key', 'w.pem', '--name', 'witness.example/1']
  const seen = await ion('registry', 'witness', 'index', ...name, '--write', '--json')
  expect(jsonOf(seen)).toMatchObject({ size: 4, before: null, key: verifier })
  const { trust } = jsonOf(await ion(...ask))
  expect((trust as JsonObject)['reasons']).toContainEqual(
    expect.objectContaining({ of: 'witnesses' }),
  )
  expect((await ion('info', 'globex/ledger', '--repo', 'repo')).code).toBe(2)
  expect((await ion('info', 'other/ledger', '--repo', 'repo')).code).toBe(69)
})

test('a static host serves it, and a check of the whole is clean', async () => {
  const served = start(['registry', 'serve', 'index', '--port', '0'], { cwd: place.path })
  await served.said('at http://')
  const env = { XDG_STATE_HOME: join(place.path, 'state2'), XDG_CACHE_HOME: join(place.path, 'c2') }
  const note = await new Promise<string>((resolve) => {
    served.child.stdout?.once('data', (text: string) => resolve(String(text)))
    served.child.kill(0)
  }).catch(() => '')
  const checked = await call(['registry', 'check', note.trim(), '--json'], { cwd: place.path, env })
  expect(JSON.parse(checked.stdout)).toMatchObject({
    origin,
    leaves: 4,
    entries: 1,
    root,
    changed: [],
  })
  served.child.kill('SIGINT')
  expect((await served.ended).code).toBe(0)
})

test('the key of the log is replaced, and what it signed stays good', async () => {
  await ion('registry', 'key', 'keys/log2.pem')
  const keys = ['--root-key', 'keys/root.pem', '--log-key', 'keys/log2.pem']
  const renewed = await ion('registry', 'trust', 'index', ...keys, '--new-log', '--json')
  expect(jsonOf(renewed)).toEqual({ version: 2, size: 4 })
  expect((await ion('info', 'acme/ledger', '--registry', 'index')).code).toBe(0)
  const old = await ion('registry', 'trust', 'index', '--log-key', 'keys/log.pem')
  expect([old.code, old.stderr.includes('REG_UNTRUSTED')]).toEqual([4, true])
})

test('views are mended from the log, and a log that was changed is refused', async () => {
  const view = join(index, 'search/index.json')
  const right = readFileSync(view)
  writeFileSync(view, right.toString('utf8').replace('Keeps', 'Burns'))
  const misled = await ion('search', 'ledger', '--registry', 'index')
  expect([misled.code, misled.stderr.includes('REG_VIEW_STALE')]).toEqual([69, true])
  expect(await ion('registry', 'check', 'index')).toMatchObject({ code: 3 })
  expect(await ion('registry', 'rebuild', 'index')).toMatchObject({ code: 0 })
  expect(readFileSync(view)).toEqual(right)
  const head = join(index, 'log/checkpoint')
  const named = readFileSync(head, 'utf8')
  expect(named).toMatch(/\nviews \S{44}\n/)
  const resigned = await ion('registry', 'rebuild', 'index', '--log-key', 'keys/log2.pem', '--json')
  expect(jsonOf(resigned)).toMatchObject({ changed: [], areViewsNamed: true })
  expect(readFileSync(head, 'utf8')).toBe(named)
  const bundle = join(index, 'log/tile/entries/000.p/4')
  const bytes = readFileSync(bundle)
  writeFileSync(bundle, bytes.toString('latin1').replace('1.0.0', '1.0.1'), 'latin1')
  const broken = await ion('registry', 'check', 'index')
  expect([broken.code, broken.stderr.includes('REG_LOG_BROKEN')]).toEqual([3, true])
  writeFileSync(bundle, bytes)
  expect((await ion('registry', 'check', 'index', '--quick')).code).toBe(0)
})

test('a registry that was begun anew is believed only after it was forgotten', async () => {
  await ion('info', 'acme/ledger', '--registry', 'index')
  await ion('registry', 'init', 'fresh', '--origin', origin, '--keys', 'keys')
  for (const file of ['log/checkpoint', 'log/tile/entries/000.p/4'])
    writeFileSync(join(index, file), readFileSync(join(place.path, 'fresh/log/checkpoint')))
  rmSync(join(index, 'trust/root.2.json'))
  for (const folder of ['view', 'search']) {
    rmSync(join(index, folder), { recursive: true })
    cpSync(join(place.path, 'fresh', folder), join(index, folder), { recursive: true })
  }
  const refused = await ion('search', 'x', '--registry', 'index')
  expect([refused.code, refused.stderr.includes('REG_ROLLED_BACK')]).toEqual([4, true])
  expect((await ion('registry', 'forget', 'index')).stderr).toContain('Forgotten')
  expect((await ion('search', 'quantum', '--registry', 'index')).code).toBe(1)
})
