/** Goal: a map leads to the source, and one that is none does no harm. */
import { expect, test } from 'vitest'

import { mapTrace, withMap } from '#engine/sandbox/module/trace.ts'

const bare = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)
// At byte 16 line 3 of the first source, at byte 32 line 1 of the library.
const map = JSON.stringify({ version: 3, sources: ['a.ts', '~lib/b.ts'], mappings: 'gBAEC,gBCFD' })
const stack = 'main/go (wasm-function[1]:0x12)\nwasm-function[2]:0x21\nwasm-function[3]:0x1'

test('frames lead to the files of the author alone', () => {
  expect(mapTrace(stack, withMap(bare, map), 10)).toEqual(['go (a.ts:3:2)'])
})

test('without a map frames stay what they are, as many as are wanted', () => {
  expect(mapTrace(stack, bare, 2)).toEqual(stack.split('\n').slice(0, 2))
  expect(mapTrace('', bare, 2)).toEqual([])
})

test.each([
  ['no JSON', Buffer.from('no json')],
  ['JSON of another shape', Buffer.from('{"version":3}')],
  ['not UTF-8', Buffer.from('ff', 'hex')],
])('a map that is %s counts as none', (_, content) => {
  const name = Buffer.from('ionflux.map')
  const section = Buffer.from([0, name.length + 1 + content.length, name.length])
  const module = Buffer.concat([bare, section, name, content])
  expect(mapTrace('wasm-function[1]:0x1', module, 2)).toEqual(['wasm-function[1]:0x1'])
})

test('a module that ends in the middle has no map', () => {
  expect(mapTrace('at x', Buffer.concat([bare, Uint8Array.of(0, 9, 1)]), 2)).toEqual(['at x'])
})
