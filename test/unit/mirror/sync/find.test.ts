/**
 * What people write for a mirror.
 */
import { expect, test } from 'vitest'

import { memoryMirrors } from '#engine/durable/memory-mirrors.ts'
import { getMirror } from '#engine/mirror/sync/find.ts'

const store = memoryMirrors()
const add = (id: string, name: string, url: string): void =>
  store.add({ id, name, url, paths: [], addedAt: 0 })
add('m1', 'acme/flows', 'https://git.example/acme/flows')
add('m2', 'twice', 'https://git.example/twice')
add('m3', 'twice-release', 'https://git.example/twice')

test.each([
  'acme/flows',
  'm1',
  'https://git.example/acme/flows',
  'https://git.example/acme/flows.git',
])('a mirror is found as "%s"', (text) => {
  expect(getMirror(store, text).id).toBe('m1')
})

test.each([
  ['acme/flow', 'acme/flows'],
  ['https://git.example/twice', undefined],
  ['', undefined],
])('"%s" is none, and the nearest is named', (text, near) => {
  expect(() => getMirror(store, text)).toThrow(
    expect.objectContaining({
      code: 'MIRROR_UNKNOWN',
      data: { mirror: text, ...(near === undefined ? {} : { near }) },
    }),
  )
})
