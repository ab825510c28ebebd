/**
 * Starts what events start, and ends of runs.
 *
 * It looks at what became durable in the journal since it last looked, whichever process wrote
 * it. The place up to which it looked moves only once all of it is started, and a start has the
 * name of its cause: so a crash in between repeats starts that are there already, and what
 * happened while nobody watched is heard later.
 */
import type { RunId } from '#engine/core/id.ts'
import { isObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Happened, RunEnd } from '#engine/durable/watch/happened.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'
import { endEvent, type EndedRun, saidEvent, wantsEnd, wantsSaid } from '#engine/trigger/heard.ts'
import { triggersOf } from '#engine/trigger/trigger.ts'

import { type Caused, type Startable, start, type StartParts } from './start.ts'

export interface Hearing {
  /** Takes up what is active of `mirror` now. */
  load(mirror: Mirror): void
  drop(mirror: string): void
  /** Starts what is due. Throws when a run could not be started now; it is heard again. */
  hear(): Promise<void>
  /** The webhooks of `flow`, of all mirrors; all of them where `flow` is undefined. */
  webhooks(flow?: string): readonly Startable[]
  /** Tells of flows that wait for requests, of each once: nobody hears them. */
  tellDeaf(): void
}

export interface HearParts extends StartParts {
  readonly happened: Happened
}

/** Up to where it was heard. */
interface Place {
  readonly said: number
  readonly batch: number
}

export function openHearing(parts: HearParts): Hearing {
  const loaded = new Map<string, readonly Startable[]>()
  const of = (kind: Startable['trigger']['kind']): readonly Startable[] =>
    [...loaded.values()].flat().filter(({ trigger }) => trigger.kind === kind)
  const deaf = new Set<string>()
  const done = new Set<string>()
  return {
    load: (mirror) => void loaded.set(mirror.id, listOf(parts, mirror)),
    drop: (mirror) => void loaded.delete(mirror),
    hear: async () => {
      const { happened } = parts
      const latest = happened.latest()
      let place = placeOf(parts, latest)
      while (place.said < latest.said || place.batch < latest.batch) {
        const look = { done, failed: [] as unknown[] }
        place = {
          said: await hearSaid(parts, { ...look, list: of('event'), after: place.said }),
          batch: await hearEnds(parts, { ...look, list: of('flow'), after: place.batch }),
        }
        // One that cannot start keeps no other of the look from starting, and is heard again.
        if (look.failed.length > 0) throw look.failed[0]
        parts.memory.setNote(note, JSON.stringify(place))
        done.clear()
      }
    },
    webhooks: (flow) => of('webhook').filter((one) => flow === undefined || one.flow.id === flow),
    tellDeaf: () => {
      for (const { mirror, flow } of of('webhook')) {
        const key = `${mirror.id} ${flow.id}`
        if (deaf.has(key)) continue
        deaf.add(key)
        const message = `The flow "${flow.id}" has a webhook, and nothing listens: start the watcher with --listen HOST:PORT.`
        parts.emit({ event: 'problem', about: mirror.name, code: 'CLI_USAGE', message })
      }
    },
  }
}

const note = 'heard'

/** What happened before the first look starts nothing. */
function placeOf({ memory }: HearParts, latest: Place): Place {
  const text = memory.note(note)
  if (text === undefined) {
    memory.setNote(note, JSON.stringify(latest))
    return latest
  }
  const kept = JSON.parse(text) as Place
  // Places behind the end are given again once what lay there is taken away.
  return { said: Math.min(kept.said, latest.said), batch: Math.min(kept.batch, latest.batch) }
}

function listOf({ memory }: HearParts, mirror: Mirror): readonly Startable[] {
  const activation = memory.active(mirror.id)
  if (activation === undefined) return []
  return activation.flows.flatMap((flow) =>
    triggersOf({ on: flow.on })
      .filter(({ kind }) => kind === 'event' || kind === 'flow' || kind === 'webhook')
      .map((trigger) => ({ mirror, activation, flow, trigger })),
  )
}

/** What is listened with, and from where on. */
interface Look {
  readonly list: readonly Startable[]
  readonly after: number
  /** What was started since the place moved. */
  readonly done: Set<string>
  /** Takes why a run could not be started. */
  readonly failed: unknown[]
}

/** The place of the last event that was heard. */
async function hearSaid(parts: HearParts, look: Look): Promise<number> {
  const { happened } = parts
  const { list, after } = look
  if (list.length === 0) return happened.latest().said
  const all = happened.said(after, limits.watchEventsPerLook)
  for (const one of all) {
    const wanted = list.filter(
      ({ trigger }) => trigger.kind === 'event' && wantsSaid(trigger.spec, one),
    )
    if (wanted.length === 0) continue
    const said = { ...one, depth: depthAfter(happened, one.run) }
    for (const what of wanted) {
      const event = saidEvent(what.trigger.id, said)
      const caused = { event, at: one.at, cause: `event ${one.id}` }
      await startOf(parts, look, { what, caused })
    }
  }
  return all.at(-1)?.n ?? after
}

async function hearEnds(parts: HearParts, look: Look): Promise<number> {
  const { happened } = parts
  const { list, after } = look
  if (list.length === 0) return happened.latest().batch
  const { ends, upTo } = happened.ended(after, limits.watchBatchesPerLook)
  for (const end of ends) {
    const status = end.record.kind.slice('run.'.length) as EndedRun['status']
    const wanted = list.filter(
      ({ trigger }) =>
        trigger.kind === 'flow' && wantsEnd(trigger.spec, { flow: end.flow, status }),
    )
    if (wanted.length === 0) continue
    const source = happened.began(end.run)?.source
    for (const what of wanted) {
      // A flow of another repository has only its name in common.
      if (source?.mirror !== what.mirror.id) continue
      const event = endEvent(what.trigger.id, endedOf(happened, end, status))
      const cause = `end ${end.run} ${end.seq}`
      const caused = { event, at: end.record.at, cause }
      await startOf(parts, look, { what, caused })
    }
  }
  return upTo
}

function endedOf(happened: Happened, end: RunEnd, status: EndedRun['status']): EndedRun {
  const { run, flow, record } = end
  const { at } = record
  const output = record.kind === 'run.done' ? happened.value(record.output) : null
  const error = record.kind === 'run.failed' ? { error: record.error } : {}
  return { flow, run, status, output, at, depth: depthAfter(happened, run), ...error }
}

/** What happened before the flow became active the first time starts nothing of it. */
async function startOf(
  parts: HearParts,
  { done, failed }: Look,
  { what, caused }: { readonly what: Startable; readonly caused: Caused },
): Promise<void> {
  const { mirror, flow, trigger } = what
  const key = JSON.stringify([mirror.id, flow.id, trigger.kind, trigger.id, caused.cause])
  const begun = parts.memory.begunAt(mirror.id) ?? Infinity
  if (caused.at < begun || done.has(key)) return
  try {
    await start(parts, what, caused)
    done.add(key)
  } catch (thrown) {
    failed.push(thrown)
  }
}

/** How many runs stand behind what `run` does: none behind what a person does. */
function depthAfter(happened: Happened, run: RunId | undefined): number {
  let at = run
  for (let i = 0; at !== undefined && i <= limits.runDepthMax; i++) {
    const started = happened.began(at)
    const event = started?.event === undefined ? null : happened.value(started.event)
    if (isObject(event) && typeof event['depth'] === 'number') return event['depth'] + 1
    at = started?.parent?.run
  }
  return run === undefined ? 0 : 1
}
