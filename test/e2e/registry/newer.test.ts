/**
 * Goal: what a range keeps out is seen, with what it would newly be allowed, before somebody
 * changes the range. Method: the real command line over a registry with releases in and out of it.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { keyFor } from '#test/fake/registry.ts'

import { openShelf, type Shelf } from './shelf.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let shelf: Shelf
beforeAll(async () => {
  shelf = await openShelf()
  await shelf.release('echo', '1.0.0')
  await shelf.ionflux('add', 'acme/echo@^1')
})
afterAll(() => shelf[Symbol.dispose]())

const lock = (): string => readFileSync(join(shelf.path, 'mine/ionflux.lock'), 'utf8')

test('who names no range asks for what is compatible with what is there', async () => {
  await shelf.release('young', '0.3.1')
  await shelf.ionflux('add', 'acme/young')
  expect(lock()).toContain('"asked": "^0.3"')
})

test('nothing is said where nothing is newer', async () => {
  expect(await shelf.ionflux('outdated')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining('Everything is at its newest'),
  })
  const updated = await shelf.ionflux('update')
  expect(updated.stderr).toContain('Everything is at its newest')
})

test('a version outside of the range is told, with the powers that it would have', async () => {
  await shelf.release('echo', '2.0.0', { net: ['api.example.com'] })
  const before = lock()
  const updated = await shelf.ionflux('update')
  expect(updated).toMatchObject({ code: 0 })
  expect(updated.stderr).toMatch(
    /acme\/echo@2\.0\.0 is newest, which newly asks for net:api\.example\.com; "\^1" keeps it out.*ionflux add acme\/echo@\^2/,
  )
  expect(updated.stderr).not.toContain('Everything is at its newest')
  expect(lock()).toBe(before)
  const told = JSON.parse((await shelf.ionflux('update', '--json')).stdout) as object
  expect(told).toMatchObject({
    updates: [],
    waiting: [],
    isWritten: false,
    beyond: [{ name: 'acme/echo', asked: '^1', version: '2.0.0', grown: ['net:api.example.com'] }],
  })
})

test('outdated shows what the range takes beside what is newest', async () => {
  await shelf.release('echo', '1.1.0')
  await shelf.release('echo', '3.0.0-rc.1')
  const old = await shelf.ionflux('outdated')
  expect(old.code).toBe(5)
  expect(old.stdout.split('\n').map((line) => line.split(/ {2,}/))).toMatchObject([
    ['package', 'locked', 'wanted', 'newest', 'asked'],
    ['acme/echo', '1.0.0', '1.1.0', '2.0.0', '^1'],
    ['', '2.0.0 newly asks for net:api.example.com'],
    [''],
  ])
})

test('an update takes what the range takes, and says what stays out', async () => {
  const updated = await shelf.ionflux('update', 'acme/echo')
  expect(updated).toMatchObject({ code: 0 })
  expect(updated.stderr).toContain('acme/echo@1.1.0 (was 1.0.0)')
  expect(updated.stderr).toContain('acme/echo@2.0.0 is newest')
  expect(lock()).toContain('acme/echo@1.1.0:')
})

test('a locked version that is hidden gives way to a lower one, and that is said', async () => {
  const body = {
    event: 'yank',
    name: 'acme/echo',
    version: '1.1.0',
    reason: 'It is wrong.',
  } as const
  await shelf.lab.say(body, keyFor('acme'))
  shelf.lay()
  const back = await shelf.ionflux('update', '--dry-run')
  expect(back.stderr).toContain('acme/echo@1.0.0 (was 1.1.0, which is higher)')
})
