/**
 * What a run left behind, as its folder has it now. Links are not followed, and a name that
 * is no file is passed over.
 */
import { type Dirent, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { limits } from '#engine/core/limits.ts'

export interface LeftFile {
  /** Relative to the run's folder, with `/`. */
  readonly path: string
  readonly bytes: number
}

export interface LeftFiles {
  readonly folder: string
  /** In the order of their paths. */
  readonly files: readonly LeftFile[]
}

/** The files of `run` in a data directory; undefined when it left none. */
export function leftBy(directory: string, run: string): LeftFiles | undefined {
  const folder = join(directory, 'artifacts', run)
  const files: LeftFile[] = []
  collect(folder, '', files)
  if (files.length === 0) return undefined
  return { folder, files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)) }
}

function collect(folder: string, prefix: string, into: LeftFile[]): void {
  let entries: readonly Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    return // the run left nothing
  }
  for (const entry of entries) {
    if (into.length >= limits.artifactsPerRunMax) return
    const [path, at] = [prefix + entry.name, join(folder, entry.name)]
    if (entry.isDirectory()) collect(at, `${path}/`, into)
    else if (entry.isFile()) into.push({ path, bytes: lstatSync(at).size })
  }
}
