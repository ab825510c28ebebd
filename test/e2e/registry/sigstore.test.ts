/**
 * Goal: who has to have signed a release with Sigstore is held to its bundle, where packages are
 * taken and where they are verified, without any network. Method: the real command line over a
 * registry with bundles of a Sigstore of our own.
 */
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { digestOfText } from '#engine/core/digest.ts'
import { bundlePath } from '#engine/host/publish/attached.ts'
import { write } from '#test/e2e/cli.ts'
import { type FakeSigstore, openSigstore } from '#test/fake/sigstore/sigstore.ts'

import { openShelf, type Shelf } from './shelf.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const issuer = 'https://token.actions.githubusercontent.com'
const workflow = 'https://github.com/acme/plugins/.github/workflows/publish.yml@refs/tags/'
let shelf: Shelf
let sigstore: FakeSigstore

beforeAll(async () => {
  ;[shelf, sigstore] = await Promise.all([openShelf(), openSigstore()])
  await shelf.release('echo', '1.0.0')
  await shelf.release('bare', '1.0.0')
  const { files } = shelf.lab.files
  const state = await shelf.lab.state()
  const { digest = '' } = state.entries.get('acme/echo')?.releases.get('1.0.0')?.body ?? {}
  const bundle = await sigstore.bundle(digest, { sub: `${workflow}echo@1.0.0`, iss: issuer })
  // The lab names a statement by the release that it is of.
  files.set(bundlePath(digestOfText('acme/echo@1.0.0')), Buffer.from(bundle))
  shelf.lay()
  await shelf.ionflux('add', 'acme/bare@^1')
})
afterAll(() => shelf[Symbol.dispose]())

function ask(identity: string, more = ''): void {
  write(join(shelf.path, 'mine'), {
    'trusted.json': sigstore.trustedRoot,
    'ionflux.yaml': `namespace: me
registries:
  acme:
    index: ../index
    sigstore: { root: trusted.json, issuer: "${issuer}", identity: "${identity}"${more} }
`,
  })
}

test('a bundle that nobody asks about is told, and keeps nothing back', async () => {
  expect(await shelf.ionflux('add', 'acme/echo@^1')).toMatchObject({ code: 0 })
  const verified = await shelf.ionflux('verify', 'acme/echo')
  expect(verified).toMatchObject({ code: 0 })
  expect(verified.stdout).toContain('a Sigstore bundle that nobody verified')
  expect((await shelf.ionflux('verify', 'acme/bare')).stdout).not.toContain('Sigstore')
})

test('the one who has to have signed is named', async () => {
  ask(`${workflow}*`)
  const verified = await shelf.ionflux('verify')
  expect(verified).toMatchObject({ code: 0 })
  expect(verified.stdout).toContain(`signed by ${workflow}echo@1.0.0 (${issuer})`)
  const { stdout } = await shelf.ionflux('verify', 'acme/echo', '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    isTrusted: true,
    verified: [{ sigstore: { isVerified: true, identity: `${workflow}echo@1.0.0`, issuer } }],
  })
})

test('a bundle of somebody else is refused, also before a package is taken', async () => {
  ask('https://github.com/globex/*')
  const verified = await shelf.ionflux('verify')
  expect(verified).toMatchObject({ code: 1 })
  expect(verified.stdout).toContain('not by "https://github.com/globex/*"')
  const added = await shelf.ionflux('add', 'acme/echo@^1')
  expect([added.code, added.stderr.includes('REG_UNTRUSTED')]).toEqual([4, true])
})

test('a release without a bundle is refused where one is required', async () => {
  ask(`${workflow}*`, ', required: true')
  expect((await shelf.ionflux('add', 'acme/bare@^1')).stderr).toContain('no Sigstore bundle')
  expect(await shelf.ionflux('add', 'acme/echo@^1')).toMatchObject({ code: 0 })
  const verified = await shelf.ionflux('verify', '--json')
  expect(JSON.parse(verified.stdout)).toMatchObject({
    isTrusted: false,
    verified: [{ faults: ['it has no Sigstore bundle'] }, { faults: [] }],
  })
})
