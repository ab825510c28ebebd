/**
 * Goal: a folder is made, with what is missing above it, or refused; it always ends.
 */
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { makeFolder } from '#engine/host/place/folder.ts'

let top: string
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-place-'))
})
afterEach(() => rmSync(top, { recursive: true, force: true }))

test('a folder is made with what is missing above it, and may be there already', () => {
  const folder = join(top, 'a/b/c')
  makeFolder(folder, 0o700)
  makeFolder(folder)
  expect(statSync(join(top, 'a')).mode & 0o777).toBe(0o700)
  expect(statSync(folder).isDirectory()).toBe(true)
})

test('a link that leads nowhere is refused', () => {
  symlinkSync(join(top, 'nowhere'), join(top, 'link'))
  expect(() => makeFolder(join(top, 'link/a'))).toThrow(/EEXIST|ENOENT/)
  expect(existsSync(join(top, 'nowhere'))).toBe(false)
})

test.runIf(existsSync('/proc/self'))('a file system that takes no folders refuses at once', () => {
  expect(() => makeFolder('/proc/ionflux/a/b')).toThrow(/ENOENT|EPERM|EACCES/)
})
