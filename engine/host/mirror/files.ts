/**
 * The files of a mirrored commit as the loader sees them, out of the content store.
 *
 * Every byte is held to its digest when it is read. Links are known and never followed.
 */
import { posix } from 'node:path'

import type { Digest } from '#engine/core/digest.ts'
import { decodeText } from '#engine/dsl/text/encoding.ts'
import { readManifest, type Manifest } from '#engine/mirror/sync/manifest.ts'
import type { MirrorContent } from '#engine/mirror/sync/store.ts'
import type { Files } from '#engine/host/repository/files.ts'

/** The files named by the digest of their list (`Fact.tree`); `label` stands for their root in messages. */
export function filesOfTree(
  content: Pick<MirrorContent, 'get'>,
  { tree, label }: { readonly tree: Digest; readonly label: string },
): Files {
  return filesOfManifest(content, { manifest: readManifest(content.get(tree)), label })
}

export function filesOfManifest(
  content: Pick<MirrorContent, 'get'>,
  { manifest, label }: { readonly manifest: Manifest; readonly label: string },
): Files {
  const digests = new Map(manifest.files.map(({ path, digest }) => [path, digest]))
  const links = new Set(manifest.links)
  const paths = [...digests.keys()]
  const texts = new Map<string, string>()
  const readBytes = (path: string): Uint8Array | undefined => {
    const digest = digests.get(posix.normalize(path))
    return digest === undefined ? undefined : content.get(digest)
  }
  return {
    root: label,
    find: (globs) => paths.filter((path) => globs.some((glob) => posix.matchesGlob(path, glob))),
    readText: (path) => {
      const known = texts.get(path)
      const bytes = known === undefined ? readBytes(path) : undefined
      const text = known ?? (bytes === undefined ? undefined : decodeText(bytes))
      if (text !== undefined) texts.set(path, text)
      return text
    },
    readBytes,
    linkOn: (path) => {
      const parts = posix.normalize(path).split('/')
      const ways = parts.map((_, index) => parts.slice(0, index + 1).join('/'))
      return ways.find((way) => links.has(way))
    },
    fetch: () => Promise.resolve(false),
  }
}
