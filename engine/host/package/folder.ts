/**
 * The files of a package: of a folder on the disk, or of one of a commit.
 *
 * Both give the same bytes for the same files, so a package has one digest wherever it is read.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { checkFiles, type PackageFiles } from '#engine/host/lock/package-files.ts'
import type { GitPort } from '#engine/mirror/port.ts'

/** What belongs to a package: what code may import, its manifest, and what people read. */
const kept = /(?:\.(?:ts|js|mjs|json|wasm|ya?ml|md)|(?:^|\/)LICENSE[^/]*)$/

/** The files of the folder `path` of a commit; empty means its root. */
export async function filesAt(git: GitPort, at: string, path: string): Promise<PackageFiles> {
  const entries = await git.tree(path === '' ? { at } : { at, path })
  const prefix = path === '' ? '' : `${path}/`
  const odd = entries.find(({ type }) => type !== 'file')
  if (odd !== undefined) throw refused(path, `"${odd.path}" is a ${odd.type}`)
  const wanted = entries.filter((entry) => kept.test(entry.path))
  const blobs = await git.readMany(wanted.map(({ oid }) => ({ oid })))
  const files = new Map<string, Uint8Array>()
  for (const [index, entry] of wanted.entries()) {
    const blob = blobs[index]
    if (blob === undefined || blob instanceof IonError)
      throw refused(path, `"${entry.path}" cannot be read`)
    files.set(entry.path.slice(prefix.length), blob.bytes)
  }
  checkFiles(files)
  return files
}

/** The files of a folder on the disk. Throws `LOCK_SOURCE_REFUSED`. */
export function filesIn(folder: string): PackageFiles {
  const files = new Map<string, Uint8Array>()
  const walk = (at: string): void => {
    for (const name of readdirSync(join(folder, at)).toSorted()) {
      const path = at === '' ? name : `${at}/${name}`
      if (name === '.git' || name === 'node_modules' || name === '.ionflux') continue
      const found = lstatSync(join(folder, path))
      if (found.isSymbolicLink()) throw refused(folder, `"${path}" is a link`)
      if (found.isDirectory()) walk(path)
      else if (kept.test(path)) files.set(path, new Uint8Array(readFileSync(join(folder, path))))
      if (files.size > limits.packageFilesMax) throw refused(folder, 'it has too many files')
    }
  }
  walk('')
  checkFiles(files)
  return files
}

function refused(where: string, why: string): IonError {
  return new IonError(
    'LOCK_SOURCE_REFUSED',
    `"${where}" is not taken as a package: ${why.replace(/\.$/, '')}.`,
    { data: { source: where } },
  )
}
