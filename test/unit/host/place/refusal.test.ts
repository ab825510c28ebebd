/**
 * Goal: what the file system refuses is told with its path and never as a defect. Method:
 * real refusals of real files.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { makeFolder } from '#engine/host/place/folder.ts'
import { refusalOf } from '#engine/host/place/refusal.ts'

let top: string
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-place-'))
  writeFileSync(join(top, 'file'), '')
})
afterEach(() => rmSync(top, { recursive: true, force: true }))

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (thrown) {
    return thrown
  }
  throw new Error('nothing was refused')
}

test.each([
  ['a folder where a file should be', () => writeFileSync(top, ''), 'it is a folder'],
  ['a file on the way', () => makeFolder(join(top, 'file/a/b')), 'a part of the path is a file'],
  ['a file in its place', () => makeFolder(join(top, 'file')), 'something in its place'],
  ['a missing folder', () => writeFileSync(join(top, 'gone/a'), ''), 'does not exist'],
  ['a circle', () => readFileSync(join(top, 'circle')), 'in a circle'],
])('%s is told', (_, work, why) => {
  symlinkSync('circle', join(top, 'circle'))
  const refusal = refusalOf(thrownBy(work))
  expect(refusal).toMatchObject({ code: 'CLI_FILE_UNREADABLE' })
  expect(refusal?.message).toContain(top)
  expect(refusal?.message).toContain(why)
})

test.skipIf(process.getuid?.() === 0)('a denial is told (root may write everywhere)', () => {
  chmodSync(top, 0o500)
  expect(refusalOf(thrownBy(() => writeFileSync(join(top, 'new'), '')))?.message).toContain(
    'permission was denied',
  )
  chmodSync(top, 0o700)
})

test('a full disk is told without a path', () => {
  const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
  expect(refusalOf(full)?.message).toBe(
    'A file cannot be written: the disk is full. Make room and call again.',
  )
})

test('a defect and a program that is missing are none', () => {
  expect(refusalOf(new TypeError('x'))).toBeUndefined()
  expect(refusalOf('x')).toBeUndefined()
  expect(refusalOf(spawnSync(join(top, 'no-program')).error)).toBeUndefined()
})
