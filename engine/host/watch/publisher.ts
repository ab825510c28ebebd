/**
 * How a watcher publishes: the tag and its branch are fetched with their history into a
 * repository beside the mirror, and become a release as by `ionflux publish`.
 */
import { join } from 'node:path'

import { assert } from '#engine/core/error.ts'
import { systemClock } from '#engine/durable/system.ts'
import type { MirrorHost } from '#engine/host/mirror/open.ts'
import { announce, type AnnounceWish } from '#engine/host/publish/announce.ts'
import { movedTags } from '#engine/host/publish/moved.ts'
import { publishRelease } from '#engine/host/publish/publish.ts'
import { fetchTag } from '#engine/mirror/pull.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'
import type { Signer } from '#registry/ports.ts'
import { ownershipAt } from '#registry/rules/state.ts'

import { plainAddress } from './address.ts'
import type { ReleaseParts } from './releases.ts'

/** Which mirrors are published from, to where, and who signs. */
export interface Publishing extends Pick<AnnounceWish, 'address' | 'root' | 'key'> {
  /** Their names; for the publisher their ids. */
  readonly mirrors: readonly string[]
  readonly logKey: Signer
}

/** Throws nothing until it is asked to publish. */
export function publisher(
  { ports }: Pick<MirrorHost, 'ports'>,
  { mirrors, ...registry }: Publishing,
): Pick<ReleaseParts, 'isMeant' | 'publish' | 'tellMoved'> {
  const tokenOf = async ({ tokenSecret }: Mirror): Promise<string | undefined> =>
    tokenSecret === undefined ? undefined : await ports.secret(tokenSecret)
  return {
    isMeant: ({ id }) => mirrors.includes(id),
    publish: async (mirror, { name: tag, commit }) => {
      const { id, url, branch = 'HEAD' } = mirror
      const folder = join(ports.folder, `${id}.releases`)
      const token = await tokenOf(mirror)
      const sent = token === undefined ? {} : { token }
      const base = await fetchTag({ url, folder, branch, tag, ...sent })
      const wish = { folder, tag, commit, branches: [base], url, repo: url, ...sent }
      const { prepared, announced } = await publishRelease({ ...registry, ...wish })
      const leaf = announced.leaves[0] ?? prepared.published
      assert(leaf !== undefined, 'what is published has a leaf')
      const { name, version } = prepared.draft
      return { release: `${name}@${version}`, leaf }
    },
    tellMoved: async (mirror) => {
      const token = await tokenOf(mirror)
      const isFrom = (url: string): boolean => plainAddress(url) === plainAddress(mirror.url)
      const now = systemClock().now()
      const { events } = await announce({
        ...registry,
        say: async (log, state) => {
          const own = [...state.namespaces.values()].filter((one) =>
            ownershipAt(one, now).keys.includes(registry.key.key),
          )
          const found = own.map(async ({ name: namespace }) =>
            movedTags(log, state, { namespace, isFrom, token }),
          )
          const bodies = (await Promise.all(found)).flat()
          return { bodies, message: `tag-moved ${mirror.name}` }
        },
      })
      return events.flatMap(({ body }) =>
        body.event === 'tag-moved' ? [`${body.name}@${body.version}`] : [],
      )
    },
  }
}
