/**
 * The mirror that somebody means: by its name, its id or its address.
 */
import { IonError } from '#engine/core/error.ts'
import { suggest } from '#engine/dsl/suggest.ts'

import type { Mirror } from './mirror.ts'
import type { MirrorStore } from './store.ts'

/** Throws `MIRROR_UNKNOWN` with the nearest name. */
export function getMirror(store: Pick<MirrorStore, 'find' | 'list'>, text: string): Mirror {
  const found = store.find(text)
  if (found !== undefined) return found
  const all = store.list()
  const byUrl = all.filter(({ url }) => bare(url) === bare(text))
  const [only] = byUrl
  if (only !== undefined && byUrl.length === 1) return only
  const names = all.map(({ name }) => name)
  const near = suggest(text, names)
  const hint =
    near !== undefined
      ? `Did you mean "${near}"?`
      : names.length === 0
        ? 'There is none yet: ionflux mirror add URL'
        : '`ionflux mirror ls` lists them.'
  throw new IonError('MIRROR_UNKNOWN', `No mirror is called "${text.slice(0, 100)}". ${hint}`, {
    data: { mirror: text.slice(0, 100), ...(near === undefined ? {} : { near }) },
  })
}

function bare(url: string): string {
  return url.replace(/(?:\.git)?\/*$/, '')
}
