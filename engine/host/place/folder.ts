/**
 * The one way to make a folder that a user names.
 *
 * Its own loop, because `recursive` of Node.js never returns in a file system that takes no
 * folders, such as `/proc`.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes `folder` and what is missing above it, with `mode`. Throws what the file system says
 * where it refuses, also where a file is in the way.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  const missing: string[] = []
  for (let path = resolve(folder); !existsSync(path); path = dirname(path)) missing.unshift(path)
  for (const path of missing) {
    try {
      mkdirSync(path, { mode })
    } catch (thrown) {
      // Another process may have made it meanwhile.
      if (!existsSync(path)) throw thrown
    }
  }
  // A file in its place: making the folder again says so.
  if (!statSync(folder).isDirectory()) mkdirSync(folder)
}
