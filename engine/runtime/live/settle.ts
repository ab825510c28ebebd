/**
 * Settles a step of which a crash left unknown whether it took effect: somebody looked, and says so.
 *
 * What was said is a record of the run with a name of its own, so that saying it twice counts
 * once. Nothing is guessed: a step that is not uncertain is not touched.
 */
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { hasEnded } from '#engine/runtime/ports.ts'
import type { RunRecord, Settlement } from '#engine/runtime/record.ts'
import { mustBeWhole } from '#engine/runtime/whole.ts'

import type { Inside } from './inside.ts'
import { statusOf } from './talk.ts'

export interface Settled {
  /** The step path. */
  readonly path: string
  readonly how: Settlement
  /** What the step yields, where it happened. */
  readonly output?: Json
  /** Two with one id are one. */
  readonly id: string
  /** Who says so. */
  readonly by?: string
}

export interface Settling {
  /** Resolves once it is durable. Throws `RUN_NOT_FOUND`, `RUN_NOT_UNCERTAIN`. */
  settle(run: RunId, settled: Settled): Promise<void>
}

export function openSettling(engine: Inside): Settling {
  return { settle: async (run, settled) => await settle(engine, run, settled) }
}

async function settle(engine: Inside, run: RunId, settled: Settled): Promise<void> {
  const { path, how, output, id, by } = settled
  const what = `The output of "${path}"`
  mustBeWhole(output ?? null, { code: 'RUN_INPUT_REFUSED', what })
  const status = await statusOf(engine, run)
  const isOver = hasEnded(status)
  const live = isOver ? undefined : engine.load(run)
  const isTaken = (): boolean => engine.ports.journal.read(run).some((one) => isSame(one, id))
  const nothing = (): IonError => {
    const message = `Step "${path}" of run ${run} is not uncertain: there is nothing to settle.`
    return new IonError('RUN_NOT_UNCERTAIN', message, { data: { path, status } })
  }
  if (live?.state.uncertain.has(path) !== true) {
    if (isTaken()) return
    throw nothing()
  }
  live.post({
    kind: 'step.settled',
    path,
    at: engine.ports.clock.now(),
    how,
    id,
    ...(output === undefined ? {} : { output: engine.payloads.hold(output) }),
    ...(by === undefined ? {} : { by }),
  })
  await live.caughtUp()
  // Somebody else may have settled it while this was on its way.
  if (!isTaken()) throw nothing()
}

function isSame(record: RunRecord, id: string): boolean {
  return record.kind === 'step.settled' && record.id === id
}
