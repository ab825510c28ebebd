/**
 * Goal: a sealed secret opens with its key and under its name, and in no other way.
 * Method: seal into a folder of its own, then change one thing at a time.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { environmentSecrets, SecretBook } from '#engine/connection/secret.ts'
import { Vault } from '#engine/connection/vault.ts'

const root = mkdtempSync(join(tmpdir(), 'ionflux-vault-'))
afterAll(() => rmSync(root, { recursive: true }))
let count = 0
const place = (): { directory: string; keyFile: string } => {
  const base = join(root, String(count++))
  return { directory: join(base, 'data', 'secrets'), keyFile: join(base, 'config', 'key') }
}
const value = 'correct horse battery staple'

test('a secret that was set is found, listed and removed', async () => {
  const vault = new Vault(place())
  expect(await vault.list()).toEqual([])
  expect(await vault.find('TOKEN')).toBeUndefined()
  await vault.set('TOKEN', value)
  await vault.set('A_FIRST', 'äöü-漢字-\n-line')
  expect(await vault.list()).toEqual(['A_FIRST', 'TOKEN'])
  expect(await vault.find('TOKEN')).toBe(value)
  expect(await vault.find('A_FIRST')).toBe('äöü-漢字-\n-line')
  await vault.set('TOKEN', 'another value')
  expect(await vault.find('TOKEN')).toBe('another value')
  await vault.remove('TOKEN')
  expect(await vault.find('TOKEN')).toBeUndefined()
  await expect(vault.remove('TOKEN')).rejects.toMatchObject({ code: 'CONN_SECRET_UNKNOWN' })
})

test('nothing of a value is on the disk, and only its user may read what is', async () => {
  const { directory, keyFile } = place()
  const vault = new Vault({ directory, keyFile })
  await vault.set('TOKEN', value)
  const files = readdirSync(directory)
  expect(files).toEqual(['TOKEN.json'])
  const text = readFileSync(join(directory, 'TOKEN.json'), 'utf8')
  for (const part of [value, 'horse', Buffer.from(value).toString('base64').slice(0, 8)])
    expect(text).not.toContain(part)
  expect(statSync(join(directory, 'TOKEN.json')).mode & 0o777).toBe(0o600)
  expect(statSync(keyFile).mode & 0o777).toBe(0o600)
  expect(text).not.toContain(readFileSync(keyFile, 'utf8').trim())
})

test('the same value is sealed differently each time', async () => {
  const { directory, keyFile } = place()
  const vault = new Vault({ directory, keyFile })
  const seen = new Set<string>()
  for (let i = 0; i < 20; i++) {
    await vault.set('TOKEN', value)
    seen.add(
      (JSON.parse(readFileSync(join(directory, 'TOKEN.json'), 'utf8')) as { nonce: string }).nonce,
    )
  }
  expect(seen.size).toBe(20)
})

test.each<[string, (sealed: Record<string, string>) => void]>([
  ['a bit of the value', (s) => (s['sealed'] = flip(s['sealed'] ?? '', 3))],
  ['a bit of the tag', (s) => (s['sealed'] = flip(s['sealed'] ?? '', -1))],
  ['the nonce', (s) => (s['nonce'] = flip(s['nonce'] ?? '', 0))],
  ['the id of the key', (s) => (s['key'] = '0123456789abcdef')],
  ['less than a tag', (s) => (s['sealed'] = 'AAAA')],
  ['a field that is missing', (s) => delete s['nonce']],
])('a file that was changed does not open: %s', async (_, change) => {
  const { directory, keyFile } = place()
  const vault = new Vault({ directory, keyFile })
  await vault.set('TOKEN', value)
  const file = join(directory, 'TOKEN.json')
  const sealed = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
  change(sealed)
  writeFileSync(file, JSON.stringify(sealed))
  await expect(vault.find('TOKEN')).rejects.toMatchObject({ code: 'CONN_SECRET_SEALED' })
})

function flip(text: string, at: number): string {
  const bytes = Buffer.from(text, 'base64')
  const index = at < 0 ? bytes.length + at : at
  bytes[index] = (bytes[index] ?? 0) ^ 1
  return bytes.toString('base64')
}

test('a file under another name, another key, no key and no JSON do not open', async () => {
  const { directory, keyFile } = place()
  const vault = new Vault({ directory, keyFile })
  await vault.set('TOKEN', value)
  const text = readFileSync(join(directory, 'TOKEN.json'))
  writeFileSync(join(directory, 'OTHER.json'), text)
  const sealed = { code: 'CONN_SECRET_SEALED' }
  await expect(vault.find('OTHER')).rejects.toMatchObject(sealed)
  const other = new Vault({ directory, keyFile, key: 'ab'.repeat(32) })
  await expect(other.find('TOKEN')).rejects.toMatchObject(sealed)
  const wrong = new Vault({ directory, keyFile, key: 'too short' })
  await expect(wrong.find('TOKEN')).rejects.toMatchObject(sealed)
  const without = new Vault({ directory, keyFile: `${keyFile}-gone` })
  await expect(without.find('TOKEN')).rejects.toMatchObject(sealed)
  writeFileSync(join(directory, 'TOKEN.json'), 'not JSON')
  await expect(vault.find('TOKEN')).rejects.toMatchObject(sealed)
})

test('a key of the environment is used and none is written', async () => {
  const { directory, keyFile } = place()
  const key = Buffer.alloc(32, 7).toString('base64')
  await new Vault({ directory, keyFile, key }).set('TOKEN', value)
  const hex = Buffer.alloc(32, 7).toString('hex')
  expect(await new Vault({ directory, keyFile, key: hex }).find('TOKEN')).toBe(value)
  expect(() => statSync(keyFile)).toThrow('ENOENT')
})

test('processes that begin at the same time agree on one key', async () => {
  const where = place()
  const names = Array.from({ length: 8 }, (_, i) => `TOKEN_${i}`)
  await Promise.all(names.map(async (name) => await new Vault(where).set(name, value)))
  const vault = new Vault(where)
  for (const name of names) expect(await vault.find(name)).toBe(value)
})

test('a file that cannot be written leaves nothing behind', async () => {
  const { directory, keyFile } = place()
  mkdirSync(join(directory, 'TOKEN.json'), { recursive: true })
  await expect(new Vault({ directory, keyFile }).set('TOKEN', value)).rejects.toThrow(
    /EISDIR|ENOTEMPTY|EEXIST|EPERM/,
  )
  expect(readdirSync(directory)).toEqual(['TOKEN.json'])
})

test.each(['', 'lower', '1A', '../ESCAPE', 'A/B', 'A.B', 'A'.repeat(64), 'Ä'])(
  '%j is no name of a secret',
  async (name) => {
    const vault = new Vault(place())
    for (const act of [
      () => vault.set(name, value),
      () => vault.find(name),
      () => vault.remove(name),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'CONN_SECRET_REFUSED' })
  },
)

test('values that are too short or too large are refused, wherever they come from', async () => {
  const vault = new Vault(place())
  const refused = { code: 'CONN_SECRET_REFUSED' }
  await expect(vault.set('PIN', '1234567')).rejects.toMatchObject(refused)
  await expect(vault.set('PIN', '1234567 \n')).rejects.toMatchObject(refused)
  await expect(vault.set('BIG', 'x'.repeat(limits.secretBytesMax + 1))).rejects.toMatchObject(
    refused,
  )
  const book = new SecretBook([environmentSecrets({ IONFLUX_SECRET_PIN: '1234567' })])
  await expect(book.get('PIN')).rejects.toMatchObject(refused)
})

test('the environment goes before the file, and an empty variable is none', async () => {
  const vault = new Vault(place())
  await vault.set('ONE', 'from the file')
  await vault.set('TWO', 'from the file')
  const environment = { IONFLUX_SECRET_ONE: 'from the environment', IONFLUX_SECRET_TWO: '' }
  const book = new SecretBook([environmentSecrets(environment), vault])
  expect(await book.get('ONE')).toBe('from the environment')
  expect(await book.get('TWO')).toBe('from the file')
  await expect(book.get('THREE')).rejects.toMatchObject({ code: 'CONN_SECRET_UNKNOWN' })
})

test('the key of the sealed secrets is no secret that a flow can ask for', async () => {
  const environment = { IONFLUX_SECRET_KEY: 'ab'.repeat(32) }
  const book = new SecretBook([environmentSecrets(environment)])
  await expect(book.get('KEY')).rejects.toMatchObject({ code: 'CONN_SECRET_UNKNOWN' })
})

test('a value that was replaced is still taken out of texts', async () => {
  const vault = new Vault(place())
  const book = new SecretBook([vault])
  await vault.set('TOKEN', 'the first value')
  expect((await book.redactorFor(['TOKEN', 'NONE']))?.text('the first value')).toBe(
    '[secret TOKEN]',
  )
  await vault.set('TOKEN', 'the second value')
  expect(await book.get('TOKEN')).toBe('the second value')
  const redactor = await book.redactorFor(['TOKEN', 'NONE'])
  expect(redactor?.text('the first value, the second value')).toBe('[secret TOKEN], [secret TOKEN]')
  expect(await book.redactorFor(['NONE'])).toBeUndefined()
})

test('a secret that cannot be opened does not keep a run from being redacted', async () => {
  const { directory, keyFile } = place()
  await new Vault({ directory, keyFile }).set('LOST', value)
  const vault = new Vault({ directory, keyFile: `${keyFile}-gone` })
  const book = new SecretBook([environmentSecrets({ IONFLUX_SECRET_KEPT: value }), vault])
  const redactor = await book.redactorFor(['LOST', 'KEPT'])
  expect(redactor?.text(value)).toBe('[secret KEPT]')
})
