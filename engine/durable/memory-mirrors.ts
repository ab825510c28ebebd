/**
 * What is remembered about mirrors, in memory: for tests, and for looking once.
 */
import type { Digest } from '#engine/core/digest.ts'
import { limits } from '#engine/core/limits.ts'
import {
  type Facts,
  type Incident,
  type Mirror,
  noFacts,
  type Polling,
  type RefSeen,
} from '#engine/mirror/sync/mirror.ts'
import type { MirrorChange, MirrorContent, MirrorStore } from '#engine/mirror/sync/store.ts'

import { digestOfPayload, payloadMissing } from './content.ts'
import { nameTaken } from './mirror-name.ts'

interface Kept {
  mirror: Mirror
  facts: Facts
  polling: Polling
  readonly refs: Map<string, RefSeen>
}

interface Disk {
  readonly kept: Map<string, Kept>
  incidents: Incident[]
  next: number
}

export function memoryMirrors(): MirrorStore {
  const disk: Disk = { kept: new Map(), incidents: [], next: 1 }
  return { ...readsOf(disk), ...writesOf(disk), content: memoryContent(), close: () => {} }
}

type Writes = 'add' | 'remove' | 'apply'

function readsOf(disk: Disk): Omit<MirrorStore, Writes | 'content' | 'close'> {
  const { kept } = disk
  const byDue = (): readonly Kept[] =>
    [...kept.values()].toSorted(
      (a, b) => a.polling.nextAt - b.polling.nextAt || (a.mirror.id < b.mirror.id ? -1 : 1),
    )
  return {
    list: () => byName(disk),
    find: (name) => byName(disk).find((mirror) => mirror.name === name || mirror.id === name),
    facts: (id) => kept.get(id)?.facts ?? noFacts,
    polling: (id) => kept.get(id)?.polling,
    refs: (id) =>
      [...(kept.get(id)?.refs.values() ?? [])].toSorted((a, b) =>
        a.ref < b.ref ? -1 : a.ref > b.ref ? 1 : a.firstSeen - b.firstSeen,
      ),
    incidents: ({ mirror, isOpen, limit }) =>
      disk.incidents
        .filter((one) => mirror === undefined || one.mirror === mirror)
        .filter((one) => isOpen === undefined || (one.resolvedAt === undefined) === isOpen)
        .toReversed()
        .slice(0, limit),
    due: (now, limit) =>
      byDue()
        .filter(({ polling }) => polling.nextAt <= now)
        .slice(0, limit)
        .map(({ mirror }) => mirror.id),
    nextDue: () => byDue()[0]?.polling.nextAt,
  }
}

function writesOf(disk: Disk): Pick<MirrorStore, Writes> {
  const { kept } = disk
  return {
    add(mirror) {
      if (byName(disk).some(({ name }) => name === mirror.name)) throw nameTaken(mirror.name)
      const polling = { nextAt: 0, failures: 0 }
      kept.set(mirror.id, { mirror, facts: noFacts, polling, refs: new Map() })
    },
    remove(id) {
      disk.incidents = disk.incidents.filter(({ mirror }) => mirror !== id)
      return kept.delete(id)
    },
    apply(id, change) {
      const known = kept.get(id)
      if (known === undefined) return false
      known.facts = { ...known.facts, ...change.facts }
      keepRefs(known.refs, change.refs ?? [])
      keepIncidents(disk, id, change)
      known.mirror = changed(known.mirror, change)
      known.polling = change.polling ?? known.polling
      return true
    },
  }
}

function byName({ kept }: Disk): readonly Mirror[] {
  return [...kept.values()]
    .map(({ mirror }) => mirror)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function keepIncidents(disk: Disk, mirror: string, change: MirrorChange): void {
  const { resolve, incidents: fresh = [] } = change
  disk.incidents = disk.incidents.map((one) =>
    one.mirror === mirror && one.resolvedAt === undefined && resolve?.kinds.includes(one.kind)
      ? { ...one, resolvedAt: resolve.at }
      : one,
  )
  for (const one of fresh) {
    const isOpen = disk.incidents.some(
      (old) =>
        old.mirror === mirror &&
        old.resolvedAt === undefined &&
        old.kind === one.kind &&
        old.ref === one.ref &&
        old.after === one.after,
    )
    if (!isOpen) disk.incidents.push({ id: disk.next++, mirror, ...one })
  }
}

function changed(mirror: Mirror, { hold, branch }: MirrorChange): Mirror {
  const { hold: before, ...rest } = mirror
  const after = hold === null ? undefined : (before ?? hold)
  return {
    ...rest,
    ...(rest.branch === undefined && branch !== undefined ? { branch } : {}),
    ...(after === undefined ? {} : { hold: after }),
  }
}

function keepRefs(refs: Map<string, RefSeen>, rows: readonly RefSeen[]): void {
  for (const row of rows) {
    const key = `${row.ref} ${row.oid}`
    const { goneAt, ...rest } = row
    const { firstSeen = row.firstSeen } = refs.get(key) ?? {}
    refs.set(key, { ...rest, firstSeen, ...(goneAt === undefined ? {} : { goneAt }) })
    if (!row.ref.startsWith('refs/heads/')) continue
    const old = [...refs].filter(([, one]) => one.ref === row.ref && one.goneAt !== undefined)
    for (const [one] of old.slice(0, Math.max(0, old.length - limits.mirrorBranchRowsMax)))
      refs.delete(one)
  }
}

function memoryContent(): MirrorContent {
  const kept = new Map<Digest, Uint8Array>()
  return {
    putAll: (all) =>
      all.map((bytes) => {
        const digest = digestOfPayload(bytes)
        if (!kept.has(digest)) kept.set(digest, bytes.slice())
        return digest
      }),
    get(digest) {
      const bytes = kept.get(digest)
      if (bytes === undefined) throw payloadMissing(digest, 'it is not in the store')
      return bytes.slice()
    },
    has: (digest) => kept.has(digest),
  }
}
