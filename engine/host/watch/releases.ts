/**
 * Publishes the tags that appear in the mirrors that somebody named for it, and tells the
 * registry of those that moved since.
 *
 * Each tag is published once, as it was first seen; what is told is on the disk before it is
 * forgotten. A failure that may go away is tried again a few times, ever later; any other is
 * told and done with, because a tag never changes what it says.
 */
import type { Clock, Instant } from '#engine/core/clock.ts'
import { isTransient, toFailure } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { parseTag } from '#engine/host/publish/tag.ts'
import type { WatchMemory } from '#engine/mirror/activate/memory.ts'
import type { Mirror, RefSeen } from '#engine/mirror/sync/mirror.ts'
import type { MirrorStore } from '#engine/mirror/sync/store.ts'

import type { Emit } from './events.ts'

/** A tag as it was first seen. */
export interface NewTag {
  readonly name: string
  readonly commit: string
}

/** What became of a tag. */
export interface Release {
  /** `acme/csv@1.2.0` */
  readonly release: string
  /** Its leaf of the log. */
  readonly leaf: number
}

export interface ReleaseParts {
  readonly memory: WatchMemory
  readonly mirrors: MirrorStore
  readonly clock: Pick<Clock, 'now'>
  /** Whether tags of the mirror are published. */
  isMeant(mirror: Mirror): boolean
  publish(mirror: Mirror, tag: NewTag): Promise<Release>
  /** Tells the registry of the tags of the mirror that moved; the releases they were. */
  tellMoved(mirror: Mirror): Promise<readonly string[]>
  /** Says on the commit what became of its tag; never throws. */
  say(mirror: Mirror, said: Said): Promise<void>
  readonly emit: Emit
}

export interface Said {
  readonly commit: string
  readonly state: 'success' | 'pending' | 'failure'
  readonly description: string
}

/** Publishes what is new of `mirror`. Never throws. */
export type PublishNew = (mirror: Mirror) => Promise<void>

export function openReleases(parts: ReleaseParts): PublishNew {
  return async (mirror) => {
    if (!parts.isMeant(mirror)) return
    try {
      await publishNew(parts, mirror)
    } catch (thrown) {
      const { code, message } = toFailure(thrown, 'RUN_INTERNAL')
      parts.emit({ event: 'problem', about: mirror.name, code, message })
    }
  }
}

async function publishNew(parts: ReleaseParts, mirror: Mirror): Promise<void> {
  const { memory, mirrors, clock } = parts
  if (mirrors.facts(mirror.id).remote.commit === undefined) return
  const rows = mirrors
    .refs(mirror.id)
    .filter(({ ref }) => ref.startsWith(tags) && parseTag(ref.slice(tags.length)) !== undefined)
  const since = sinceWhen(memory, { mirror, now: clock.now() })
  // While a mirror is held, its tags wait.
  if (mirror.hold === undefined)
    for (const row of rows)
      if (row.goneAt === undefined && row.firstSeen > since && isFirst(row, rows))
        await publishOne(parts, mirror, row)
  await tellOfMoved(parts, mirror, { rows, since })
}

const tags = 'refs/tags/'

/** What was there when publishing began is somebody's to publish by hand. */
function sinceWhen(
  memory: WatchMemory,
  { mirror, now }: { readonly mirror: Mirror; readonly now: Instant },
): Instant {
  const key = `publish since ${mirror.id}`
  const known = memory.note(key)
  if (known !== undefined) return Number(known)
  memory.setNote(key, String(now))
  return now
}

/** A tag that named something else before is no release any more. */
function isFirst(row: RefSeen, rows: readonly RefSeen[]): boolean {
  return rows.every(({ ref, commit }) => ref !== row.ref || commit === row.commit)
}

async function publishOne(parts: ReleaseParts, mirror: Mirror, row: RefSeen): Promise<void> {
  const tag = { name: row.ref.slice(tags.length), commit: row.commit }
  const told = { mirror: mirror.name, tag: tag.name }
  const { commit } = tag
  await once(parts, mirror, {
    mark: `publish ${mirror.id} ${row.ref} ${row.oid}`,
    work: async () => {
      const { release, leaf } = await parts.publish(mirror, tag)
      parts.emit({ event: 'published', ...told, release, leaf })
      await parts.say(mirror, { commit, state: 'success', description: `${release} is published.` })
    },
    failed: async ({ code, message }, isAgain) => {
      parts.emit({ event: 'unpublished', ...told, code, message, isAgain })
      await parts.say(mirror, {
        commit,
        state: isAgain ? 'pending' : 'failure',
        description: message,
      })
    },
  })
}

/** Each time that a tag moved or went, the registry hears where it leads now. */
async function tellOfMoved(
  parts: ReleaseParts,
  mirror: Mirror,
  { rows, since }: { readonly rows: readonly RefSeen[]; readonly since: Instant },
): Promise<void> {
  const moves = rows
    .filter(({ goneAt }) => goneAt !== undefined && goneAt > since)
    .map(({ ref, oid, goneAt }) => `${ref} ${oid} ${goneAt ?? ''}`)
    .toSorted()
  const last = moves.length === 0 ? undefined : JSON.stringify(moves)
  const key = `publish moved ${mirror.id}`
  if (last === undefined || parts.memory.note(key) === last) return
  await once(parts, mirror, {
    mark: `${key} ${last}`,
    work: async () => {
      for (const release of await parts.tellMoved(mirror))
        parts.emit({ event: 'tag-told', mirror: mirror.name, release })
      parts.memory.setNote(key, last)
    },
    failed: async ({ code, message }) =>
      parts.emit({ event: 'problem', about: mirror.name, code, message }),
  })
}

interface Once {
  readonly mark: string
  work(): Promise<void>
  /** `isAgain` where it is tried again. */
  failed(
    failure: { readonly code: string; readonly message: string },
    isAgain: boolean,
  ): Promise<void>
}

/** Does it until it is done, or until nothing more can be hoped for. */
async function once(parts: ReleaseParts, mirror: Mirror, { mark, work, failed }: Once) {
  const { memory, mirrors, clock } = parts
  if (memory.isMarked(mark)) return
  const [tries = 0, nextAt = 0] = (memory.note(mark) ?? '').split(' ').map(Number)
  if (clock.now() < nextAt) return
  try {
    await work()
    memory.mark(mark, clock.now())
  } catch (thrown) {
    const failure = toFailure(thrown, 'RUN_INTERNAL')
    const isAgain = isTransient(failure.code) && tries + 1 < limits.watchPublishTriesMax
    if (isAgain) {
      const at =
        clock.now() + Math.min(limits.watchPublishWaitMs * 4 ** tries, limits.mirrorPollMsMax)
      memory.setNote(mark, `${tries + 1} ${at}`)
      const polling = mirrors.polling(mirror.id) ?? { failures: 0, nextAt: at }
      mirrors.apply(mirror.id, { polling: { ...polling, nextAt: Math.min(polling.nextAt, at) } })
    } else memory.mark(mark, clock.now())
    await failed(failure, isAgain)
  }
}
