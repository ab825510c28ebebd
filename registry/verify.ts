/**
 * Holds what a lock says to what a log says: each release is there, signed, and has the same
 * digests, commit and powers.
 */
import { IonError } from '#engine/core/error.ts'

import type { PublishEvent } from './event.ts'
import { capsDigest, type Caps } from './events/caps.ts'
import { allReleases, demandRelease, findEntry } from './lookup.ts'
import type { Registry } from './open.ts'
import type { EntryHead, ReleaseView } from './view/view.ts'

/** A release as somebody else wrote it down; what they did not write down is not compared. */
export interface Claimed {
  readonly name: string
  readonly version: string
  readonly digest?: string
  readonly exec?: string
  readonly commit?: string
  readonly caps?: Caps
}

export interface Verdict {
  readonly name: string
  readonly version: string
  /** Absent where the log has no such release. */
  readonly leaf?: number
  /** Why it cannot be trusted; empty where it can. */
  readonly faults: readonly string[]
  /** What whoever uses it should know: a yank, an advisory, a tag that moved. */
  readonly notes: readonly string[]
}

/** One verdict for each, in their order. Throws only what makes every verdict impossible. */
export async function verifyReleases(
  registry: Registry,
  claimed: readonly Claimed[],
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = []
  for (const one of claimed) verdicts.push(await verifyRelease(registry, one))
  return verdicts
}

async function verifyRelease(registry: Registry, claimed: Claimed): Promise<Verdict> {
  const { name, version } = claimed
  const bare = { name, version, notes: [] }
  try {
    const entry = await findEntry(registry, name)
    const all = entry === undefined ? [] : entry.releases
    const release =
      all.find((one) => one.version === version) ??
      (entry === undefined ? [] : await allReleases(registry, entry)).find(
        (one) => one.version === version,
      )
    if (entry === undefined || release === undefined)
      return { ...bare, faults: [`"${registry.source.label}" has no "${name}@${version}"`] }
    const body = await demandRelease(registry, { name, release })
    const faults = faultsOf(claimed, body)
    return { ...bare, leaf: release.leaf, faults, notes: notesOf(entry.head, release) }
  } catch (thrown) {
    if (!(thrown instanceof IonError) || thrown.code !== 'REG_LOG_BROKEN') throw thrown
    return { ...bare, faults: [thrown.message] }
  }
}

function faultsOf(claimed: Claimed, body: PublishEvent): readonly string[] {
  const rows: readonly (readonly [string, string | undefined, string])[] = [
    ['version', claimed.version, body.version],
    ['digest', claimed.digest, body.digest],
    ['exec', claimed.exec, body.exec],
    ['commit', claimed.commit, body.source.commit],
    [
      'powers',
      claimed.caps === undefined ? undefined : capsDigest(claimed.caps),
      capsDigest(body.caps),
    ],
  ]
  return rows.flatMap(([what, given, right]) =>
    given === undefined || given === right
      ? []
      : [`its ${what} is ${given}, and the log says ${right}`],
  )
}

/** What whoever uses a release should know. */
export function notesOf(head: EntryHead, release: ReleaseView): readonly string[] {
  const { yanked, moved, suspect, advisories = [] } = release
  const known = (head.advisories ?? []).filter(({ id }) => advisories.includes(id))
  return [
    ...(yanked === undefined ? [] : [`it is yanked: ${yanked.reason}`]),
    ...known.map(({ id, severity, summary }) => `${id} (${severity}): ${summary}`),
    ...(moved === undefined
      ? []
      : [moved === '' ? 'its tag is gone' : `its tag was moved to ${moved}`]),
    ...(suspect === undefined ? [] : [suspect]),
    ...(head.deprecated === undefined ? [] : [`it is deprecated: ${head.deprecated.message}`]),
    ...(head.transfer === undefined ? [] : [`it goes to ${head.transfer.owner}`]),
  ]
}
