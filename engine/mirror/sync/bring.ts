/**
 * Brings one commit of a remote into the mirror's own repository.
 *
 * The first time only the commit itself is asked for, later what is new since the one that
 * is here: a depth on a later fetch would send the whole tree again. Names are never asked
 * for and no ref is written, so a fetch that ends half-way leaves nothing that looks whole.
 */
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import { objectSize } from '#engine/mirror/portable/pack.ts'
import { fetchPack, type RemoteOptions } from '#engine/mirror/wire/remote.ts'

import { type Absorb, type AbsorbJob, absorbNative, makeBare, writeShallow } from './absorb.ts'
import type { Collected } from './collect.ts'

export type AdapterChoice = 'auto' | 'portable' | 'native'

export interface BringPorts {
  readonly remote: RemoteOptions
  /** The mirror's own repository; made when it is missing. */
  readonly gitDir: string
  /** In JavaScript (`threads/pool.ts`). */
  readonly absorb: Absorb
  /** `auto` takes the system's git for what is large. */
  readonly adapter: AdapterChoice
}

export interface BringWish {
  readonly commit: CommitId
  readonly before?: CommitId
  readonly paths: readonly string[]
  readonly known: ReadonlySet<string>
}

export interface Brought extends Collected {
  readonly packBytes: number
}

/**
 * Fetches and reads `wish.commit`. Throws what `fetchPack`, the adapter and `collect` throw;
 * then the repository may have more objects, and nothing else changed.
 */
export async function bring(ports: BringPorts, wish: BringWish): Promise<Brought> {
  const { commit, before } = wish
  const sent = { bytes: 0 }
  const base = before === undefined ? undefined : await haveBase(ports, before, sent)
  if (base !== undefined) {
    try {
      const brought = await take(ports, { ...wish, before: base }, base)
      return { ...brought, packBytes: brought.packBytes + sent.bytes }
    } catch (thrown) {
      // A rewritten branch may bring all of its history, which nobody needs here.
      if (!(thrown instanceof IonError) || thrown.code !== 'MIRROR_LIMIT_EXCEEDED') throw thrown
    }
  }
  await makeBare(ports.gitDir)
  const { before: _, ...alone } = wish
  const brought = await take(ports, alone, undefined)
  const ancestry = before === undefined ? 'first' : before === commit ? 'forward' : 'unknown'
  return { ...brought, ancestry, packBytes: brought.packBytes + sent.bytes }
}

/** Reads a commit that was brought before; undefined when the repository does not have it. */
export async function readHere(
  { gitDir, absorb, adapter }: Omit<BringPorts, 'remote'>,
  wish: Omit<BringWish, 'before'>,
): Promise<Collected | undefined> {
  if (objectSize(gitDir, wish.commit) === undefined) return undefined
  return await chosen(adapter, absorb, await sizeOf(gitDir))({ ...wish, gitDir })
}

/**
 * The commit that was mirrored before, when the repository has it. One that was thrown away
 * or has too many packs is begun anew at that commit, so that what follows can be compared.
 */
async function haveBase(
  ports: BringPorts,
  before: CommitId,
  sent: { bytes: number },
): Promise<CommitId | undefined> {
  const { gitDir } = ports
  const isHere = objectSize(gitDir, before) !== undefined
  if (isHere && (await packsIn(gitDir)) < limits.mirrorPacksMax) return before
  await makeBare(gitDir)
  try {
    const none = { commit: before, paths: ['\0'], known: new Set<string>() }
    const { packBytes } = await take(ports, none, undefined)
    sent.bytes += packBytes
    return before
  } catch (thrown) {
    // The remote does not give it any more: that is a rewritten history, not a failure.
    if (thrown instanceof IonError && thrown.code === 'MIRROR_FETCH_FAILED') return undefined
    throw thrown
  }
}

async function packsIn(gitDir: string): Promise<number> {
  const names = await readdir(join(gitDir, 'objects/pack')).catch(() => [])
  return names.filter((name) => name.endsWith('.idx')).length
}

async function take(
  { remote, gitDir, absorb, adapter }: BringPorts,
  wish: BringWish,
  have: CommitId | undefined,
): Promise<Brought> {
  const { commit, before, paths, known } = wish
  const job = { gitDir, commit, paths, known, ...(before === undefined ? {} : { before }) }
  if (have === commit) {
    return { ...(await chosen(adapter, absorb, 0)(job)), packBytes: 0 }
  }
  const packFile = join(gitDir, incoming)
  // One that a process left when it was ended.
  await rm(packFile, { force: true })
  try {
    return await fetchInto({ remote, gitDir, absorb, adapter }, { ...job, packFile }, have)
  } finally {
    await rm(packFile, { force: true })
  }
}

const incoming = 'incoming.pack'

async function fetchInto(
  { remote, gitDir, absorb, adapter }: BringPorts,
  job: AbsorbJob & { readonly packFile: string },
  have: CommitId | undefined,
): Promise<Brought> {
  const edge = await readShallow(gitDir)
  const { shallow, unshallow, packBytes } = await fetchPack(remote, {
    want: job.commit,
    shallow: have === undefined ? [] : edge,
    isShallow: have === undefined,
    file: job.packFile,
    ...(have === undefined ? {} : { have }),
  })
  const next = [...new Set([...edge, ...shallow])].filter((oid) => !unshallow.includes(oid))
  await writeShallow(gitDir, next)
  const collected = await chosen(adapter, absorb, await sizeOf(gitDir))(job)
  return { ...collected, packBytes }
}

/** In JavaScript what is small, by the system's git what is large. */
function chosen(adapter: AdapterChoice, portable: Absorb, bytes: number): Absorb {
  if (adapter !== 'auto') return adapter === 'native' ? absorbNative : portable
  return bytes > limits.mirrorPortablePackBytesMax ? absorbNative : portable
}

/** Of all packs and of what came in, if anything did. */
async function sizeOf(gitDir: string): Promise<number> {
  const folder = join(gitDir, 'objects/pack')
  const packs = (await readdir(folder).catch(() => [])).map((name) => join(folder, name))
  const sizes = await Promise.all(
    [...packs, join(gitDir, incoming)].map(async (path) => {
      const found = await stat(path).catch(() => undefined)
      return found?.size ?? 0
    }),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function readShallow(gitDir: string): Promise<readonly string[]> {
  const text = await readFile(join(gitDir, 'shallow'), 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line !== '')
}
