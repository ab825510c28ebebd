import { expect, test } from 'vitest'

import { type Digest, digestOfBytes } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { openPayloads, type Payloads } from '#engine/runtime/payload.ts'

function open(): { readonly payloads: Payloads; readonly kept: Map<Digest, Uint8Array> } {
  const kept = new Map<Digest, Uint8Array>()
  const payloads = openPayloads({
    put(bytes) {
      kept.set(digestOfBytes(bytes), bytes)
      return digestOfBytes(bytes)
    },
    get: (digest) => kept.get(digest) ?? new Uint8Array(),
  })
  return { payloads, kept }
}

test('a small value is held as it is', () => {
  const { payloads, kept } = open()
  expect(payloads.hold({ a: [1, null, 'x'] })).toEqual({ value: { a: [1, null, 'x'] } })
  expect(kept.size).toBe(0)
})

test.each<[string, Json]>([
  ['a text', 'x'.repeat(limits.payloadInlineCharsMax)],
  ['a list', Array.from({ length: limits.payloadInlineCharsMax }, () => 1)],
  ['a map', { deep: { deeper: 'é'.repeat(limits.payloadInlineCharsMax) } }],
])('%s that is large is held by its digest and read back', (_, value) => {
  const { payloads, kept } = open()
  const held = payloads.hold(value)
  expect(held).toEqual({ ref: [...kept.keys()][0], bytes: [...kept.values()][0]?.length })
  expect(payloads.value(held)).toEqual(value)
  expect(payloads.value(structuredClone(held))).toEqual(value)
})

test('what is held in parts is one value', () => {
  const { payloads } = open()
  const items = [{ value: 1 }, payloads.hold('y'.repeat(limits.payloadInlineCharsMax))]
  const held = {
    entries: [
      ['list', { items }],
      ['__proto__', { value: 2 }],
    ],
  } as const
  const value = payloads.value(held) as Record<string, Json>
  expect(value['list']).toHaveLength(2)
  expect(Object.keys(value)).toEqual(['list', '__proto__'])
})
