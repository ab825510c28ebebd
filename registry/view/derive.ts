/**
 * Derives what a registry says about an entry from the state of its log.
 */
import { aliasOf } from '#engine/core/cid.ts'
import { isDigest } from '#engine/core/digest.ts'
import { printInstant } from '#engine/core/instant.ts'
import { limits } from '#engine/core/limits.ts'
import { compareVersions, isInRange } from '#engine/dsl/reference.ts'
import type { AdvisoryEvent } from '#registry/event.ts'
import { capsDigest } from '#registry/events/caps.ts'
import {
  type Entry,
  type Namespace,
  type RegistryState,
  type Release,
  suspicionOf,
} from '#registry/rules/state.ts'

import { trustOf } from './score.ts'
import type { Advisory, EntryHead, EntryView, ReleaseView } from './view.ts'

/** The view of an entry; undefined where there is none. */
export function deriveView(state: RegistryState, name: string): EntryView | undefined {
  const entry = state.entries.get(name)
  const namespace = state.namespaces.get(name.split('/', 1)[0] ?? '')
  if (entry === undefined || namespace === undefined) return undefined
  const releases = [...entry.releases.values()]
    .toSorted((a, b) => compareVersions(b.body.version, a.body.version))
    .map((release) => viewOf(release, { entry, namespace }))
  return { head: headOf(entry, { namespace, releases }), releases }
}

function viewOf(
  release: Release,
  { entry, namespace }: { readonly entry: Entry; readonly namespace: Namespace },
): ReleaseView {
  const { body, leaf, event, yanked, moved } = release
  const suspect = suspicionOf(namespace, release)
  const advisories = [...entry.advisories.values()]
    .filter(({ range, isWithdrawn }) => isWithdrawn !== true && isInRange(body.version, range))
    .map(({ id }) => id)
    .toSorted()
  return {
    version: body.version,
    leaf,
    event,
    alias: isDigest(body.digest) ? aliasOf(body.digest) : '',
    capsDigest: capsDigest(body.caps),
    ...(yanked === undefined ? {} : { yanked }),
    ...(moved === undefined ? {} : { moved }),
    ...(suspect === undefined ? {} : { suspect }),
    ...(advisories.length === 0 ? {} : { advisories }),
  }
}

function headOf(
  entry: Entry,
  given: { readonly namespace: Namespace; readonly releases: readonly ReleaseView[] },
): EntryHead {
  const { namespace, releases } = given
  const latest = latestOf(releases)
  const shown = latest ?? releases[0]
  const description =
    shown?.event.body.event === 'publish' ? shown.event.body.description : undefined
  const all = [...entry.advisories.values()].toSorted(bySeverity)
  const advisories = all.slice(0, limits.registryAdvisoriesShownMax).map(advisoryOf)
  const leftOut = all.length - advisories.length
  const { handover } = namespace
  const deprecated = entry.deprecated
  const head = {
    view: 1,
    name: entry.name,
    kind: entry.kind,
    owner: namespace.owner,
    ...(handover === undefined
      ? {}
      : { transfer: { owner: handover.owner, from: printInstant(handover.from) } }),
    ...(description === undefined ? {} : { description }),
    ...(latest === undefined ? {} : { latest: latest.version }),
    ...(deprecated === undefined
      ? {}
      : {
          deprecated: {
            message: deprecated.message,
            ...(deprecated.range === undefined ? {} : { range: deprecated.range }),
            ...(deprecated.instead === undefined ? {} : { instead: deprecated.instead }),
          },
        }),
    ...(advisories.length === 0 ? {} : { advisories }),
    ...(leftOut === 0 ? {} : { advisoriesLeftOut: leftOut }),
    usage: { dependents: entry.dependents.size, forks: entry.forks.size },
  } as const
  return { ...head, trust: trustOf({ head, releases }, entry.at) }
}

const severities = ['critical', 'high', 'medium', 'low']

/** Those that count first, the most severe before the others. */
function bySeverity(a: AdvisoryEvent, b: AdvisoryEvent): number {
  const rank = ({ severity, isWithdrawn }: AdvisoryEvent): number =>
    severities.indexOf(severity) + (isWithdrawn === true ? severities.length : 0)
  return rank(a) - rank(b) || (a.id < b.id ? -1 : 1)
}

function advisoryOf(event: AdvisoryEvent): Advisory {
  const { id, range, severity, summary, at, fixed, url, isWithdrawn } = event
  return {
    id,
    range,
    severity,
    summary,
    at,
    ...(fixed === undefined ? {} : { fixed }),
    ...(url === undefined ? {} : { url }),
    ...(isWithdrawn === undefined ? {} : { isWithdrawn }),
  }
}

/** The highest version that nobody hid, a finished one before one that is not. */
export function latestOf(releases: readonly ReleaseView[]): ReleaseView | undefined {
  const open = releases.filter(({ yanked }) => yanked === undefined)
  return open.find(({ version }) => !version.includes('-')) ?? open[0]
}
