/**
 * What lies below a folder: its files, and what looks like one and is none. No link is
 * followed, and what cannot be listed is empty.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

/** Folders that never hold flows, whatever the globs say. */
export const skipped = new Set(['.git', 'node_modules', '.ionflux'])

/** An entry that is no file, and so is never read. */
export interface Stray {
  readonly path: string
  readonly kind: 'link' | 'folder' | 'other'
}

export interface Walked {
  readonly paths: readonly string[]
  readonly strays: readonly Stray[]
}

/** Everything below `root`. Throws `DSL_LIMIT_EXCEEDED` for too much of it. */
export function walk(root: string): Walked {
  const paths: string[] = []
  const strays: Stray[] = []
  const open = ['']
  let seen = 0
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const entry of entriesOf(join(root, folder))) {
      seen++
      if (seen > limits.gitTreeEntriesMax) throw tooMany(root)
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      const isFolder = entry.isDirectory()
      if (entry.isFile()) paths.push(path)
      else if (isFolder && !skipped.has(entry.name)) open.push(path)
      // `flows/**` fits every folder: one counts where its own name is that of a file.
      if (isFolder && /\.ya?ml$/.test(entry.name)) strays.push({ path, kind: 'folder' })
      if (entry.isSymbolicLink()) strays.push({ path, kind: 'link' })
      else if (!isFolder && !entry.isFile()) strays.push({ path, kind: 'other' })
    }
  }
  return { paths, strays }
}

function entriesOf(folder: string): ReturnType<typeof readFolder> {
  try {
    return readFolder(folder)
  } catch {
    return []
  }
}

function readFolder(folder: string) {
  return readdirSync(folder, { withFileTypes: true })
}

function tooMany(root: string): IonError {
  return new IonError(
    'DSL_LIMIT_EXCEEDED',
    `"${root}" holds more than ${limits.gitTreeEntriesMax} files. Start ionflux in the folder of the flows, or mark it with an ionflux.yaml.`,
    { data: { limit: limits.gitTreeEntriesMax } },
  )
}
