/**
 * Goal: a bundle says who published a release, or says nothing. Method: bundles of a Sigstore of
 * our own, verified with its trusted root and without any network.
 */
import { beforeAll, expect, test } from 'vitest'

import { digestOfText } from '#engine/core/digest.ts'
import { type Bundled, type Signatory, verifyBundle } from '#engine/host/publish/sigstore.ts'
import { type FakeSigstore, type Identity, openSigstore } from '#test/fake/sigstore/sigstore.ts'

const digest = digestOfText('a release')
const identity: Identity = {
  sub: 'https://github.com/acme/plugins/.github/workflows/publish.yml@refs/tags/csv@1.2.0',
  iss: 'https://token.actions.githubusercontent.com',
  repository_owner_id: '1234567',
}
let sigstore: FakeSigstore
let bundle: string
beforeAll(async () => {
  sigstore = await openSigstore()
  bundle = await sigstore.bundle(digest, identity)
})

const verified = (text: string, more: Partial<Signatory> = {}, of = digest): Bundled =>
  verifyBundle(Buffer.from(text), {
    digest: of,
    signatory: {
      trustedRoot: sigstore.trustedRoot,
      issuer: identity.iss,
      identity: 'https://github.com/acme/plugins/.github/workflows/publish.yml@refs/tags/*',
      owner: 'github:1234567',
      ...more,
    },
  })

test('says who signed', () => {
  expect(verified(bundle)).toEqual({ faults: [], issuer: identity.iss, identity: identity.sub })
})

test.each<[string, Partial<Signatory>, string]>([
  ['another issuer', { issuer: 'https://accounts.example' }, 'is of "https://token.actions'],
  ['another workflow', { identity: 'https://github.com/acme/other/*' }, 'it was signed by'],
  ['a part of the subject', { identity: 'https://github.com/acme/plugins' }, 'it was signed by'],
  ['a dot that is no dot', { identity: identity.sub.replace('.com', 'xcom') }, 'it was signed by'],
  ['another owner', { owner: 'github:7' }, 'for the account 1234567, and 7 owns'],
])('refuses %s', (_, more, fault) => {
  expect(verified(bundle, more).faults).toEqual([expect.stringContaining(fault)])
})

test('asks a namespace that a key owns for no account', () => {
  expect(verified(bundle, { owner: 'key:ed25519:AAAA' }).faults).toEqual([])
})

test('refuses a bundle of another release', () => {
  expect(verified(bundle, {}, digestOfText('another')).faults).toEqual([
    'its Sigstore bundle is of something else',
  ])
})

test('refuses a bundle of another Sigstore', async () => {
  const other = await openSigstore()
  const [fault] = verified(bundle, { trustedRoot: other.trustedRoot }).faults
  expect(fault).toContain('does not verify')
})

/** The parts of a bundle that are changed here. */
interface Parts {
  dsseEnvelope?: { payload: string; payloadType: string; signatures: [{ sig: string }] }
  readonly verificationMaterial: {
    readonly certificate: { rawBytes: string }
    tlogEntries: { integratedTime: string; inclusionPromise?: object }[]
  }
}

test.each<[string, (parts: Parts) => void]>([
  ['another signature', (parts) => (parts.dsseEnvelope!.signatures[0].sig = 'AAAA')],
  ['another type', (parts) => (parts.dsseEnvelope!.payloadType = 'text/plain')],
  ['a longer statement', (parts) => (parts.dsseEnvelope!.payload += 'AAAA')],
  ['no statement', (parts) => delete parts.dsseEnvelope],
  ['no entry of the log', (parts) => (parts.verificationMaterial.tlogEntries = [])],
  ['another time', (parts) => (parts.verificationMaterial.tlogEntries[0]!.integratedTime = '1')],
  ['no promise', (parts) => delete parts.verificationMaterial.tlogEntries[0]!.inclusionPromise],
  ['no certificate', (parts) => (parts.verificationMaterial.certificate.rawBytes = 'AAAA')],
])('refuses a bundle with %s', (_, edit) => {
  const parts = JSON.parse(bundle) as Parts
  edit(parts)
  expect(verified(JSON.stringify(parts)).faults).toEqual([
    expect.stringMatching(/does not verify|something else/),
  ])
})

test('refuses bytes that are no bundle', () => {
  for (const text of ['', '{}', '[]', 'null', bundle.slice(0, 900)])
    expect(verified(text).faults).toHaveLength(1)
})

test.each(['', '{}x', '{"tlogs":[{}]}'])('a trusted root that is %j is a wrong call', (text) => {
  expect(() => verified(bundle, { trustedRoot: text })).toThrow(
    expect.objectContaining({ code: 'CLI_USAGE' }),
  )
})
