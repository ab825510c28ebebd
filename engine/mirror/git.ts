/**
 * Git in JavaScript, for machines without git: the only import of isomorphic-git.
 *
 * Of the library it uses object and ref reading alone; trees, commits and their order
 * are ours, so both adapters say the same. Its cache pins every pack that was touched, which
 * is bearable because `portable/layout.ts` refuses large ones. It runs in a worker (`isolated.ts`).
 */
import { readFileSync } from 'node:fs'

import { expandOid, listRefs, readObject, resolveRef as findRef } from 'isomorphic-git'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import { disk as fs } from './portable/disk.ts'
import { walk } from './portable/history.ts'
import { findLayout, gitNeeded, needsNative, shallowEdge, type Layout } from './portable/layout.ts'
import { parseCommit, parseTree, taggedAt, targetOf } from './portable/objects.ts'
import { objectSize } from './portable/pack.ts'
import type { Blob, Commit, CommitId, GitPort, Head, ReadRequest, Tag, TreeEntry } from './port.ts'
import {
  blobTooLarge,
  historyEmpty,
  isFullId,
  isShortId,
  notAnId,
  objectBroken,
  parseRef,
  refUnknown,
} from './ref.ts'
import {
  below,
  changesBetween,
  fileAt,
  keepListing,
  listingOf,
  typeOfMode,
  type Listing,
} from './tree.ts'

/** What the questions share: the place, and what was read for them. */
interface Reading extends Layout {
  readonly cache: object
  /** By commit; a run reads one, a comparison two. */
  readonly listings: Map<CommitId, Listing>
  readonly shallow: ReadonlySet<string>
}

/** Opens the repository that `dir` is in. Throws `MIRROR_GIT_NEEDED` for one it cannot read. */
export async function openIsomorphic(dir: string): Promise<GitPort> {
  const layout = await findLayout(dir)
  const reason = await needsNative(layout)
  if (reason !== undefined) throw gitNeeded(layout.root, reason)
  const shallow = await shallowEdge(layout)
  const cache = {}
  const listings = new Map<CommitId, Listing>()
  const begin = (): Reading => ({ ...layout, cache, listings, shallow })
  const readMany = (requests: readonly ReadRequest[]): ReturnType<GitPort['readMany']> =>
    readRequests(begin(), requests)
  return {
    root: layout.root,
    adapter: 'isomorphic',
    head: () => readHead(begin()),
    resolve: (ref) => resolveRef(begin(), ref),
    async log({ from, to, limit }) {
      const reading = begin()
      const range = {
        to: await resolveRef(reading, to),
        limit: Math.min(limit, limits.gitCommitsMax + 1),
      }
      const read = (id: CommitId): Promise<Commit> => readCommit(reading, id)
      return walk(
        read,
        from === undefined ? range : { ...range, from: await resolveRef(reading, from) },
      )
    },
    tags: () => readTags(begin()),
    async tree({ at, path }) {
      const reading = begin()
      const id = await resolveRef(reading, at)
      const entries = below(await listTree(reading, id), path, id)
      return entries.map((entry) => withSize(reading, entry))
    },
    async read(request) {
      const [found] = await readMany([request])
      if (found === undefined || found instanceof IonError) throw found ?? notAnId('')
      return found
    },
    readMany,
    async diff({ from, to }) {
      const reading = begin()
      const before = await listTree(reading, await resolveRef(reading, from))
      return changesBetween(before, await listTree(reading, await resolveRef(reading, to)))
    },
    close: async () => {},
  }
}

type Place = Pick<Reading, 'gitDir'> & { readonly cache?: object }

interface RawObject {
  readonly type: string
  readonly bytes: Uint8Array
}

