/**
 * The data directory: whether it can be used, how much room is left, who writes to it and
 * whether its files are whole. Nothing is made and nothing is changed.
 */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { distrust, trustAdvice, unkeptAdvice } from '#engine/host/data/directory.ts'
import { couldMark, trustKeyPlace } from '#engine/host/data/mark.ts'
import { leaseOwner } from '#engine/host/lease.ts'
import { dataDirectory, isNamed, type DataDirectoryWish } from '#engine/host/repository/root.ts'

import { broken, type Finding } from './finding.ts'

const elsewhere = 'Choose a directory that can be used with --data-dir or IONFLUX_DATA_DIR.'

/** The findings about the directory that `wish` leads to. */
export async function lookAtStorage(wish: DataDirectoryWish): Promise<readonly Finding[]> {
  const directory = dataDirectory(wish)
  let nearest = directory
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  const place = placeOf(directory, nearest, wish)
  if (place.status === 'error') return [place]
  const room = roomAt(nearest)
  if (nearest !== directory) return [place, room]
  return [place, room, ...ownerOf(directory), ...(await filesOf(directory))]
}

function placeOf(directory: string, nearest: string, wish: DataDirectoryWish): Finding {
  const name = 'data'
  const isThere = nearest === directory
  try {
    if (!statSync(nearest).isDirectory()) {
      return { name, status: 'error', text: `${nearest} is no directory`, help: elsewhere }
    }
    accessSync(nearest, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    const what = isThere ? 'read and written' : 'made'
    return { name, status: 'error', text: `${directory} cannot be ${what}`, help: elsewhere }
  }
  if (!isThere && !isNamed(wish) && !couldMark(process.env)) {
    const text = `${trustKeyPlace(process.env)} cannot be kept`
    return { name, status: 'error', text, help: unkeptAdvice }
  }
  if (!isThere) return { name, status: 'ok', text: `${directory} (made by the first run)` }
  const reason = isNamed(wish) ? undefined : distrust(directory)
  if (reason !== undefined) {
    const help = trustAdvice()
    const text = `${directory} ${reason}`
    return { name, status: 'error', text, help, code: 'JOURNAL_UNTRUSTED' }
  }
  if ((statSync(directory).mode & 0o077) === 0) return { name, status: 'ok', text: directory }
  const text = `${directory} can be read by others`
  return { name, status: 'warning', text, help: `chmod 700 ${directory}` }
}

function roomAt(directory: string): Finding {
  const name = 'disk'
  const { bavail, bsize } = statfsSync(directory)
  return roomOf(name, bavail * bsize)
}

/** What `bytes` of free room mean. */
export function roomOf(name: string, bytes: number): Finding {
  const text = `${sizeOf(bytes)} free`
  if (bytes >= limits.doctorDiskBytesLow) return { name, status: 'ok', text }
  const help = 'ionflux gc --older 30d frees what no run needs any more.'
  const status = bytes < limits.doctorDiskBytesMin ? 'error' : 'warning'
  return { name, status, text, help }
}

/** Who holds the lease, which is how two processes do not write at once. */
function ownerOf(directory: string): readonly Finding[] {
  const owner = leaseOwner(directory)
  if (owner === undefined) return []
  const name = 'owner'
  const since = new Date(owner.startedAt).toISOString()
  const text = `process ${owner.pid}, since ${since}`
  if (isAlive(owner.pid)) return [{ name, status: 'ok', text }]
  const help = 'Nothing to do: the next run takes over.'
  return [{ name, status: 'ok', text: `${text}, which has ended`, help }]
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const files = [
  ['journal', 'journal.db'],
  ['mirrors', 'mirrors.db'],
  ['watch', 'watch.db'],
] as const

async function filesOf(directory: string): Promise<readonly Finding[]> {
  const { lookThrough } = await import('#engine/durable/health/look.ts')
  return files.flatMap(([name, file]): readonly Finding[] => {
    try {
      const found = lookThrough(directory, file)
      if (found === undefined) return []
      const part = found.isWhole ? 'whole' : 'too large to be looked at as a whole'
      const text = `${file}: ${sizeOf(found.bytes)}, ${part}`
      return [{ name, status: 'ok', text }]
    } catch (thrown) {
      return [damagedAt(join(directory, file), name, thrown)]
    }
  })
}

function damagedAt(path: string, name: string, thrown: unknown): Finding {
  if (thrown instanceof IonError && thrown.code === 'JOURNAL_VERSION_UNKNOWN') {
    const { version, known } = thrown.data
    const isOld = Number(version) < Number(known)
    const { message: text, code } = thrown
    if (isOld) return { name, status: 'warning', text, code }
    return { name, status: 'error', text, code, help: elsewhere }
  }
  if (thrown instanceof IonError && thrown.code === 'JOURNAL_BUSY') {
    return { name, status: 'warning', text: thrown.message, code: thrown.code }
  }
  return broken(name, thrown, `Copy ${path} and what lies beside it, then restore a backup.`)
}

function sizeOf(bytes: number): string {
  if (bytes >= 1024 ** 3) return `${(bytes / 1024 ** 3).toFixed(1)} GiB`
  return bytes >= 1024 ** 2
    ? `${(bytes / 1024 ** 2).toFixed(1)} MiB`
    : `${Math.ceil(bytes / 1024)} KiB`
}
