/** Goal: an event has one way to be written, and its signatures are over all of it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Json, JsonObject } from '#engine/core/json.ts'
import { compileSchema } from '#engine/core/schema.ts'
import { nodeCrypto as crypto } from '#engine/host/registry/crypto.ts'
import { textOf, utf8 } from '#registry/bytes.ts'
import type { EventBody } from '#registry/event.ts'
import {
  isSigned,
  isVouched,
  leafBytes,
  leafDigest,
  namespaceOf,
  parsePublicKey,
  printPublicKey,
  readLeaf,
  signedBytes,
  signEvent,
} from '#registry/events/leaf.ts'
import { isEvent } from '#registry/events/shape.ts'
import { sshNamespace } from '#registry/events/sshsig.ts'
import { at, keyFor, origin, releaseOf } from '#test/fake/registry.ts'
import { read } from '#test/tidy/tree.ts'

const ada = keyFor('ada')
const key = printPublicKey(ada.key)
const common = { log: origin, at: at(0) }
const digest = `sha256:${'a'.repeat(64)}`
const bodies: readonly EventBody[] = [
  { event: 'claim', ...common, namespace: 'acme', owner: 'github:42', keys: [key] },
  releaseOf('acme/ledger', '1.0.0', {
    description: 'Posts entries.',
    license: 'Apache-2.0',
    keywords: ['books'],
    actions: [{ name: 'post', description: 'Posts one.', effects: 'idempotent' }],
    caps: { net: ['api.example.com'] },
    requires: ['acme/http@1.0.0'],
    tests: { passed: 3, coverage: 90 },
    audit: { high: 0, medium: 1, low: 2 },
    lineage: { name: 'std/ledger', version: '1.0.0', digest },
    after: digest,
  }),
  {
    event: 'yank',
    ...common,
    name: 'acme/ledger',
    version: '1.0.0',
    reason: 'It loses cents.',
    isGone: true,
  },
  { event: 'unyank', ...common, name: 'acme/ledger', version: '1.0.0' },
  {
    event: 'deprecate',
    ...common,
    name: 'acme/ledger',
    message: 'Use books.',
    range: '<2',
    instead: 'acme/books',
  },
  { event: 'transfer', ...common, namespace: 'acme', owner: `key:${key}`, keys: [key] },
  {
    event: 'advisory',
    ...common,
    name: 'acme/ledger',
    id: 'ION-2026-1',
    range: '<1.0.1',
    severity: 'high',
    summary: 'It posts twice.',
    fixed: '1.0.1',
    url: 'https://acme.example/1',
    isWithdrawn: false,
  },
  {
    event: 'tag-moved',
    ...common,
    name: 'acme/ledger',
    version: '1.0.0',
    was: 'a'.repeat(40),
    now: '',
  },
  { event: 'key-add', ...common, namespace: 'acme', key, label: 'laptop' },
  { event: 'key-revoke', ...common, namespace: 'acme', key, reason: 'lost', since: at(0) },
]

test.each(bodies.map((body) => ({ event: body.event, body })))(
  'a $event is read as it was written',
  async ({ body }) => {
    const event = signEvent(body, [ada])
    const bytes = leafBytes(event)
    expect(readLeaf(bytes)).toEqual(event)
    expect(await isVouched(crypto, event)).toBe(true)
    expect(namespaceOf(body)).toBe('acme')
    const spaced = utf8(JSON.stringify(JSON.parse(textOf(bytes)!), undefined, 1))
    expect(readLeaf(spaced)).toBeUndefined()
  },
)

test('the name of a leaf is its hash in the tree', () => {
  expect(leafDigest(crypto, utf8(''))).toBe(
    'sha256:6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  )
})

test('a signature is over every field', async () => {
  const event = signEvent(bodies[1]!, [ada])
  for (const field of Object.keys(event.body)) {
    const { [field]: _, ...rest } = event.body as unknown as JsonObject
    const forged = { ...event, body: rest as unknown as EventBody }
    expect(await isVouched(crypto, forged)).toBe(false)
  }
})

test('the shape that is checked by hand is what the schema says', () => {
  const validate = compileSchema(JSON.parse(read('schemas/registry-event.json')) as JsonObject)
  const good = bodies.map((body) => signEvent(body, [ada]) as unknown as JsonObject)
  for (const event of good) expect([isEvent(event), validate(event)]).toEqual([true, undefined])
  const values: Json[] = [
    null,
    '',
    'x',
    -1,
    1.5,
    true,
    [],
    {},
    [''],
    { a: '' },
    'sha256:'.padEnd(71, 'a'),
    'A/b',
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...good),
      fc.nat(20),
      fc.constantFrom(...values),
      fc.boolean(),
      (event, pick, value, isDropped) => {
        const body = event['body'] as JsonObject
        const keys = Object.keys(body)
        const field = pick === 0 ? 'extra' : keys[pick % keys.length]!
        const { [field]: _, ...rest } = body
        const changed = { ...event, body: isDropped ? rest : { ...body, [field]: value } }
        const byHand = isEvent(changed)
        const bySchema = validate(changed) === undefined
        // Versions, ranges and owners are read closer by hand than a pattern can.
        const isClose = ['version', 'range', 'fixed', 'owner', 'lineage', 'log'].includes(field)
        expect([byHand, isClose && !byHand ? false : bySchema]).toEqual([byHand, byHand])
      },
    ),
    { numRuns: 500 },
  )
})

test.each(['ed25519:', 'ed25519:AAAA', key.slice(0, -2), `rsa:${key.slice(8)}`])(
  '%j is no public key',
  (text) => {
    expect(parsePublicKey(text)).toBeUndefined()
  },
)

test('a signature of ssh-keygen counts, for its message and this purpose only', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ionflux-ssh-'))
  try {
    const file = join(folder, 'id')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file])
    const message = signedBytes(bodies[0]!)
    const signAs = (namespace: string): string => {
      writeFileSync(join(folder, 'm'), message)
      rmSync(join(folder, 'm.sig'), { force: true })
      execFileSync(
        'ssh-keygen',
        ['-q', '-Y', 'sign', '-f', file, '-n', namespace, join(folder, 'm')],
        { stdio: 'ignore' },
      )
      return readFileSync(join(folder, 'm.sig'), 'utf8').replace(/-----[^-]+-----|\s/g, '')
    }
    const blob = Buffer.from(readFileSync(`${file}.pub`, 'utf8').split(' ')[1]!, 'base64')
    const signature = {
      key: printPublicKey(blob.subarray(-32)),
      form: 'ssh' as const,
      value: signAs(sshNamespace),
    }
    expect(isSigned(crypto, message, signature)).toBe(true)
    expect(isSigned(crypto, utf8('other'), signature)).toBe(false)
    expect(isSigned(crypto, message, { ...signature, key })).toBe(false)
    expect(isSigned(crypto, message, { ...signature, value: signAs('git') })).toBe(false)
    expect(isSigned(crypto, message, { ...signature, value: 'U1NIU0lH' })).toBe(false)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
