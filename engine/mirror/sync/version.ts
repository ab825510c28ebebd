/**
 * The version of a mirror that a person means, by a branch, a tag or a commit.
 *
 * Only what the mirror itself saw at one of these is a version: a name that its host learnt
 * since, or a commit that it never was at, is none. Nothing is fetched; what is not here
 * whole is refused. Whether the version may become active is said elsewhere.
 */
import { join } from 'node:path'

import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import { isFullId } from '#engine/mirror/ref.ts'

import { readHere } from './bring.ts'
import { keep } from './keep.ts'
import { readManifest } from './manifest.ts'
import type { Facts, Mirror, RefSeen } from './mirror.ts'
import { busy, type SyncPorts } from './sync.ts'

/** A commit and the list of its files in the content store. */
interface MirroredVersion {
  readonly commit: CommitId
  readonly tree: Digest
}

/** What is known of a mirror without looking at its repository. */
export interface Known {
  readonly mirror: Pick<Mirror, 'name' | 'branch'>
  readonly refs: readonly RefSeen[]
  /** What was mirrored or active, whose files are here. */
  readonly versions: readonly MirroredVersion[]
}

const heads = 'refs/heads/'
const tags = 'refs/tags/'

/** The commit that `text` means. Throws `MIRROR_REF_UNKNOWN`. */
export function namedCommit(text: string, known: Known): CommitId {
  const id = text.toLowerCase()
  const found = new Set(isFullId(id) ? [] : byName(text, known))
  if (/^[0-9a-f]{7,64}$/.test(id)) {
    const all = [...known.refs, ...known.versions].map(({ commit }) => commit)
    for (const commit of all) if (commit.startsWith(id)) found.add(commit)
  }
  const [only] = found
  if (found.size === 1) return only as CommitId
  throw found.size === 0 ? unknown(text, known) : ambiguous(text, found, known)
}

/** Of the refs that are there: a tag that was moved means each commit that it ever named. */
function byName(text: string, { refs }: Known): readonly string[] {
  const names = new Set([text, heads + text, tags + text])
  const live = refs.filter(({ ref, goneAt }) => names.has(ref) && goneAt === undefined)
  const moved = new Set(live.map(({ ref }) => ref).filter((ref) => ref.startsWith(tags)))
  return [...live, ...refs.filter(({ ref }) => moved.has(ref))].map(({ commit }) => commit)
}

/**
 * The version that `text` means, with its files in the content store. Throws
 * `MIRROR_REF_UNKNOWN` when it is not here, `MIRROR_BUSY` while another process syncs the
 * mirror, and what reading a commit throws.
 */
export async function getVersion(
  ports: Pick<SyncPorts, 'store' | 'folder' | 'absorb' | 'adapter' | 'claim'>,
  mirror: Mirror,
  { text, versions }: { readonly text: string; readonly versions: readonly MirroredVersion[] },
): Promise<MirroredVersion> {
  const { store, folder, absorb, adapter = 'auto' } = ports
  const facts = store.facts(mirror.id)
  const known = { mirror, refs: store.refs(mirror.id), versions: [...kept(facts), ...versions] }
  const commit = namedCommit(text, known)
  const version = known.versions.find((one) => one.commit === commit)
  if (version !== undefined) return { commit, tree: version.tree }
  using claim = ports.claim(mirror.id)
  if (claim === undefined) throw busy(mirror)
  const { tree } = facts.mirrored
  const base = tree === undefined ? undefined : readManifest(store.content.get(tree))
  const read = await readHere(
    { gitDir: join(folder, mirror.id), absorb, adapter },
    { commit, paths: mirror.paths, known: new Set(base?.files.map(({ oid }) => oid)) },
  )
  if (read === undefined) throw notMirrored(text, commit, mirror)
  return { commit, tree: keep(store.content, read, base) }
}

/** What the facts say is here. */
function kept({ mirrored, compiled, active }: Facts): readonly MirroredVersion[] {
  return [mirrored, compiled, active].flatMap(({ commit, tree }) =>
    commit === undefined || tree === undefined ? [] : [{ commit, tree }],
  )
}

function unknown(text: string, { mirror, refs }: Known): IonError {
  const live = refs.filter(({ goneAt }) => goneAt === undefined)
  const names = live.map(({ ref }) => ref.replace(/^refs\/(?:heads|tags)\//, ''))
  const near = suggest(text, names.slice(0, limits.gitRefsMax))
  const hint =
    near === undefined
      ? 'Write the branch that is followed, a tag, or at least 7 digits of a commit that one of them was seen at.'
      : `Did you mean "${near}"?`
  const shown = text.slice(0, 100)
  const message = `No branch, tag or commit that "${mirror.name}" has mirrored is called "${shown}". ${hint}`
  return new IonError('MIRROR_REF_UNKNOWN', message, {
    data: { mirror: mirror.name, ref: shown, ...(near === undefined ? {} : { near }) },
  })
}

function ambiguous(text: string, found: ReadonlySet<string>, { mirror }: Known): IonError {
  const commits = [...found].toSorted()
  const shown = commits.slice(0, 3).map((commit) => commit.slice(0, 12))
  const message = `"${text.slice(0, 100)}" means more than one commit of "${mirror.name}" (${shown.join(', ')}${commits.length > 3 ? ' …' : ''}); write the whole id of the one you mean.`
  return new IonError('MIRROR_REF_UNKNOWN', message, { data: { mirror: mirror.name, commits } })
}

function notMirrored(text: string, commit: string, { name, branch = 'HEAD' }: Mirror): IonError {
  const message = `"${text.slice(0, 100)}" is ${commit.slice(0, 12)}, which "${name}" does not have: only the history of "${branch}" is mirrored, from the first sync on and not for ever. Push it to that branch, then: ionflux mirror sync ${name}`
  return new IonError('MIRROR_REF_UNKNOWN', message, { data: { mirror: name, commit } })
}
