import { expect, test } from 'vitest'

import { canonical } from '#engine/core/canonical.ts'
import { digestOfBytes, digestOfText } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { buildPlugin, buildTransform } from '#engine/sandbox/unit.ts'

const manifest: Manifest = {
  plugin: 'acme/files',
  version: '1.0.0',
  entry: './main.ts',
  capabilities: { git: ['read'], reasons: { git: 'It reads files.' } },
  limits: { memory: '128mb', time: '1m30s' },
  actions: { 'read-file': { effects: 'read', description: 'Reads.', output: { type: 'string' } } },
}
const files = new Map([['main.ts', 'export const readFile = () => "text"']])

test('a plugin becomes a unit that its digests name', async () => {
  const built = await buildPlugin(manifest, files)
  if (!built.ok) throw new Error(JSON.stringify(built.problems))
  expect(built.unit).toEqual({
    $type: 'ionflux.unit/v1',
    name: 'acme/files',
    kind: 'plugin',
    code: digestOfBytes(built.code),
    actions: { 'read-file': { effects: 'read', output: { type: 'string' } } },
    capabilities: { git: ['read'] },
    memoryBytesMax: 128 * 1024 * 1024,
    timeMsMax: 90_000,
  })
  const text = new TextDecoder().decode(built.unitBytes)
  expect(text).toBe(canonical(built.unit as unknown as Json))
  expect(built.digest).toBe(digestOfText(text))
  expect(await buildPlugin(manifest, files)).toEqual(built)
})

test('a plugin gets no more time and memory than there is', async () => {
  const built = await buildPlugin({ ...manifest, limits: { memory: '64gb', time: '4d' } }, files)
  expect(built).toMatchObject({ unit: { memoryBytesMax: 1024 ** 3, timeMsMax: 600_000 } })
})

test('a plugin whose entry is missing is a problem at that key', async () => {
  expect(await buildPlugin({ ...manifest, entry: 'other.ts' }, files)).toMatchObject({
    ok: false,
    problems: [{ code: 'PLAN_CODE_MALFORMED', at: '/entry' }],
  })
})

test('a transform asks for nothing, and its language is believed', async () => {
  const typed = 'export default (i: number): number => i'
  expect(await buildTransform({ name: 't', text: typed, language: 'ts' })).toMatchObject({
    ok: true,
    unit: { kind: 'transform', actions: { default: { effects: 'pure' } }, capabilities: {} },
  })
  expect(await buildTransform({ name: 't', text: typed, language: 'js' })).toMatchObject({
    ok: false,
  })
})
