/**
 * Goal: one source for what several plugins of the library need. Method: a plugin holds its
 * own files alone, so what is shared lies in each of them, the same to the byte.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

const library = join(import.meta.dirname, '../../../plugins/std')
const read = (path: string): string => readFileSync(join(library, path), 'utf8')

test.each([['xml/read.ts', 'feed/xml.ts']])('%s and %s are one text', (own, copy) => {
  expect(read(copy)).toBe(read(own))
})
