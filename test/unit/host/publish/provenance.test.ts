import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { openKey, type PublisherKey } from '#engine/host/publish/key.ts'
import {
  envelopeOf,
  provenanceDigest,
  readEnvelope,
  statementOf,
} from '#engine/host/publish/provenance.ts'
import { parseTag } from '#engine/host/publish/tag.ts'
import { nodeCrypto } from '#engine/host/registry/crypto.ts'
import { isSigned } from '#registry/events/leaf.ts'

const released = {
  name: 'acme/shout',
  version: '1.0.0',
  digest: `sha256:${'a'.repeat(64)}`,
  engines: '>=0.1.0',
  source: {
    repo: 'github:1',
    url: 'https://git.example.com/a.git',
    commit: 'b'.repeat(40),
    tag: 'shout@1.0.0',
    path: 'plugins/shout',
  },
}

let dir: string
let key: PublisherKey

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ionflux-key-'))
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(join(dir, 'key.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
  key = openKey(join(dir, 'key.pem'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('a statement names the release, its commit and nothing that changes', () => {
  const statement = statementOf(released)
  expect(provenanceDigest(statement)).toBe(provenanceDigest(statementOf({ ...released })))
  expect(JSON.parse(Buffer.from(statement).toString())).toMatchObject({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'acme/shout@1.0.0', digest: { sha256: 'a'.repeat(64) } }],
    predicate: {
      buildDefinition: { resolvedDependencies: [{ digest: { gitCommit: 'b'.repeat(40) } }] },
    },
  })
})

test('an envelope is signed over its statement, and a changed one is not', async () => {
  const bytes = await envelopeOf(statementOf(released), key)
  const read = readEnvelope(bytes)
  const [signature] = read?.signatures ?? []
  if (read === undefined || signature === undefined) throw new Error('it has no signature')
  expect(signature.key).toBe(key.key)
  expect(isSigned(nodeCrypto, read.signed, signature)).toBe(true)
  const forged = JSON.parse(Buffer.from(bytes).toString()) as { payload: string }
  forged.payload = Buffer.from(statementOf({ ...released, version: '1.0.1' })).toString('base64')
  const other = readEnvelope(Buffer.from(JSON.stringify(forged)))
  expect(isSigned(nodeCrypto, other?.signed ?? new Uint8Array(), signature)).toBe(false)
})

test.each(['', '{}', '[]', '{"payloadType":"text/plain"}', '{'])('%j is no envelope', (text) => {
  expect(readEnvelope(Buffer.from(text))).toBeUndefined()
})

test.each([
  ['csv@1.2.0', { name: 'csv', version: '1.2.0' }],
  ['acme/csv@1.2.0-beta.1', { name: 'acme/csv', version: '1.2.0-beta.1' }],
  ['v2.0.0', { version: '2.0.0' }],
  ['2.0.0', undefined],
  ['v2.0', undefined],
  ['Csv@1.0.0', undefined],
  ['a/b/c@1.0.0', undefined],
  ['csv@v1.0.0', undefined],
  ['../x@1.0.0', undefined],
])('the tag %s means %j', (tag, parts) => {
  expect(parseTag(tag)).toEqual(parts)
})
