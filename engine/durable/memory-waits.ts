/**
 * Who waits for what, and events on their way, in memory: the same as `sqlite/waits.ts`.
 *
 * Kept as texts, so that no process shares an object with the disk.
 */
import type { RunId } from '#engine/core/id.ts'
import type { FindWaiting, Outgoing, WaitChange, Waiting } from '#engine/runtime/waits/port.ts'

/** The part of the disk that this file keeps. */
export interface DiskWaits {
  /** By run, then by path: the wait as a text. */
  readonly waits: Map<RunId, Map<string, string>>
  /** By id, in their order: the event as a text. */
  readonly outbox: Map<string, string>
}

export function noWaits(): DiskWaits {
  return { waits: new Map(), outbox: new Map() }
}

export function copyOfWaits({ waits, outbox }: DiskWaits): DiskWaits {
  return {
    waits: new Map([...waits].map(([run, paths]) => [run, new Map(paths)])),
    outbox: new Map(outbox),
  }
}

export function keepWait(disk: DiskWaits, run: RunId, { path, wait }: WaitChange): void {
  const paths = disk.waits.get(run) ?? new Map<string, string>()
  if (wait === undefined) paths.delete(path)
  else paths.set(path, JSON.stringify(wait))
  if (paths.size === 0) disk.waits.delete(run)
  else disk.waits.set(run, paths)
}

export function keepEvent(disk: DiskWaits, event: Outgoing): void {
  if (!disk.outbox.has(event.id)) disk.outbox.set(event.id, JSON.stringify(event))
}

/** Who waits; `order` gives the place of a run in the order in which runs began. */
export function findWaiting(
  disk: DiskWaits,
  query: FindWaiting,
  order: (run: RunId) => number,
): readonly Waiting[] {
  const { after, limit } = query
  const isAfter = (run: RunId, path: string): boolean =>
    after === undefined || order(run) > order(after.run) || (run === after.run && path > after.path)
  return [...disk.waits]
    .toSorted(([a], [b]) => order(a) - order(b))
    .flatMap(([run, paths]) =>
      [...paths]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .filter(([path]) => isAfter(run, path))
        .flatMap(([path, text]) => foundOf(query, { run, path, text })),
    )
    .slice(0, limit)
}

function foundOf(
  query: FindWaiting,
  one: { readonly run: RunId; readonly path: string; readonly text: string },
): readonly Waiting[] {
  const { run, path, text } = one
  const wait = JSON.parse(text) as NonNullable<WaitChange['wait']>
  if (wait.kind === 'approval') return query.kind === 'approval' ? [{ run, path }] : []
  if (wait.kind === 'slot') {
    if (query.kind !== 'slot' || query.isHeld !== wait.isHeld) return []
    return query.key === undefined || query.key === wait.key ? [{ run, path, key: wait.key }] : []
  }
  if (wait.kind === 'debounce') {
    const isAsked = query.kind === 'debounce' && (query.key ?? wait.key) === wait.key
    return isAsked ? [{ run, path, key: wait.key }] : []
  }
  if (query.kind !== 'event') return []
  const isMeant = query.topics.includes(wait.topic) && query.keys.includes(wait.key)
  return isMeant ? [{ run, path, wanted: wait.wanted }] : []
}
