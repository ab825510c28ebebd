/**
 * The files of a mirrored commit, as the loader asks for them.
 */
import { expect, test } from 'vitest'

import { memoryMirrors } from '#engine/durable/memory-mirrors.ts'
import { filesOfTree } from '#engine/host/mirror/files.ts'
import { printManifest } from '#engine/mirror/sync/manifest.ts'
import type { Digest } from '#engine/core/digest.ts'

const { content } = memoryMirrors()
const texts = { 'flows/a.flow.yaml': 'a: 1\n', 'ionflux.yaml': '{}\n' }
const [a, marker] = content.putAll(Object.values(texts).map((text) => Buffer.from(text)))
const file = (path: string, digest: Digest | undefined) => ({
  path,
  mode: '100644',
  size: 1,
  oid: 'a'.repeat(40),
  digest: digest as Digest,
})
const manifest = {
  files: [file('flows/a.flow.yaml', a), file('ionflux.yaml', marker)],
  links: ['flows/link', 'linked.flow.yaml'],
}
const [tree] = content.putAll([printManifest(manifest)])
const files = filesOfTree(content, { tree: tree as Digest, label: 'mirror:acme' })

test('finds by glob and reads text and bytes', () => {
  expect(files.find(['**/*.flow.yaml'])).toEqual(['flows/a.flow.yaml'])
  expect(files.readText('flows/a.flow.yaml')).toBe('a: 1\n')
  expect(files.readText('./flows/../ionflux.yaml')).toBe('{}\n')
  expect(Buffer.from(files.readBytes('ionflux.yaml') ?? '').toString()).toBe('{}\n')
})

test('has nothing beside what the list names', () => {
  expect(files.readText('flows/b.flow.yaml')).toBeUndefined()
  expect(files.readText('../../etc/passwd')).toBeUndefined()
  expect(files.readText('/etc/passwd')).toBeUndefined()
})

test('knows links and follows none', () => {
  expect(files.linkOn('flows/link/x.yaml')).toBe('flows/link')
  expect(files.linkOn('flows/a.flow.yaml')).toBeUndefined()
  expect(files.readText('linked.flow.yaml')).toBeUndefined()
})
