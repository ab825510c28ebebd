/**
 * Starts runs of active flows: when a schedule says so, and when a ref moves.
 *
 * A start has a name that follows from what caused it, and is durable before the cause is
 * marked as served. So a crash in between repeats a start that is one already, and neither
 * skips nor doubles anything. Flows run from the content store; nothing is checked out.
 */
import type { Instant } from '#engine/core/clock.ts'
import { type Digest, digestOf } from '#engine/core/digest.ts'
import { printInstant } from '#engine/core/instant.ts'
import type { ActiveFlow, Activation } from '#engine/mirror/activate/memory.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'
import { gitEvent, type RefEvent, wants } from '#engine/trigger/git.ts'
import { firesBetween, nextFire } from '#engine/trigger/schedule.ts'
import { type Trigger, triggersOf } from '#engine/trigger/trigger.ts'

import { start, type StartParts, toldOf } from './start.ts'

export interface Starts {
  /** Takes up what is active of `mirror` now. */
  load(mirror: Mirror): void
  drop(mirror: string): void
  /** When the next schedule is due. */
  nextAt(): Instant | undefined
  /** Starts what is due. Throws when a run could not be started now; it stays due. */
  fireDue(now: Instant): Promise<void>
  /** Starts what refs that are new since the mirror became active start. */
  hearRefs(mirror: Mirror): Promise<void>
}

interface Planned {
  readonly mirror: Mirror
  readonly activation: Activation
  readonly flow: ActiveFlow
  readonly trigger: Trigger & { readonly kind: 'schedule' }
  /** `flow/trigger` */
  readonly key: string
  readonly spec: Digest
  /** Up to when it is served. */
  since: Instant
  next: Instant | undefined
}

/** How far the schedules of a mirror are served, by key. */
type Cursors = Readonly<Record<string, { readonly since: Instant; readonly spec: string }>>

export function openStarts(parts: StartParts): Starts {
  const planned = new Map<string, readonly Planned[]>()
  const all = (): readonly Planned[] => [...planned.values()].flat()
  return {
    load: (mirror) => planned.set(mirror.id, loadSchedules(parts, mirror)),
    drop: (mirror) => planned.delete(mirror),
    nextAt: () => {
      const times = all().flatMap(({ next }) => next ?? [])
      return times.length === 0 ? undefined : Math.min(...times)
    },
    fireDue: async (now) => {
      const failed: unknown[] = []
      for (const list of planned.values())
        for (const one of list)
          if (one.next !== undefined && one.next <= now)
            await fire(parts, one, { now, list }).catch((thrown: unknown) => failed.push(thrown))
      // One that cannot start keeps no other from starting.
      if (failed.length > 0) throw failed[0]
    },
    hearRefs: async (mirror) => await hearRefs(parts, mirror),
  }
}

function loadSchedules(parts: StartParts, mirror: Mirror): readonly Planned[] {
  const activation = parts.memory.active(mirror.id)
  if (activation === undefined) return []
  const known = JSON.parse(parts.memory.note(noteOf(mirror.id)) ?? '{}') as Cursors
  const list = activation.flows.flatMap((flow) =>
    triggersOf({ on: flow.on }).flatMap((trigger): readonly Planned[] => {
      if (trigger.kind !== 'schedule') return []
      const { cron, timezone = 'UTC' } = trigger.spec
      const spec = digestOf({ cron, timezone })
      const key = `${flow.id}/${trigger.id}`
      const before = Object.hasOwn(known, key) ? known[key] : undefined
      // Another schedule begins when it became active; the same one goes on where it was.
      const since = before?.spec === spec ? before.since : activation.at
      const next = nextFire(trigger.spec, since)
      return [{ mirror, activation, flow, trigger, key, spec, since, next }]
    }),
  )
  keepCursors(parts, mirror.id, list)
  return list
}

/** Those of triggers that are gone are forgotten, so that they begin anew if they come back. */
function keepCursors({ memory }: StartParts, mirror: string, list: readonly Planned[]): void {
  const cursors = Object.fromEntries(list.map(({ key, since, spec }) => [key, { since, spec }]))
  const text = JSON.stringify(cursors)
  if (memory.note(noteOf(mirror)) !== text) memory.setNote(noteOf(mirror), text)
}

function noteOf(mirror: string): string {
  return `schedules ${mirror}`
}

async function fire(
  parts: StartParts,
  one: Planned,
  { now, list }: { readonly now: Instant; readonly list: readonly Planned[] },
): Promise<void> {
  const { mirror, trigger, since } = one
  const { at: times, skipped } = firesBetween(trigger.spec, since, now)
  for (const at of times) {
    const event = { kind: 'schedule', trigger: trigger.id, time: printInstant(at) }
    await start(parts, one, { event, at, cause: String(at) })
  }
  if (skipped > 0) {
    parts.emit({ event: 'skipped', ...toldOf(one), times: skipped })
  }
  one.since = now
  one.next = nextFire(trigger.spec, now)
  keepCursors(parts, mirror.id, list)
}

async function hearRefs(parts: StartParts, mirror: Mirror): Promise<void> {
  const { memory, mirrors } = parts
  const activation = memory.active(mirror.id)
  const begun = memory.begunAt(mirror.id)
  if (activation === undefined || begun === undefined) return
  const rows = mirrors.refs(mirror.id)
  const fresh = rows.filter(({ goneAt, firstSeen }) => goneAt === undefined && firstSeen > begun)
  for (const row of fresh) {
    const mark = `ref ${mirror.id} ${row.ref} ${row.oid}`
    if (memory.isMarked(mark)) continue
    const before = rows
      .filter(({ ref, goneAt }) => ref === row.ref && goneAt !== undefined)
      .toSorted((a, b) => (b.goneAt ?? 0) - (a.goneAt ?? 0))[0]?.commit
    const event: RefEvent = {
      ref: row.ref,
      commit: row.commit,
      repository: mirror.name,
      ...(before === undefined ? {} : { before }),
    }
    for (const flow of activation.flows)
      for (const trigger of triggersOf({ on: flow.on }))
        if (trigger.kind === 'git' && wants(trigger.spec, event)) {
          const caused = { event: gitEvent(event), at: row.firstSeen, cause: mark }
          await start(parts, { mirror, activation, flow, trigger }, caused)
        }
    memory.mark(mark, row.firstSeen)
  }
}
