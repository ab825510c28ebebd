import { readFileSync } from 'node:fs'

import { aliasOf } from '#engine/core/cid.ts'
import { digestOfBytes } from '#engine/core/digest.ts'
import { expect, test } from 'vitest'

interface Vector {
  readonly name: string
  readonly utf8?: string
  readonly hex?: string
  readonly base64?: string
  readonly sha256: string
  readonly cidv1_raw_base32: string
}

const file = new URL('../../vectors/cid/vectors.json', import.meta.url)
const { valid } = JSON.parse(readFileSync(file, 'utf8')) as { readonly valid: readonly Vector[] }

test.each(valid)('the digest and the CID of "$name" are the ones of the vector', (vector) => {
  const digest = `sha256:${vector.sha256}` as ReturnType<typeof digestOfBytes>
  expect(aliasOf(digest)).toBe(vector.cidv1_raw_base32)
  if (vector.utf8 === undefined) return
  expect(digestOfBytes(new TextEncoder().encode(vector.utf8))).toBe(digest)
})