/** One object; the writer beside this (`write/portable.ts`) asks for some, too. */
export async function raw({ gitDir, cache = {} }: Place, oid: string): Promise<RawObject> {
  const size = objectSize(gitDir, oid)
  if (size !== undefined && size > limits.gitBlobBytesMax) {
    throw blobTooLarge(oid, size, limits.gitBlobBytesMax)
  }
  try {
    const found = await readObject({ fs, gitdir: gitDir, oid, format: 'content', cache })
    return { type: found.type ?? '', bytes: found.object as Uint8Array }
  } catch (cause) {
    throw objectBroken(oid, cause)
  }
}

async function readCommit(reading: Reading, id: CommitId): Promise<Commit> {
  const { type, bytes } = await raw(reading, id)
  if (type !== 'commit') throw objectBroken(id, new Error(`it is a ${type}`))
  const commit = parseCommit(id, bytes)
  return reading.shallow.has(id) ? { ...commit, parents: [] } : commit
}

async function readHead({ gitDir }: Reading): Promise<Head> {
  const text = readFileSync(`${gitDir}/HEAD`, 'utf8')
  const branch = /^ref: refs\/heads\/(.+)/.exec(text)?.[1]
  const commit = await findRef({ fs, gitdir: gitDir, ref: 'HEAD' }).catch(() => undefined)
  return {
    ...(commit === undefined ? {} : { commit: commit as CommitId }),
    ...(branch === undefined ? {} : { branch }),
  }
}

async function resolveRef(reading: Reading, ref: string): Promise<CommitId> {
  const { name, steps } = parseRef(ref)
  let id = await findCommit(reading, name)
  for (const { kind, count } of id === undefined ? [] : steps) {
    if (kind === '^' && count === 0) continue
    for (let left = kind === '~' ? count : 1; left > 0 && id !== undefined; left--) {
      const { parents }: Commit = await readCommit(reading, id)
      id = parents[kind === '~' ? 0 : count - 1]
    }
  }
  if (id !== undefined) return id
  const known = (await namesOf(reading, 'refs')).map((known) =>
    known.replace(/^(?:heads|tags|remotes)\//, ''),
  )
  const head = await readHead(reading)
  if (
    head.commit === undefined &&
    (known.length === 0 || name === 'HEAD' || name === head.branch)
  ) {
    throw historyEmpty(reading.root)
  }
  throw refUnknown(ref, known)
}

/** A full id, a ref in git's own order of places, or the start of an id. */
async function findCommit(reading: Reading, name: string): Promise<CommitId | undefined> {
  const gitdir = reading.gitDir
  if (isFullId(name)) return peel(reading, name).catch(() => undefined)
  const found = await findRef({ fs, gitdir, ref: name }).catch(() => undefined)
  if (found !== undefined) return peel(reading, found)
  if (!isShortId(name)) return undefined
  const full = await expandOid({ fs, gitdir, oid: name, cache: reading.cache }).catch(
    () => undefined,
  )
  return full === undefined ? undefined : peel(reading, full)
}

/** The commit behind an object; undefined for a tree, a blob or a tag of one. */
async function peel(reading: Reading, oid: string): Promise<CommitId | undefined> {
  let id = oid
  for (let depth = 0; depth < limits.gitTagDepthMax; depth++) {
    const { type, bytes } = await raw(reading, id)
    if (type === 'commit') return id as CommitId
    if (type !== 'tag') return undefined
    id = targetOf(bytes, 'object')
  }
  return undefined
}

/** The names below `folder`; a packed ref is listed by the library once more, as peeled. */
async function namesOf({ gitDir }: Reading, folder: string): Promise<readonly string[]> {
  const names = await listRefs({ fs, gitdir: gitDir, filepath: folder })
  return names.filter((name) => !name.endsWith('^{}')).slice(0, limits.gitRefsMax)
}

async function readTags(reading: Reading): Promise<readonly Tag[]> {
  const gitdir = reading.gitDir
  const tags: Tag[] = []
  for (const name of (await namesOf(reading, 'refs/tags')).toSorted()) {
    const oid = await findRef({ fs, gitdir, ref: `refs/tags/${name}` })
    const commit = await peel(reading, oid)
    if (commit === undefined) continue
    const isAnnotated = commit !== oid
    const date = isAnnotated
      ? taggedAt((await raw(reading, oid)).bytes)
      : (await readCommit(reading, commit)).committer.date
    tags.push({ name, commit, isAnnotated, date })
  }
  return tags
}

async function listTree(reading: Reading, commit: CommitId): Promise<Listing> {
  const kept = reading.listings.get(commit)
  if (kept !== undefined) return kept
  const entries: TreeEntry[] = []
  const open: { readonly oid: string; readonly prefix: string; readonly depth: number }[] = [
    { oid: targetOf((await raw(reading, commit)).bytes, 'tree'), prefix: '', depth: 0 },
  ]
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    if (entries.length > limits.gitTreeEntriesMax || folder.depth > limits.gitTreeDepthMax) break
    const { bytes } = await raw(reading, folder.oid)
    for (const { mode, name, oid } of linesOf(folder.oid, bytes)) {
      const path = folder.prefix + name
      const type = typeOfMode(mode)
      if (type !== undefined) entries.push({ path, type, mode, oid })
      else open.push({ oid, prefix: path + '/', depth: folder.depth + 1 })
    }
  }
  const keyed = entries.map((entry) => ({ entry, key: Buffer.from(entry.path) }))
  keyed.sort((a, b) => a.key.compare(b.key))
  const listing = listingOf(keyed.map(({ entry }) => entry))
  keepListing(reading.listings, commit, listing)
  return listing
}

