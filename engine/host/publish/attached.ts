/**
 * A Sigstore bundle on its way: where it lies beside a release, and whether it is about that
 * release. Whether it holds is what `sigstore.ts` says, which is loaded where one is verified.
 */
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import { provenancePath } from './provenance.ts'

/** Where the bundle of the release with this provenance lies in a registry. */
export function bundlePath(provenance: string): string {
  return provenancePath(provenance).replace(/json$/, 'sigstore.json')
}

/** Whether bytes have the form of a bundle whose statement names the digest. */
export function isBundleAbout(bytes: Uint8Array, digest: string): boolean {
  if (bytes.length > limits.registryProvenanceBytesMax) return false
  try {
    const bundle = JSON.parse(Buffer.from(bytes).toString('utf8')) as Json
    const envelope = isObject(bundle) ? bundle['dsseEnvelope'] : undefined
    const payload = isObject(envelope) ? envelope['payload'] : undefined
    const text = Buffer.from(typeof payload === 'string' ? payload : '', 'base64').toString('utf8')
    return isStatementAbout(JSON.parse(text) as Json, digest)
  } catch {
    return false
  }
}

/** Whether an in-toto statement has the digest among its subjects. */
export function isStatementAbout(statement: Json, digest: string): boolean {
  const subject = isObject(statement) ? statement['subject'] : undefined
  if (!Array.isArray(subject)) return false
  return subject.some((one: Json) => {
    const digests = isObject(one) ? one['digest'] : undefined
    return isObject(digests) && digests['sha256'] === digest.slice('sha256:'.length)
  })
}
