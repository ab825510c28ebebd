/**
 * Where the local socket of a data directory lies.
 *
 * In the directory itself, which only its user may enter. A path that is too long for a
 * socket gets a short one, named by digest, in a private folder of the system's temporary
 * directory; Windows has named pipes instead.
 */
import { lstatSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'

import { digestOfText } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { makeFolder } from '#engine/host/place/folder.ts'

/** The same path in every process. Throws `CLI_ENGINE_UNREACHABLE` when there is no private place. */
export function linkPath(
  dir: string,
  system: { readonly platform: string; readonly tmp: string } = {
    platform: process.platform,
    tmp: tmpdir(),
  },
): string {
  const short = digestOfText(resolve(dir)).slice('sha256:'.length, 'sha256:'.length + 24)
  if (system.platform === 'win32') return `\\\\.\\pipe\\ionflux-${short}`
  const path = join(resolve(dir), 'link.sock')
  if (Buffer.byteLength(path) <= limits.linkPathBytesMax) return path
  return join(privateFolder(system.tmp), `${short}.sock`)
}

/** Whether `path` is a named pipe, which is no file. */
export function isPipe(path: string): boolean {
  return path.startsWith('\\\\.\\pipe\\')
}

/** A folder of this user alone; somebody else's, or an open one, is refused. */
function privateFolder(tmp: string): string {
  const { uid } = userInfo()
  const path = join(tmp, `ionflux-${uid}`)
  makeFolder(path, 0o700)
  const stat = lstatSync(path)
  if (stat.isDirectory() && stat.uid === uid && (stat.mode & 0o077) === 0) return path
  throw new IonError(
    'CLI_ENGINE_UNREACHABLE',
    `The folder "${path}" is not private to this user: remove it, or name a --data-dir with a shorter path.`,
    { data: { path } },
  )
}
