/**
 * Puts what was read of a commit into the content store: its files, and the list of them.
 */
import type { Digest } from '#engine/core/digest.ts'

import type { Collected } from './collect.ts'
import { type Manifest, printManifest } from './manifest.ts'
import type { MirrorContent } from './store.ts'

/** Returns the digest of the list. `known` has the files whose bytes were not read again. */
export function keep(
  content: Pick<MirrorContent, 'putAll'>,
  { files, fresh, links }: Pick<Collected, 'files' | 'fresh' | 'links'>,
  known: Manifest | undefined,
): Digest {
  const digests = content.putAll(fresh.map(({ bytes }) => bytes))
  const byOid = new Map<string, { digest: Digest; size: number }>()
  for (const { oid, digest, size } of known?.files ?? []) byOid.set(oid, { digest, size })
  for (const [index, { oid, bytes }] of fresh.entries())
    byOid.set(oid, { digest: digests[index] as Digest, size: bytes.length })
  const listed = files.map(({ path, mode, oid }) => {
    const { digest, size } = byOid.get(oid) as { digest: Digest; size: number }
    return { path, mode, oid, digest, size }
  })
  const [tree] = content.putAll([printManifest({ files: listed, links })])
  return tree as Digest
}
