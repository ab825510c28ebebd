/**
 * The files of a mirrored commit as a list: path, mode, size, and where their bytes are in
 * the content store. Pure.
 *
 * The list is content itself, named by its digest, so two commits with the same files are
 * one. `oid` is Git's name of a file; it saves reading what is known and proves nothing.
 */
import { posix } from 'node:path'

import { canonical } from '#engine/core/canonical.ts'
import type { Digest } from '#engine/core/digest.ts'
import { assert, IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { TreeEntry } from '#engine/mirror/port.ts'

export interface MirroredFile {
  readonly path: string
  readonly mode: string
  readonly size: number
  readonly oid: string
  readonly digest: Digest
}

export interface Manifest {
  /** In the order of the bytes of their paths. */
  readonly files: readonly MirroredFile[]
  /** Links and submodules among them, which are never followed. */
  readonly links: readonly string[]
}

const type = 'ionflux.mirrored/v1'

export function printManifest({ files, links }: Manifest): Uint8Array {
  const plain = files.map((file) => ({ ...file }))
  return Buffer.from(canonical({ $type: type, files: plain, links: [...links] }))
}

export function readManifest(bytes: Uint8Array): Manifest {
  const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Json
  assert(isObject(value) && value['$type'] === type, 'a manifest of a mirror is one')
  return value as unknown as Manifest
}

/** What flows, plugins, agents and their tests are made of. */
const kept = /(?:\.(?:ya?ml|json|ts|js|mjs|wasm|md|txt|csv|cedar|lock)|(?:^|\/)LICENSE[^/]*)$/
/** Every repository has these read, whatever its paths are. */
const always = new Set(['ionflux.yaml', 'ionflux.lock'])
/** Approvals of plans are signed files. */
const approval = /^approvals\/[^/]+\.sig$/
const skipped = /(?:^|\/)(?:node_modules|\.ionflux|\.git)\//

function isAlways(path: string): boolean {
  return always.has(path) || approval.test(path)
}

/** Whether a mirror with these `paths` keeps the file at `path`. */
export function isBound(paths: readonly string[], path: string): boolean {
  if (skipped.test(path)) return false
  if (paths.length === 0) return kept.test(path) || isAlways(path)
  return isAlways(path) || paths.some((glob) => posix.matchesGlob(path, glob))
}

/** The entries that are kept. Throws `MIRROR_OBJECT_REFUSED` and `MIRROR_LIMIT_EXCEEDED`. */
export function boundEntries(
  paths: readonly string[],
  entries: readonly TreeEntry[],
): readonly TreeEntry[] {
  const bound = entries.filter(({ path }) => isBound(paths, path))
  if (bound.length > limits.mirrorFilesMax)
    throw tooMuch(`${bound.length} files`, limits.mirrorFilesMax)
  const folded = new Map<string, string>()
  for (const { path } of bound) checkPath(path, folded)
  const bytes = bound.reduce((sum, { size = 0 }) => sum + size, 0)
  if (bytes > limits.mirrorFileBytesMax)
    throw tooMuch(`${bytes} bytes of files`, limits.mirrorFileBytesMax)
  return bound
}

/** A path that could mean another file on another machine is refused, with all of its commit. */
function checkPath(path: string, folded: Map<string, string>): void {
  const key = path.normalize('NFC').toLowerCase()
  const twin = folded.get(key)
  folded.set(key, path)
  // eslint-disable-next-line no-control-regex
  const isOdd = /[\\:\u0000-\u001f\u007f-\u009f\ufffd]/.test(path) || path !== path.normalize('NFC')
  const isLong =
    path.length > limits.gitPathCharsMax || path.split('/').some((part) => part.length > 255)
  if (!isOdd && !isLong && twin === undefined) return
  const shown = path.slice(0, 200).replace(/\p{C}/gu, '?')
  const why =
    twin === undefined ? 'cannot be kept on every machine' : 'is another one in other letters'
  throw new IonError(
    'MIRROR_OBJECT_REFUSED',
    `The path "${shown}" ${why}; rename the file and push again.`,
    { data: { path: shown } },
  )
}

function tooMuch(what: string, max: number): IonError {
  return new IonError(
    'MIRROR_LIMIT_EXCEEDED',
    `The bound paths have ${what}, and a mirror keeps ${max} at most; bind fewer with --path.`,
    { data: { what, max } },
  )
}
