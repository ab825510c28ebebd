/**
 * The files of a repository as they would be with some of them changed, without changing them.
 */
import { posix } from 'node:path'

import { decodeText } from '#engine/dsl/text/encoding.ts'
import type { Files } from '#engine/host/repository/files.ts'

/** By path from the root: new bytes, or null for a file that goes. */
export type FileChanges = ReadonlyMap<string, Uint8Array | null>

/** `files` with `changes` made. */
export function overlay(files: Files, changes: FileChanges): Files {
  const there = [...changes].flatMap(([path, bytes]) => (bytes === null ? [] : [path]))
  const readBytes = (path: string): Uint8Array | undefined => {
    const known = posix.normalize(path)
    return changes.has(known) ? (changes.get(known) ?? undefined) : files.readBytes(path)
  }
  return {
    ...files,
    find: (globs) => {
      const added = there.filter((path) => globs.some((glob) => posix.matchesGlob(path, glob)))
      return [...files.find(globs).filter((path) => !changes.has(path)), ...added].toSorted()
    },
    readBytes,
    readText: (path) => {
      if (!changes.has(posix.normalize(path))) return files.readText(path)
      const bytes = readBytes(path)
      return bytes === undefined ? undefined : decodeText(bytes)
    },
  }
}
