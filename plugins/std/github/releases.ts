/** Releases and the notes that GitHub makes for them. */
import type { Action } from 'ionflux/plugin'

import { askJson, list, type Common } from './api.ts'
import { given, releaseOf, type RawRelease, type Release } from './shape.ts'

type Releases = { readonly releases: readonly Release[]; readonly is_truncated: boolean }

export const listReleases: Action<Common & { readonly max_items?: number }, Releases> = async (
  input,
  context,
) => {
  const { max_items: itemsMax = 1_000 } = input
  const wish = { path: ['releases'] }
  const { items, isTruncated } = await list<RawRelease>({ input, context }, wish, { itemsMax })
  return { releases: items.map(releaseOf), is_truncated: isTruncated }
}

interface CreateRelease extends Common {
  readonly tag: string
  readonly target?: string
  readonly name?: string
  readonly body?: string
  readonly draft?: boolean
  readonly prerelease?: boolean
}

/** A tag has one release: one that is there is made equal to what is asked for. */
export const createRelease: Action<
  CreateRelease,
  Release & { readonly outcome: 'created' | 'updated' }
> = async (input, context) => {
  const where = { input, context }
  const { tag, target, name, body, draft, prerelease } = input
  const isIt = ({ tag_name: of }: RawRelease): boolean => of === tag
  const bounds = { itemsMax: 10_000, isEnough: isIt }
  const { items } = await list<RawRelease>(where, { path: ['releases'] }, bounds)
  const known = items.find(isIt)
  const json = given({ tag_name: tag, target_commitish: target, name, body, draft, prerelease })
  const wish =
    known === undefined
      ? ({ method: 'POST', path: ['releases'], json } as const)
      : ({ method: 'PATCH', path: ['releases', known.id], json } as const)
  const raw = await askJson<RawRelease>(where, wish)
  return { ...releaseOf(raw), outcome: known === undefined ? 'created' : 'updated' }
}

interface Notes extends Common {
  readonly tag: string
  readonly target?: string
  readonly previous?: string
}

export const releaseNotes: Action<Notes, { readonly name: string; readonly body: string }> = async (
  input,
  context,
) => {
  const { tag, target, previous } = input
  const json = given({ tag_name: tag, target_commitish: target, previous_tag_name: previous })
  const path = ['releases', 'generate-notes']
  const wish = { method: 'POST', path, json } as const
  const { name, body } = await askJson<{ name: string; body: string }>({ input, context }, wish)
  return { name, body }
}
