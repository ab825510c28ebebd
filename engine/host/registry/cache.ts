/**
 * Where registries that are read from elsewhere are kept between calls: a folder for each, and
 * of those that nobody read for a day only the latest. What was seen of them (`memory.ts`) is
 * another thing: that is never forgotten by itself.
 */
import { existsSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { readdir, rm, stat, utimes } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { limits } from '#engine/core/limits.ts'
import { makeFolder } from '#engine/host/place/folder.ts'

/** Where all of them are. */
export function cacheFolder(): string {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return join(cache, 'ionflux', 'registries')
}

/** The folder of what is read from `address`; `suffix` tells forms apart. */
export function cacheOf(cache: string, address: string, suffix = ''): string {
  const name = createHash('sha256').update(address).digest('hex').slice(0, 32)
  return join(cache, `${name}${suffix}`)
}

/**
 * Says that `folder` is in use, which makes it where it is not there; the first time, others that
 * were not used for long give way. A cache that cannot be written costs time and nothing else.
 */
export async function useCache(folder: string, now = Date.now()): Promise<void> {
  try {
    const isNew = !existsSync(folder)
    makeFolder(folder, 0o700)
    await utimes(folder, now / 1_000, now / 1_000)
    if (isNew) await makeRoom(join(folder, '..'), now)
  } catch {
    // The next one who writes tells.
  }
}

async function makeRoom(cache: string, now: number): Promise<void> {
  const names = await readdir(cache)
  if (names.length <= limits.registryCachesMax) return
  const used = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(cache, name))).mtimeMs })),
  )
  const old = used.toSorted((a, b) => b.at - a.at).slice(limits.registryCachesMax)
  for (const { name, at } of old)
    if (now - at > limits.registryCacheMsMin)
      await rm(join(cache, name), { recursive: true, force: true })
}
