/**
 * Looks up one entry: its view, held to the log.
 *
 * A checkpoint names its views, so a host can neither keep a yank or an advisory back nor say
 * that there is no such name; and every release carries its leaf, which is proved to be in the log
 * and signed, so the keeper of the log cannot make one up either.
 */
import { IonError } from '#engine/core/error.ts'
import { compareVersions, isInRange } from '#engine/dsl/reference.ts'
import { suggest } from '#engine/dsl/suggest.ts'

import type { PublishEvent } from './event.ts'
import { isVouched, leafBytes } from './events/leaf.ts'
import { demandLeaf, readDerived, type Registry } from './open.ts'
import { searchPath } from './search/build.ts'
import { SearchIndex } from './search/search.ts'
import { latestOf } from './view/derive.ts'
import { parseView, viewPath } from './view/files.ts'
import type { EntryView, ReleaseView } from './view/view.ts'

/** The entry with its highest versions; undefined where the registry has none of this name. */
export async function findEntry(registry: Registry, name: string): Promise<EntryView | undefined> {
  const path = viewPath(registry.crypto, name)
  const bytes = await readDerived(registry, path)
  if (bytes === undefined) return undefined
  const { head, releases } = parseView(bytes, path)
  if (head?.name !== name)
    throw new IonError('REG_LOG_BROKEN', `The view "${path}" is of another entry.`)
  return { head, releases }
}

/** All versions of an entry, highest first. */
export async function allReleases(
  registry: Registry,
  { head, releases }: EntryView,
): Promise<readonly ReleaseView[]> {
  const all = [...releases]
  for (const at of (head.pages ?? []).keys()) {
    const file = viewPath(registry.crypto, head.name, at + 1)
    const bytes = await readDerived(registry, file)
    if (bytes === undefined)
      throw new IonError('REG_LOG_BROKEN', `The page "${file}" of a view is not there.`)
    all.push(...parseView(bytes, file).releases)
  }
  return all
}

/**
 * The highest release of `name` that `range` allows, proved to be in the log: one that is not
 * yanked, or exactly the version that `range` names. Throws `REG_NOT_FOUND`.
 */
export async function resolveRelease(
  registry: Registry,
  { name, range }: { readonly name: string; readonly range?: string | undefined },
): Promise<{ readonly entry: EntryView; readonly release: ReleaseView }> {
  const entry = await findEntry(registry, name)
  if (entry === undefined) {
    const near = await nearName(registry, name)
    const hint = near === undefined ? '`ionflux search` finds names.' : `Did you mean "${near}"?`
    throw notFound(`"${registry.source.label}" has no "${name}". ${hint}`)
  }
  const fits = ({ version, yanked }: ReleaseView): boolean =>
    version === range || (yanked === undefined && isInRange(version, range))
  const release =
    entry.releases.find(fits) ?? (await allReleases(registry, entry)).toSorted(highest).find(fits)
  if (release === undefined) {
    const { latest } = entry.head
    const newest = latest === undefined ? 'All are.' : `The newest is ${latest}.`
    throw notFound(`"${name}" has no release for "${range ?? '*'}" that is not yanked. ${newest}`)
  }
  await demandRelease(registry, { name, release })
  return { entry, release }
}

/** The highest release that nobody hid, a finished one before others; proved to be in the log. */
export async function demandLatest(
  registry: Registry,
  { name, releases }: { readonly name: string; readonly releases: readonly ReleaseView[] },
): Promise<PublishEvent | undefined> {
  const release = latestOf(releases.toSorted(highest))
  return release === undefined ? undefined : await demandRelease(registry, { name, release })
}

/** A name of the search index that is like `name`; undefined where there is none. */
async function nearName(registry: Registry, name: string): Promise<string | undefined> {
  const bytes = await readDerived(registry, searchPath)
  return bytes === undefined ? undefined : suggest(name, new SearchIndex(bytes).names)
}

function highest(a: ReleaseView, b: ReleaseView): number {
  return compareVersions(b.version, a.version)
}

function notFound(message: string): IonError {
  return new IonError('REG_NOT_FOUND', message)
}

/** Throws `REG_LOG_BROKEN` unless the release is in the log as the view says, and signed. */
export async function demandRelease(
  registry: Registry,
  { name, release }: { readonly name: string; readonly release: ReleaseView },
): Promise<PublishEvent> {
  const { event, leaf, version } = release
  await demandLeaf(registry, { index: leaf, bytes: leafBytes(event) })
  const { body } = event
  const isIt = body.event === 'publish' && body.name === name && body.version === version
  if (isIt && (await isVouched(registry.crypto, event))) return body
  const message = `Leaf ${leaf} is no release of "${name}@${version}" that is signed.`
  throw new IonError('REG_LOG_BROKEN', message)
}
