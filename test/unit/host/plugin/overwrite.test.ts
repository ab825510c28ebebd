/** Goal: what replaces a file of a plugin never leaves its folder through a link. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { overwrite } from '#engine/host/plugin/overwrite.ts'

test('a file is replaced, and a link is refused wherever it leads', () => {
  const top = mkdtempSync(join(tmpdir(), 'ionflux-overwrite-'))
  const at = (name: string): string => join(top, name)
  writeFileSync(at('there'), 'a long text')
  overwrite(at('there'), 'short')
  overwrite(at('new'), Uint8Array.of(1, 2))
  expect(readFileSync(at('there'), 'utf8')).toBe('short')
  expect([...readFileSync(at('new'))]).toEqual([1, 2])
  symlinkSync(at('there'), at('link'))
  symlinkSync(at('nothing'), at('broken'))
  for (const name of ['link', 'broken']) {
    expect(() => overwrite(at(name), 'x')).toThrow('is a link')
  }
  expect(() => overwrite(top, 'x')).toThrow('cannot be written')
  expect(readFileSync(at('there'), 'utf8')).toBe('short')
  rmSync(top, { recursive: true })
})
