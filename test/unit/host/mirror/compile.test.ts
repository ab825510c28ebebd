/**
 * Goal: a commit counts as compiled when all that it holds could run, and what is wrong is named
 * with its file.
 */
import { expect, test } from 'vitest'

import { memoryMirrors } from '#engine/durable/memory-mirrors.ts'
import { compiler } from '#engine/host/mirror/compile.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'
import type { Compiled } from '#engine/mirror/sync/sync.ts'

const flow = (id: string, step = '{ id: a, let: 1 }'): string =>
  `dsl: flux/1\nid: ${id}\nsteps:\n  - ${step}\n`

async function compiled(texts: Readonly<Record<string, string>>): Promise<Compiled> {
  const { content } = memoryMirrors()
  const files = Object.entries(texts).map(([path, text]) => {
    const bytes = new TextEncoder().encode(text)
    const [digest] = content.putAll([bytes])
    if (digest === undefined) throw new Error('no digest')
    return { path, digest, oid: '0'.repeat(40), size: bytes.length, mode: '100644' }
  })
  const manifest = { files, links: [] }
  return await compiler(content)(manifest, { name: 'acme/flows' } as Mirror)
}

test('flows with an id each compile', async () => {
  expect(await compiled({ 'a.flow.yaml': flow('a'), 'b.flow.yaml': flow('b') })).toEqual({
    flows: 2,
  })
})

test.each([
  ['an id of two files', { 'a.flow.yaml': flow('a'), 'z/b.flow.yaml': flow('a') }, /DUPLICATE/],
  ['a step that is none', { 'a.flow.yaml': flow('a', '{ id: a, lett: 1 }') }, /^a\.flow\.yaml: /],
])('%s is told, and nothing counts as compiled', async (_, texts, words) => {
  const { problem } = await compiled(texts)
  expect(problem).toMatchObject({
    code: 'MIRROR_COMPILE_FAILED',
    message: expect.stringMatching(words),
  })
})
