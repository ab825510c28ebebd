/**
 * Keeps bundled code on the disk by a key over its sources, so that a second run starts
 * no bundler. A cache and nothing more: what cannot be read or written is made again, and
 * so is what this user's ionflux did not write, or wrote for another key.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { limits } from '#engine/core/limits.ts'
import { prepareDataDirectory } from '#engine/host/data/directory.ts'
import { isSame, macOf, readTrustKey } from '#engine/host/data/mark.ts'
import { makeFolder } from '#engine/host/place/folder.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'

/** A cache in `<directory>/cache/bundles`; made with the first entry. */
export function openBundleCache(directory: string): BundleCache {
  const folder = join(directory, 'cache', 'bundles')
  const fileOf = (key: string): string => join(folder, `${key.replace(/^sha256:/, '')}.js`)
  return {
    get: (key) => attempt(() => opened(key, readFileSync(fileOf(key), 'utf8'))),
    set: (key, code) => {
      attempt(() => {
        prepareDataDirectory(directory)
        makeFolder(folder, 0o700)
        prune(folder)
        const file = fileOf(key)
        const fresh = `${file}.${process.pid}`
        writeFileSync(fresh, `${macOfBundle(key, code)}\n${code}`, { mode: 0o600 })
        renameSync(fresh, file)
      })
    },
  }
}

/** The code of an entry, if it is ours. */
function opened(key: string, entry: string): string | undefined {
  const end = entry.indexOf('\n')
  const code = entry.slice(end + 1)
  return isSame(entry.slice(0, Math.max(end, 0)), macOfBundle(key, code)) ? code : undefined
}

function macOfBundle(key: string, code: string): string {
  return macOf(readTrustKey(process.env) ?? ofProcess, 'bundle', `${key}\n${code}`)
}

/** Where no secret can be kept, this process believes itself only. */
const ofProcess = randomBytes(32)

/** Forgets the older half once there are too many. */
function prune(folder: string): void {
  const files = readdirSync(folder).map((name) => join(folder, name))
  if (files.length < limits.bundlesCachedMax) return
  const byAge = files
    .map((file) => ({ file, at: statSync(file).mtimeMs }))
    .toSorted((a, b) => a.at - b.at)
  for (const { file } of byAge.slice(0, Math.ceil(byAge.length / 2))) rmSync(file, { force: true })
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
