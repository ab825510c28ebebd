/**
 * A registry in a folder: what its operator writes, and what a checkout or a copy is read from.
 *
 * Files are written beside their place and moved there, so a reader never sees half of one.
 */
import { randomBytes } from 'node:crypto'
import { open, readdir, readFile, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

import { makeFolder } from '#engine/host/place/folder.ts'

import type { RegistryFiles } from '#registry/ports.ts'

import { isPath, unreachable } from './unreachable.ts'

/** The registry in `folder`, which need not be there yet. */
export function openFolder(folder: string): RegistryFiles {
  const place = (path: string): string => {
    if (!isPath(path)) throw unreachable(folder, `"${path}" is no path of a registry`)
    return join(folder, path)
  }
  return {
    label: folder,
    async read(path) {
      if (!isPath(path)) return undefined
      try {
        const file = await realpath(place(path))
        // A link would lead out of the registry.
        if (!file.startsWith(join(await realpath(folder), '/'))) return undefined
        return await readFile(file)
      } catch (thrown) {
        if (isAbsent(thrown)) return undefined
        throw unreachable(folder, (thrown as Error).message, thrown)
      }
    },
    async write(path, bytes) {
      const file = place(path)
      const fresh = `${file}.${randomBytes(4).toString('hex')}`
      try {
        makeFolder(dirname(file))
        const handle = await open(fresh, 'w', 0o644)
        try {
          await handle.writeFile(bytes)
          // What a checkpoint names must be on the disk before it.
          if (path.startsWith('log/')) await handle.sync()
        } finally {
          await handle.close()
        }
        await rename(fresh, file)
      } catch (thrown) {
        throw unreachable(folder, (thrown as Error).message, thrown)
      }
    },
    async remove(path) {
      await rm(place(path), { force: true })
    },
    async list(path) {
      try {
        const found = await readdir(place(path), { withFileTypes: true, recursive: true })
        return found
          .filter((one) => one.isFile())
          .map((one) => relative(folder, join(one.parentPath, one.name)).replaceAll('\\', '/'))
          .toSorted()
      } catch (thrown) {
        if (isAbsent(thrown)) return []
        throw unreachable(folder, (thrown as Error).message, thrown)
      }
    },
  }
}

function isAbsent(thrown: unknown): boolean {
  const { code } = thrown as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR'
}
