/**
 * Goal: a namespace changes hands only when both sides have signed, can be called off, and can be
 * signed on two machines. Method: the real command line, a registry in a folder.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { signerOf } from '#engine/host/registry/crypto.ts'
import { call, type Ended, write } from '#test/e2e/cli.ts'

import { beginIndex, newKey } from './index-folder.ts'

// Each test is many processes.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let top: string
const at = (name: string): string => join(top, name)
const keys: Record<string, string> = {}
const release = async (...args: readonly string[]): Promise<Ended> =>
  await call(['release', ...args], {
    cwd: top,
    env: {
      IONFLUX_REGISTRY: at('index'),
      IONFLUX_KEY: at('ann.pem'),
      IONFLUX_LOG_KEY: at('log.pem'),
    },
  })
const handover = async (): Promise<unknown> => {
  const args = ['registry', 'check', at('index'), '--json']
  const { stdout } = await call(args, { cwd: top })
  return (JSON.parse(stdout) as { leaves: number }).leaves
}

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-transfer-'))
  for (const name of ['log', 'ann', 'ben']) keys[name] = newKey(at(`${name}.pem`))
  await beginIndex(at('index'), signerOf(readFileSync(at('log.pem'), 'utf8')))
  write(top, { 'ionflux.yaml': 'namespace: acme\n' })
  await release('claim', 'acme')
})
afterAll(() => rmSync(top, { recursive: true, force: true }))

test.each([
  ['to nobody', []],
  ['to two', ['--new-key', 'ben.pem', '--call-off']],
  ['to one who is elsewhere, without a file', ['--to', `ed25519:${'A'.repeat(43)}=`]],
  ['to what is no key', ['--to', 'ed25519:AAAA', '--out', 'never.json']],
])('%s is a wrong call', async (_, args) => {
  expect(await release('transfer', 'acme', ...args)).toMatchObject({ code: 2 })
})

test('is not called off where there is none', async () => {
  const refused = await release('transfer', 'acme', '--call-off')
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('handed over') })
})

test('both keys at hand sign at once, and the owner calls it off', async () => {
  expect(await release('transfer', 'acme', '--new-key', 'ben.pem')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('transfer: leaf 1'),
  })
  expect(await release('transfer', 'acme', '--call-off')).toMatchObject({ code: 0 })
  expect(await handover()).toBe(3)
})

test('two machines sign one after the other, and one signature is not enough', async () => {
  const file = at('handover.json')
  const out = await release('transfer', 'acme', '--to', keys['ben'] ?? '', '--out', file)
  expect(out).toMatchObject({ code: 0 })
  expect(await handover()).toBe(3)
  const half = await release('accept', file)
  expect(half).toMatchObject({ code: 3, stderr: expect.stringContaining('REG_EVENT_REFUSED') })
  const signed = await release('cosign', file, '--key', at('ben.pem'))
  expect(signed).toMatchObject({ code: 0, stderr: expect.stringContaining('"transfer"') })
  expect(await release('accept', file)).toMatchObject({ code: 0 })
  expect(await handover()).toBe(4)
})

test('a file that holds nothing signed is not signed', async () => {
  writeFileSync(at('other.json'), '{}')
  expect(await release('cosign', at('other.json'))).toMatchObject({ code: 2 })
})