function linesOf(oid: string, bytes: Uint8Array): ReturnType<typeof parseTree> {
  try {
    return parseTree(bytes)
  } catch (cause) {
    throw objectBroken(oid, cause)
  }
}

function withSize(reading: Reading, entry: TreeEntry): TreeEntry {
  if (entry.type === 'submodule') return entry
  const size = objectSize(reading.gitDir, entry.oid)
  return size === undefined ? entry : { ...entry, size }
}

async function readRequests(
  reading: Reading,
  requests: readonly ReadRequest[],
): Promise<readonly (Blob | IonError)[]> {
  const listings = new Map<string, readonly [Listing, CommitId]>()
  const results: (Blob | IonError)[] = []
  let left: number = limits.gitReadBytesMax
  for (const request of requests) {
    if ('path' in request && !listings.has(request.at)) {
      const id = await resolveRef(reading, request.at)
      listings.set(request.at, [await listTree(reading, id), id])
    }
    const blob = await readOne(reading, request, listings).catch(asAnswer)
    if (!(blob instanceof IonError)) left -= blob.bytes.length
    results.push(left < 0 ? blobTooLarge(nameOf(request), -left, limits.gitReadBytesMax) : blob)
  }
  return results
}

async function readOne(
  reading: Reading,
  request: ReadRequest,
  listings: ReadonlyMap<string, readonly [Listing, CommitId]>,
): Promise<Blob> {
  const oid = 'oid' in request ? request.oid : oidAt(request, listings)
  if (!isFullId(oid)) throw notAnId(oid)
  const { type, bytes } = await raw(reading, oid)
  if (type === 'blob') return { oid, bytes }
  throw new IonError(
    'MIRROR_OBJECT_REFUSED',
    `"${nameOf(request)}" is a ${type}, and only files are read.`,
    {
      data: { what: nameOf(request), type },
    },
  )
}

function oidAt(
  { at, path }: { readonly at: string; readonly path: string },
  listings: ReadonlyMap<string, readonly [Listing, CommitId]>,
): string {
  const [listing, id] = listings.get(at) ?? [listingOf([]), '' as CommitId]
  return fileAt(listing, path, id).oid
}

function nameOf(request: ReadRequest): string {
  return 'oid' in request ? request.oid : request.path
}

function asAnswer(error: unknown): IonError {
  if (error instanceof IonError) return error
  throw error
}
