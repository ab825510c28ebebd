/**
 * View files: one per name, a line for the entry and one per release, so that the index for
 * one name is one small download that any cache holds by its ETag.
 *
 * A file has at most `registryViewBytesMax`; older versions go to pages beside it, which the
 * first line names with their lowest and highest version.
 */
import { canonical } from '#engine/core/canonical.ts'
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { textOf, toHex, utf8 } from '#registry/bytes.ts'
import type { Crypto } from '#registry/ports.ts'

import { isEntryHead, isReleaseView } from './shape.ts'
import type { EntryHead, EntryView, ReleaseView } from './view.ts'

const folder = 'view'

/** @example viewPath(crypto, 'acme/ledger') // 'view/3f/acme--ledger.jsonl' */
export function viewPath(crypto: Pick<Crypto, 'sha256'>, name: string, page = 0): string {
  const shard = toHex(crypto.sha256(utf8(name)).slice(0, 1))
  const file = name.replace('/', '--')
  return `${folder}/${shard}/${file}${page === 0 ? '' : `.${page}`}.jsonl`
}

/** The files of a view by path. */
export function printView(
  crypto: Pick<Crypto, 'sha256'>,
  { head, releases }: EntryView,
): ReadonlyMap<string, Uint8Array> {
  const lines = releases.map((release) => line(release as unknown as Json))
  const pages = inPages(lines, utf8(line(head as unknown as Json)).length)
  const rest = pages.slice(1).map(({ start, end }) => ({
    from: releases[end - 1]?.version ?? '',
    to: releases[start]?.version ?? '',
  }))
  const first = rest.length === 0 ? head : { ...head, pages: rest }
  return new Map(
    pages.map(({ start, end }, at) => {
      const own = lines.slice(start, end).join('')
      const text = at === 0 ? line(first as unknown as Json) + own : own
      return [viewPath(crypto, head.name, at), utf8(text)]
    }),
  )
}

/** Each page is as long as may be; the first leaves room for the head and the list of pages. */
function inPages(
  lines: readonly string[],
  headBytes: number,
): readonly { readonly start: number; readonly end: number }[] {
  const sizes = lines.map((text) => utf8(text).length)
  const all = sizes.reduce((sum, size) => sum + size, headBytes)
  if (all <= limits.registryViewBytesMax) return [{ start: 0, end: lines.length }]
  const pages: { start: number; end: number }[] = []
  let start = 0
  let bytes = headBytes + limits.registryViewPagesBytes
  for (const [at, size] of sizes.entries()) {
    if (bytes + size > limits.registryViewBytesMax && (at > start || pages.length === 0)) {
      pages.push({ start, end: at })
      start = at
      bytes = 0
    }
    bytes += size
  }
  return [...pages, { start, end: lines.length }]
}

function line(value: Json): string {
  return canonical(value) + '\n'
}

/** Reads the first file of a view, or a page with `isPage`. Throws `REG_LOG_BROKEN`. */
export function parseView(
  bytes: Uint8Array,
  path: string,
): { readonly head?: EntryHead; readonly releases: readonly ReleaseView[] } {
  const text = textOf(bytes)
  try {
    const values = (text ?? '!')
      .split('\n')
      .slice(0, -1)
      .map((one) => JSON.parse(one) as Json)
    const [first, ...rest] = values
    const hasHead = first !== undefined && isEntryHead(first)
    const lines = hasHead ? rest : values
    if (!lines.every(isReleaseView)) throw new TypeError('a line is no release')
    const releases = lines as unknown as readonly ReleaseView[]
    return hasHead ? { head: first as unknown as EntryHead, releases } : { releases }
  } catch (cause) {
    throw new IonError('REG_LOG_BROKEN', `The view "${path}" is not laid out as one.`, { cause })
  }
}
