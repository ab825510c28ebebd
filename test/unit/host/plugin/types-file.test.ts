/** Goal: the types of a plugin are written into its folder and nowhere else. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { checkManifest } from '#engine/dsl/check.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { writeTypes } from '#engine/host/plugin/types-file.ts'

const text =
  'plugin: mine/one\nversion: 1.0.0\nentry: main.ts\nactions: { default: { effects: pure } }\n'

test('a types.ts that is a link is left alone, wherever it leads', () => {
  const top = mkdtempSync(join(tmpdir(), 'ionflux-types-'))
  const { manifest } = checkManifest(parseDocument({ file: 'plugin.yaml', text }))
  if (manifest === undefined) throw new Error('the manifest is broken')
  mkdirSync(join(top, 'plugin'))
  symlinkSync(join(top, 'outside.ts'), join(top, 'plugin/types.ts'))
  expect(() => writeTypes(join(top, 'plugin'), manifest)).toThrow('left alone')
  expect(existsSync(join(top, 'outside.ts'))).toBe(false)
  rmSync(top, { recursive: true })
})
