/**
 * The law of places: no more runs are under way than their flow allows.
 */
import type { RunId } from '#engine/core/id.ts'

import type { World } from '#test/sim/world.ts'

/** A service hears of a call of `run`. */
export function mustHavePlace(world: World, run: RunId): void {
  const { main, mainDigest } = world.built
  if (main.concurrency === undefined || world.disk.runs.get(run)?.header.plan !== mainDigest) return
  const underWay = [...world.disk.runs.values()].filter(
    ({ header, records }) =>
      header.plan === mainDigest && header.endedAt === undefined && isAdmitted(records),
  )
  const isIn = underWay.some(({ header }) => header.run === run)
  if (underWay.length > main.concurrency.limit || !isIn) {
    const names = underWay.map(({ header }) => header.run)
    world.breach('no more are under way than the flow allows', `${run} of ${names.join()}`)
  }
}

/** Whether the last word on its place was that it is admitted. */
function isAdmitted(records: readonly string[]): boolean {
  const last = records.findLast((text) => /^\{"kind":"run\.(queued|admitted|retried)"/.test(text))
  return last?.startsWith('{"kind":"run.admitted"') === true
}
