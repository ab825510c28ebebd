/**
 * A registry on a static host: each file is asked for by the ETag that it had, and what never
 * changes is asked for once.
 *
 * What is kept on this machine is a cache and no more: everything that is read, from there or
 * from the host, is held to the checkpoint by whoever reads it.
 */
import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { HttpDoor } from '#engine/connection/http.ts'
import { makeFolder } from '#engine/host/place/folder.ts'
import type { RegistrySource } from '#registry/ports.ts'

import { cacheFolder, cacheOf, useCache } from './cache.ts'
import { isImmutable, isPath, unreachable } from './unreachable.ts'

interface Kept {
  readonly etag: string
  readonly bytes: Buffer
}

export class Site implements RegistrySource, AsyncDisposable {
  readonly label: string
  readonly #base: string
  readonly #cache: string
  readonly #door: HttpDoor
  #using: Promise<void> | undefined
  /** What this process read: a registry is read as of one moment. */
  readonly #seen = new Map<string, Promise<Uint8Array | undefined>>()

  constructor(url: string, { cache = cacheFolder(), door = new HttpDoor() } = {}) {
    this.label = url
    this.#base = url.endsWith('/') ? url : `${url}/`
    this.#cache = cacheOf(cache, this.#base)
    this.#door = door
  }

  read(path: string): Promise<Uint8Array | undefined> {
    if (!isPath(path)) return Promise.resolve(undefined)
    const found = this.#seen.get(path) ?? this.#read(path)
    this.#seen.set(path, found)
    return found
  }

  async #read(path: string): Promise<Uint8Array | undefined> {
    await (this.#using ??= useCache(this.#cache))
    const kept = await this.#find(path)
    if (kept !== undefined && isImmutable(path)) return kept.bytes
    const headers: [string, string][] = kept === undefined ? [] : [['if-none-match', kept.etag]]
    const { origin } = new URL(this.#base)
    try {
      const {
        status,
        headers: got,
        body,
      } = await this.#door.send({
        url: this.#base + path,
        method: 'GET',
        headers,
        redirect: 'follow',
        timeMs: limits.httpTimeMsDefault,
        mayGo: ({ url }) => url.origin === origin,
      })
      if (status === 304 && kept !== undefined) return kept.bytes
      if (status === 404 || status === 410) return undefined
      if (status !== 200) throw unreachable(this.label, `"${path}" answers with ${status}`)
      const etag = got.find(([name]) => name === 'etag')?.[1] ?? ''
      if (etag !== '' || isImmutable(path))
        await this.#keep(path, { etag, bytes: Buffer.from(body) })
      return body
    } catch (thrown) {
      if (!(thrown instanceof IonError) || thrown.code === 'REG_UNREACHABLE') throw thrown
      throw unreachable(this.label, thrown.message, thrown)
    }
  }

  async #find(path: string): Promise<Kept | undefined> {
    try {
      const whole = await readFile(join(this.#cache, path))
      const end = whole.indexOf(10)
      return { etag: whole.subarray(0, end).toString('latin1'), bytes: whole.subarray(end + 1) }
    } catch {
      return undefined
    }
  }

  async #keep(path: string, { etag, bytes }: Kept): Promise<void> {
    const file = join(this.#cache, path)
    const fresh = `${file}.${randomBytes(4).toString('hex')}`
    try {
      makeFolder(dirname(file), 0o700)
      await writeFile(fresh, Buffer.concat([Buffer.from(`${etag}\n`, 'latin1'), bytes]))
      await rename(fresh, file)
    } catch {
      // A cache that cannot be written costs time and nothing else.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#door[Symbol.asyncDispose]()
  }
}

/** The registry below `address`, an `https:` one, or `http:` of this machine. */
export function openSite(address: string): Site {
  return new Site(address)
}
