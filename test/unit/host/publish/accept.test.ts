/**
 * Goal: who keeps a log takes files only with the events that name them. Method: a registry in
 * a folder, submissions that are good but for one thing.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { accept } from '#engine/host/publish/announce.ts'
import type { PublisherKey } from '#engine/host/publish/key.ts'
import { bundlePath } from '#engine/host/publish/attached.ts'
import { envelopeOf, provenanceDigest, provenancePath } from '#engine/host/publish/provenance.ts'
import { openFolder } from '#engine/host/registry/folder.ts'
import type { RegistryEvent } from '#registry/event.ts'
import { printPublicKey } from '#registry/events/leaf.ts'
import { at, dayMs, keyFor, RegistryLab, releaseOf, start } from '#test/fake/registry.ts'

const top = mkdtempSync(join(tmpdir(), 'ionflux-accept-'))
const signer = keyFor('acme')
const key: PublisherKey = {
  key: printPublicKey(signer.key),
  sign: async (message) => ({
    form: 'ed25519',
    key: printPublicKey(signer.key),
    value: Buffer.from(signer.sign(message)).toString('base64'),
  }),
}
const statement = (text: string): Uint8Array => new TextEncoder().encode(text)
let lab: RegistryLab
let event: RegistryEvent
let path: string
let envelope: Uint8Array
let folder: string
let count = 0

beforeAll(() => vi.stubEnv('XDG_STATE_HOME', join(top, 'state')))
beforeEach(async () => {
  lab = await RegistryLab.begin()
  // Signed about now, as whoever accepts it asks.
  lab.day = (Date.now() - start) / dayMs
  await lab.claim('acme')
  lab.day -= 1
  const provenance = provenanceDigest(statement('it comes from there'))
  path = provenancePath(provenance)
  envelope = await envelopeOf(statement('it comes from there'), key)
  event = await lab.event({ ...releaseOf('acme/ledger', '1.0.0'), at: at(lab.day), provenance }, [
    signer,
  ])
  folder = join(top, `${(count += 1)}`)
  const files = openFolder(folder)
  for (const [name, bytes] of lab.files.files) await files.write(name, bytes)
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(top, { recursive: true, force: true })
})

const take = async (
  files: Iterable<readonly [string, Uint8Array]>,
  events: readonly RegistryEvent[] = [event],
): Promise<readonly number[]> =>
  await accept({ address: folder, root: top, logKey: lab.keys.log, events, files: new Map(files) })
const refused = { code: 'REG_EVENT_REFUSED' }

test('a statement lies where its event names it', async () => {
  expect(await take([[path, envelope]])).toEqual([1])
  expect(existsSync(join(folder, path))).toBe(true)
})

test('a statement that is there is not written over', async () => {
  const files = openFolder(folder)
  await files.write(path, statement('the first'))
  await take([[path, envelope]])
  expect(Buffer.from((await files.read(path)) ?? []).toString()).toBe('the first')
})

test('nothing is written for an event that is refused', async () => {
  const stranger = { ...event, body: { ...event.body, log: 'another/log' } } as RegistryEvent
  await expect(take([[path, envelope]], [stranger])).rejects.toMatchObject(refused)
  expect(existsSync(join(folder, 'provenance'))).toBe(false)
})

test('files that no event names, other statements, unsigned and large ones are refused', async () => {
  const other = provenancePath(provenanceDigest(statement('another')))
  const bare = JSON.parse(Buffer.from(envelope).toString()) as object
  const wrong: readonly (readonly [string, Uint8Array])[] = [
    [other, envelope],
    ['log/checkpoint', envelope],
    [path, await envelopeOf(statement('another'), key)],
    [path, statement('no envelope')],
    [path, statement(JSON.stringify({ ...bare, signatures: [] }))],
    [path, new Uint8Array(limits.registryProvenanceBytesMax + 1)],
  ]
  for (const one of wrong) await expect(take([one])).rejects.toMatchObject(refused)
  expect(existsSync(join(folder, 'provenance'))).toBe(false)
})

test('a Sigstore bundle is taken beside the release that its statement names', async () => {
  const about = (digest: string): Uint8Array => {
    const subject = [{ name: 'x', digest: { sha256: digest.slice('sha256:'.length) } }]
    const payload = Buffer.from(JSON.stringify({ subject })).toString('base64')
    return statement(JSON.stringify({ dsseEnvelope: { payload } }))
  }
  const { body } = event
  if (body.event !== 'publish') throw new Error('it is a release')
  const place = bundlePath(body.provenance)
  const other = about(body.provenance)
  for (const bytes of [other, statement('{}'), statement('no JSON')])
    await expect(take([[place, bytes]])).rejects.toMatchObject(refused)
  await take([
    [path, envelope],
    [place, about(body.digest)],
  ])
  expect(existsSync(join(folder, place))).toBe(true)
})

test('too many events at once are refused before one is looked at', async () => {
  const many = Array.from({ length: limits.registrySubmissionEventsMax + 1 }, () => event)
  await expect(take([], many)).rejects.toThrow(/too many at once/)
})
