/**
 * Audits what runs under way are pinned to. A run keeps its code for life, so it may need a release
 * that the lock has not named for long; what became known of that since is told here.
 */
import { isObject, type Json } from '#engine/core/json.ts'
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { demandMarker } from '#engine/host/repository/config.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { splitAction } from '#engine/host/repository/world.ts'
import type { RunReader } from '#engine/host/reader.ts'
import { planOf } from '#engine/host/views.ts'
import { keyOf, type Lock } from '#engine/plan/lock/lock.ts'
import { allReleases, findEntry } from '#registry/lookup.ts'
import { verifyReleases } from '#registry/verify.ts'

import type { AuditRow } from './audit.ts'
import { openRegistryOf } from './registry.ts'

/** A unit of a plugin that runs under way need. */
export interface Pinned {
  readonly name: string
  /** Over what can change behaviour, as the lock and the registry have it. */
  readonly exec: string
  readonly runs: readonly RunId[]
}

const underWay = ['running', 'parked', 'uncertain'] as const

/** What the runs of a data directory need that are not over, the newest thousands of each status. */
export function pinnedIn(reader: RunReader): readonly Pinned[] {
  const limit = limits.runsSearchedMax
  const runs = underWay.flatMap((status) => reader.journal.list({ limit, status }))
  const found = new Map<string, { name: string; exec: string; runs: RunId[] }>()
  for (const same of Map.groupBy(runs, ({ plan }) => plan).values()) {
    const [first] = same
    if (first === undefined) continue
    const units = new Map<string, string>()
    gather(planOf(reader, first.run) as unknown as Json, units)
    for (const [exec, name] of units) {
      const known = found.get(exec) ?? { name, exec, runs: [] }
      known.runs.push(...same.map(({ run }) => run))
      found.set(exec, known)
    }
  }
  return [...found.values()]
}

/** Every action of a plan, wherever it stands, as the name of its plugin by the digest of its unit. */
function gather(value: Json, units: Map<string, string>): void {
  if (Array.isArray(value)) {
    for (const one of value) gather(one, units)
    return
  }
  if (!isObject(value)) return
  const { unit, name, export: action } = value
  if (typeof unit === 'string' && typeof name === 'string' && typeof action === 'string')
    if (name.includes('/')) units.set(unit, splitAction(name).plugin)
  for (const one of Object.values(value)) gather(one, units)
}

/**
 * Rows for releases that runs need and the lock does not name. Only of namespaces that the lock has
 * packages of, or that `ionflux.yaml` names a registry for: nobody is asked about other names.
 */
export async function auditInFlight(
  { root, lock }: { readonly root: string; readonly lock: Lock },
  pinned: readonly Pinned[],
): Promise<readonly AuditRow[]> {
  const { registries = {} } = demandMarker(openWorkingTree(root))
  const namespaces = new Set(Object.keys(registries))
  for (const { name, source } of lock.packages)
    if (source.kind === 'git' && source.log !== undefined) namespaces.add(namespaceOf(name))
  const locked = new Set<string>(lock.packages.map(({ exec }) => exec))
  const wanted = pinned.filter(
    ({ name, exec }) => !locked.has(exec) && namespaces.has(namespaceOf(name)),
  )
  const rows: AuditRow[] = []
  for (const [namespace, own] of Map.groupBy(wanted, ({ name }) => namespaceOf(name))) {
    await using opened = await openRegistryOf(root, `${namespace}/x`)
    const { registry } = opened
    for (const { name, exec } of own) {
      const entry = await findEntry(registry, name)
      const releases = entry === undefined ? [] : await allReleases(registry, entry)
      const versions = releases.flatMap(({ event: { body }, version }) =>
        body.event === 'publish' && body.exec === exec ? [version] : [],
      )
      // The same code may be in several versions; one that is wrong says so first.
      const claimed = versions.map((version) => ({ name, version, exec }))
      const verdicts = await verifyReleases(registry, claimed)
      const verdict = verdicts.find(({ faults, notes }) => faults.length + notes.length > 0)
      const { version } = verdict ?? verdicts[0] ?? {}
      if (version === undefined) continue
      const { faults = [], notes = [] } = verdict ?? {}
      rows.push({
        key: keyOf({ name, version }),
        name,
        version,
        exec,
        faults,
        notes,
        isLocked: false,
      })
    }
  }
  return rows
}

function namespaceOf(name: string): string {
  return name.split('/', 1)[0] ?? ''
}
