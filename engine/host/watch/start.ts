/**
 * Starts one run of an active flow, under the name that follows from what caused it: however
 * often the cause is heard, it starts one run.
 */
import type { Instant } from '#engine/core/clock.ts'
import { IonError } from '#engine/core/error.ts'
import { firedRunId, type RunId } from '#engine/core/id.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { StartRequest } from '#engine/host/owner.ts'
import type { ActiveFlow, Activation, WatchMemory } from '#engine/mirror/activate/memory.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'
import type { MirrorStore } from '#engine/mirror/sync/store.ts'
import { inputOf, type Trigger } from '#engine/trigger/trigger.ts'

import type { Emit } from './events.ts'

export interface StartParts {
  readonly memory: WatchMemory
  readonly mirrors: MirrorStore
  /** Starts a run durably; starting one twice starts it once. */
  start(request: StartRequest): Promise<void>
  /** The repository that runs of a mirror read from. */
  repositoryOf(mirror: Mirror): string
  readonly emit: Emit
}

/** What is started, and by which of its triggers. */
export interface Startable {
  readonly mirror: Mirror
  readonly activation: Activation
  readonly flow: ActiveFlow
  readonly trigger: Trigger
}

export interface Caused {
  readonly event: JsonObject
  /** When it happened: the same however often it is heard. */
  readonly at: Instant
  readonly cause: string
}

export type Started = { readonly run: RunId } | { readonly refused: IonError }

/** Throws what may work later; what never will is told and done with. */
export async function start(
  parts: StartParts,
  what: Startable,
  { event, at, cause }: Caused,
): Promise<Started> {
  const { mirror, flow, trigger, activation } = what
  const told = toldOf(what)
  const run = firedRunId(at, `${mirror.id}\n${flow.id}\n${trigger.kind}/${trigger.id}\n${cause}`)
  try {
    mustNotCircle(event)
    const input: Json = inputOf(trigger, event)
    await parts.start({
      run,
      plan: flow.plan,
      blobs: flow.blobs.map((digest) => parts.mirrors.content.get(digest)),
      input,
      event,
      source: {
        repository: parts.repositoryOf(mirror),
        commit: activation.commit,
        mirror: mirror.id,
        isWorkingTree: false,
      },
    })
    parts.emit({ event: 'started', ...told, run })
    return { run }
  } catch (thrown) {
    if (!(thrown instanceof IonError) || !hopeless.has(thrown.code)) throw thrown
    parts.emit({ event: 'refused', ...told, code: thrown.code, message: thrown.message })
    return { refused: thrown }
  }
}

/** How `what` is named in what a watcher tells. */
export function toldOf({ mirror, flow, trigger }: Startable): {
  readonly mirror: string
  readonly flow: string
  readonly trigger: string
} {
  return { mirror: mirror.name, flow: flow.id, trigger: `${trigger.kind}/${trigger.id}` }
}

/** Flows that start each other, or themselves, come to an end. */
function mustNotCircle({ depth }: JsonObject): void {
  if (typeof depth !== 'number' || depth < limits.triggerDepthMax) return
  const message = `Runs started each other ${limits.triggerDepthMax} times in a row; the next one is not started.`
  throw new IonError('RUN_LIMIT_EXCEEDED', message)
}

const hopeless: ReadonlySet<string> = new Set([
  'RUN_INPUT_REFUSED',
  'RUN_EXPRESSION_FAILED',
  'RUN_LIMIT_EXCEEDED',
])
