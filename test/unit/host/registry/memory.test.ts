/**
 * Goal: what was seen of a registry only moves forward, also with several processes at once.
 * Method: the memory in a folder of its own, a registry in a folder, locks held by the test.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'

import { openFolder } from '#engine/host/registry/folder.ts'
import { forget, hold, moveOn, recall, remember } from '#engine/host/registry/memory.ts'
import { openIndex } from '#engine/host/registry/open.ts'
import { witness } from '#engine/host/registry/witness.ts'
import type { Known } from '#registry/log/guard.ts'
import { keyFor, RegistryLab } from '#test/fake/registry.ts'

const top = mkdtempSync(join(tmpdir(), 'ionflux-memory-'))
const folder = join(top, 'index')
const head = (size: number): Known => ({
  origin: 'registry.example/main',
  size,
  root: `${size}`.repeat(64),
  trust: 'sha256:t',
  version: 1,
})
/** Heads of a real log, oldest first. */
const heads: Known[] = []

beforeAll(async () => {
  vi.stubEnv('XDG_STATE_HOME', join(top, 'state'))
  const lab = await RegistryLab.begin()
  for (const name of ['acme', 'bolt', 'crux']) {
    await lab.claim(name)
    heads.push((await lab.open()).known)
  }
  const files = openFolder(folder)
  for (const [path, bytes] of lab.files.files) await files.write(path, bytes)
})
beforeEach(() => {
  forget(folder)
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(top, { recursive: true, force: true })
})

test('a slower reader puts nothing back', () => {
  expect(moveOn(folder, head(1), undefined)).toBeUndefined()
  expect(moveOn(folder, head(3), head(1))).toBeUndefined()
  expect(moveOn(folder, head(2), head(1))).toEqual(head(3))
  expect(moveOn(folder, head(3), head(1))).toBeUndefined()
  expect(recall(folder)).toEqual(head(3))
})

test('a reader whose memory moved on goes on from there', async () => {
  const [first, second, third] = heads
  if (first === undefined || second === undefined) throw new Error('the log has heads')
  remember(folder, first)
  await using opened = await openIndex({ address: folder, from: top })
  expect(opened.registry.known).toEqual(third)
  expect(moveOn(folder, second, first)).toEqual(third)
})

test('of two processes of one witness one signs, and another witness is not kept waiting', async () => {
  const wish = { address: folder, from: top, name: 'w.example', signer: keyFor('w') }
  const sign = async (name: string) =>
    await witness({ ...wish, name, time: 1_700_000_000, isWritten: false })
  {
    using _ = hold(folder, 'witness w.example')
    await expect(sign('w.example')).rejects.toMatchObject({ code: 'REG_EVENT_REFUSED' })
    expect((await sign('v.example')).note).toContain('v.example')
  }
  expect((await sign('w.example')).note).toContain('w.example')
})
