/**
 * The laws of undoing: each step that is committed and can be undone is undone when its run ends
 * badly, once, the latest first; and only losers of a race when it ends well.
 */
import type { RunId } from '#engine/core/id.ts'
import { counting } from '#engine/runtime/decider/replay.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

import { stepIdOf } from '#test/sim/step-id.ts'
import type { World } from '#test/sim/world.ts'

const suffix = '/compensate'

/** Checks the records of a run that has ended. */
export function checkUndone(world: World, run: RunId, records: readonly RunRecord[]): void {
  const kept = counting(records).map(({ record }) => record)
  const armed = kept.flatMap((one) => (one.kind === 'compensation.armed' ? [one.path] : []))
  const undone = [...new Set(kept.flatMap(undoneBy))]
  for (const path of undone) {
    if (!armed.includes(path)) world.breach('only what is committed is undone', `${run} ${path}`)
  }
  const isWell = kept.at(-1)?.kind === 'run.done'
  for (const path of armed) {
    if (!isWell && !undone.includes(path) && !world.built.afters.has(stepIdOf(path))) {
      world.breach('what a run did is undone when it ends badly', `${run} ${path}`)
    }
    if (isWell && undone.includes(path) && !isInRace(world, path)) {
      world.breach('what a run did stays when it ends well', `${run} ${path}`)
    }
  }
  checkOrder(world, run, { kept, armed })
}

/** The step that this record undoes, or tries to. */
function undoneBy(record: RunRecord): readonly string[] {
  if (!('path' in record) || !record.path.endsWith(suffix)) return []
  return [record.path.slice(0, -suffix.length)]
}

function isInRace({ built }: World, path: string): boolean {
  return path.split('/').some((part) => built.races.has(part.replace(/\[.*/, '')))
}

/** After the last record of the body, everything that is left is undone in reverse. */
function checkOrder(
  world: World,
  run: RunId,
  { kept, armed }: { readonly kept: readonly RunRecord[]; readonly armed: readonly string[] },
): void {
  const last = kept.findLastIndex((one) => one.kind === 'compensation.armed')
  const places = [...new Set(kept.slice(last + 1).flatMap(undoneBy))]
    .filter((path) => !isInRace(world, path))
    .map((path) => armed.lastIndexOf(path))
  if (places.some((place, i) => i > 0 && place >= (places[i - 1] ?? 0))) {
    world.breach('the latest is undone first', `${run} ${places.join()}`)
  }
}
