/**
 * Finds releases whose tag was moved or deleted since: the release stays what it was, and
 * everybody who uses it hears of it.
 */
import { tokenFor } from '#engine/host/lock/token.ts'
import { remoteTags } from '#engine/mirror/write/push.ts'
import type { PublishEvent } from '#registry/event.ts'
import { allReleases, findEntry } from '#registry/lookup.ts'
import type { Registry } from '#registry/open.ts'
import type { RegistryState } from '#registry/rules/state.ts'
import type { ReleaseView } from '#registry/view/view.ts'

import type { Saying } from './announce.ts'

export interface MovedWish {
  readonly namespace: string
  /** Of these repositories alone; else of all that the releases come from. */
  readonly isFrom?: (url: string) => boolean
  /** What their host is sent. */
  readonly token?: string | undefined
}

/** What there is to say about the tags of a namespace. */
export async function movedTags(
  registry: Registry,
  state: RegistryState,
  { namespace, isFrom = () => true, token }: MovedWish,
): Promise<readonly Saying[]> {
  const { entries } = state.namespaces.get(namespace) ?? { entries: new Set<string>() }
  const byUrl = new Map<string, { readonly release: ReleaseView; readonly body: PublishEvent }[]>()
  for (const short of entries) {
    const entry = await findEntry(registry, `${namespace}/${short}`)
    for (const release of entry === undefined ? [] : await allReleases(registry, entry)) {
      const { body } = release.event
      if (body.event !== 'publish') continue
      const { url } = body.source
      if (!isFrom(url)) continue
      byUrl.set(url, [...(byUrl.get(url) ?? []), { release, body }])
    }
  }
  const sayings: Saying[] = []
  for (const [url, all] of byUrl) {
    const names = [...new Set(all.map(({ body }) => body.source.tag))]
    const tags = await remoteTags(url, names, token ?? (await tokenFor(url, process.env)))
    for (const { release, body } of all) {
      const { commit: was, tag } = body.source
      const now = tags.get(tag) ?? ''
      if (now === (release.moved ?? was)) continue
      sayings.push({ event: 'tag-moved', name: body.name, version: body.version, was, now })
    }
  }
  return sayings
}
