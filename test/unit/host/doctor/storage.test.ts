/**
 * Goal: what stands in the way of runs is named before a run meets it. Method: data
 * directories that are damaged in the ways that disks and people damage them.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { openDatabase } from '#engine/durable/sqlite/database.ts'
import { openSqlite } from '#engine/durable/sqlite/open.ts'
import { takeLease } from '#engine/host/lease.ts'
import { nodeVersion } from '#engine/host/doctor/machine.ts'
import { lookAtRepository } from '#engine/host/doctor/repository.ts'
import { lookAtSecrets } from '#engine/host/doctor/secrets.ts'
import { lookAtStorage, roomOf } from '#engine/host/doctor/storage.ts'
import { openVault } from '#engine/host/secrets.ts'

let folder: string
let data: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ionflux-doctor-'))
  data = join(folder, 'data')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const look = async (flag = data): Promise<Readonly<Record<string, unknown>>> => {
  const found = await lookAtStorage({ flag, environment: {}, root: folder })
  return Object.fromEntries(found.map(({ name, status, code }) => [name, code ?? status]))
}
const journal = async (): Promise<string> => {
  const durable = openSqlite(data)
  await durable.close()
  return join(data, 'journal.db')
}

test('a directory that is not there is made by the first run', async () => {
  expect(await look()).toEqual({ data: 'ok', disk: 'ok' })
})

test('a directory that later calls would not know is an error, unless it is named', async () => {
  writeFileSync(join(folder, 'file'), '')
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'file'))
  const [place] = await lookAtStorage({ environment: {}, root: folder })
  expect(place).toMatchObject({ status: 'error', help: expect.stringContaining('--data-dir') })
  expect(await look()).toMatchObject({ data: 'ok' })
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'))
  expect(await lookAtStorage({ environment: {}, root: folder })).toMatchObject([
    { status: 'ok' },
    { status: 'ok' },
  ])
  vi.unstubAllEnvs()
})

test('a whole journal is looked through, and its writer named', async () => {
  await journal()
  using lease = takeLease(data)
  expect(lease).toBeDefined()
  expect(await look()).toMatchObject({ data: 'ok', owner: 'ok', journal: 'ok' })
})

test('a writer that has ended stands in nobody’s way', async () => {
  await journal()
  writeFileSync(join(data, 'owner.json'), JSON.stringify({ pid: 2 ** 22 + 1, startedAt: 1 }))
  const found = await lookAtStorage({ flag: data, environment: {}, root: folder })
  const owner = found.find(({ name }) => name === 'owner')
  expect(owner).toMatchObject({
    status: 'ok',
    text: expect.stringContaining('has ended') as string,
  })
})

test.each([
  ['is no database', () => Buffer.from('this is a text and no journal')],
  ['was cut', (bytes: Buffer) => bytes.subarray(0, bytes.length - 6_000)],
  ['was written over', (bytes: Buffer) => bytes.fill(0xa5, 8_192)],
  ['lost its first page', (bytes: Buffer) => bytes.fill(0, 0, 4_096)],
])('a journal that %s is damaged', async (_, damage) => {
  const path = await journal()
  writeFileSync(path, damage(readFileSync(path)))
  expect(await look()).toMatchObject({ journal: 'JOURNAL_READ_FAILED' })
})

test('a journal that is a directory cannot be read', async () => {
  mkdirSync(join(data, 'journal.db'), { recursive: true })
  expect(await look()).toMatchObject({ journal: 'JOURNAL_READ_FAILED' })
})

test.each([
  ['of a newer release', 'PRAGMA user_version = 99', 'error'],
  ['of an older release', 'PRAGMA user_version = 4', 'warning'],
  ['of another program', 'PRAGMA application_id = 7', 'error'],
])('a journal %s is not taken for whole', async (_, sql, status) => {
  await journal()
  const db = openDatabase(data)
  db.exec(sql)
  db.close()
  const found = await lookAtStorage({ flag: data, environment: {}, root: folder })
  expect(found.at(-1)).toMatchObject({ name: 'journal', status, code: 'JOURNAL_VERSION_UNKNOWN' })
})

test('what is no directory, and a link that leads to itself, cannot be used', async () => {
  writeFileSync(join(folder, 'file'), '')
  symlinkSync('ring', join(folder, 'ring'))
  expect(await look(join(folder, 'file'))).toEqual({ data: 'error' })
  expect(await look(join(folder, 'file', 'below'))).toEqual({ data: 'error' })
})

test.each([
  [2 ** 40, 'ok'],
  [2 ** 29, 'warning'],
  [2 ** 20, 'error'],
])('%d bytes of room are: %s', (bytes, status) => {
  expect(roomOf('disk', bytes)).toMatchObject({ status })
})

test('a Node.js that is too old is said so', () => {
  const statuses = ['24.12.0', '25.0.0', '24.11.9', '20.1.0'].map((one) => nodeVersion(one).status)
  expect(statuses).toEqual(['ok', 'ok', 'error', 'error'])
})

test('a marker and a lock that cannot be read are named', () => {
  writeFileSync(join(folder, 'ionflux.yaml'), 'flows: 3\n')
  writeFileSync(join(folder, 'ionflux.lock'), 'no lock\n')
  const found = lookAtRepository(folder, folder)
  expect(found.map(({ name, status }) => [name, status])).toEqual([
    ['repository', 'error'],
    ['lock', 'error'],
  ])
})

test('secrets that do not open, and a key that others can read, are named', async () => {
  const environment = { XDG_CONFIG_HOME: join(folder, 'config') }
  expect(await lookAtSecrets(data, environment)).toEqual([])
  await openVault(data, environment).set('TOKEN', 'long-secret-value')
  const names = async (values: Readonly<Record<string, string>>): Promise<unknown> =>
    (await lookAtSecrets(data, values)).map(({ name, status }) => [name, status])
  expect(await names(environment)).toEqual([
    ['secrets', 'ok'],
    ['key', 'ok'],
  ])
  const key = join(folder, 'config/ionflux/key')
  rmSync(key)
  expect(await names(environment)).toEqual([['secrets', 'error']])
  writeFileSync(key, Buffer.alloc(32, 7).toString('base64'), { mode: 0o644 })
  expect(await names(environment)).toEqual([
    ['secrets', 'error'],
    ['key', 'error'],
  ])
  const beside = { XDG_CONFIG_HOME: join(data, 'config') }
  mkdirSync(join(data, 'config/ionflux'), { recursive: true })
  writeFileSync(join(data, 'config/ionflux/key'), 'x', { mode: 0o600 })
  expect(await names({ ...beside, IONFLUX_SECRET_KEY: '' })).toEqual([
    ['secrets', 'error'],
    ['key', 'warning'],
  ])
})
