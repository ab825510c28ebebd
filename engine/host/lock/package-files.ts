/**
 * A package as bytes: what its digest is over, kept on this machine by that digest.
 *
 * The store is a cache that anybody may write: every package is hashed again when it is read,
 * so what it gives is what the lock names or nothing.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, posix } from 'node:path'

import { digestOf, digestOfBytes, type Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { decodeText } from '#engine/dsl/text/encoding.ts'
import { makeFolder } from '#engine/host/place/folder.ts'
import type { Files } from '#engine/host/repository/files.ts'

/** By path from the root of the package. */
export type PackageFiles = ReadonlyMap<string, Uint8Array>

/** `sha256:` over the sorted list of paths, sizes and digests (DESIGN 5). */
export function digestOfFiles(files: PackageFiles): Digest {
  const list = [...files]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, bytes]) => ({ path, size: bytes.length, sha256: digestOfBytes(bytes) }))
  const kind = files.has('blueprint.yaml') ? 'blueprint' : 'plugin'
  return digestOf({ $type: 'ionflux.package/v1', kind, files: list })
}

/** Throws `LOCK_SOURCE_REFUSED` for what could mean another thing on another machine. */
export function checkFiles(files: PackageFiles): void {
  const folded = new Map<string, string>()
  let bytes = 0
  for (const [path, content] of files) {
    bytes += content.length
    const twin = folded.get(path.toLowerCase())
    folded.set(path.toLowerCase(), path)
    const isBad =
      // eslint-disable-next-line no-control-regex
      /[\\:\u0000-\u001f\u007f]/.test(path) ||
      path
        .split('/')
        .some(
          (part) =>
            part === '' ||
            part === '.' ||
            part === '..' ||
            /^\.git[ .]*$|^git~\d+$/i.test(part) ||
            part.length > 255,
        )
    if (isBad || twin !== undefined) throw refused(`it has a file "${path.slice(0, 200)}"`)
  }
  if (files.size > limits.packageFilesMax) throw refused(`it has ${files.size} files`)
  if (bytes > limits.packageBytesMax) throw refused(`it has ${bytes} bytes`)
}

function refused(why: string): IonError {
  return new IonError('LOCK_SOURCE_REFUSED', `The package is refused: ${why}.`)
}

function folderOf(env: Readonly<Record<string, string | undefined>>): string {
  const cache = env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return join(cache, 'ionflux', 'packages')
}

function fileOf(digest: Digest): string {
  return join(folderOf(process.env), `${digest.replace('sha256:', '')}.json`)
}

/** Keeps a package on this machine. */
export function keepPackage(files: PackageFiles): Digest {
  const digest = digestOfFiles(files)
  const value = Object.fromEntries(
    [...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString('base64')]),
  )
  makeFolder(folderOf(process.env), 0o700)
  const fresh = `${fileOf(digest)}.${randomBytes(4).toString('hex')}`
  writeFileSync(fresh, JSON.stringify(value), { mode: 0o600 })
  renameSync(fresh, fileOf(digest))
  return digest
}

/** The package with this digest; undefined where it is not, or not whole, on this machine. */
export function findPackage(digest: Digest): PackageFiles | undefined {
  try {
    const value = JSON.parse(readFileSync(fileOf(digest), 'utf8')) as Json
    if (!isObject(value)) return undefined
    const files = new Map(
      Object.entries(value).map(([path, text]) => [path, bytesOf(text)] as const),
    )
    return digestOfFiles(files) === digest ? files : undefined
  } catch {
    return undefined
  }
}

function bytesOf(text: Json | undefined): Uint8Array {
  return typeof text === 'string' ? new Uint8Array(Buffer.from(text, 'base64')) : new Uint8Array()
}

/** The package as the loader reads files; `label` stands for its root in messages. */
export function filesOf(files: PackageFiles, label: string): Files {
  const paths = [...files.keys()].toSorted()
  return {
    root: label,
    find: (globs) => paths.filter((path) => globs.some((glob) => posix.matchesGlob(path, glob))),
    readText: (path) => {
      const bytes = files.get(posix.normalize(path))
      return bytes === undefined ? undefined : decodeText(bytes)
    },
    readBytes: (path) => files.get(posix.normalize(path)),
    linkOn: () => undefined,
    fetch: () => Promise.resolve(false),
  }
}
