/**
 * What came of telling a run something.
 */
import type { RunId } from '#engine/core/id.ts'
import { withReader, type PlaceValues } from '#engine/cli/place.ts'
import type { Session } from '#engine/host/session.ts'
import { callerOf, isOver, viewOf, type RunView } from '#engine/host/views.ts'

/**
 * The run once it has done what it now can, and the run that called it what follows from its
 * end; at once where another process executes it.
 */
export async function afterwards(
  session: Session,
  values: PlaceValues,
  run: RunId,
): Promise<RunView> {
  if (session.owner() === undefined) {
    for (let at: RunId | undefined = run; at !== undefined;) {
      const one: RunId = at
      const status = await session.follow({ run: one, until: 'parked', hear: () => {} })
      at = isOver(status) ? await withReader(values, (reader) => callerOf(reader, one)) : undefined
    }
  }
  return await withReader(values, (reader) => viewOf(reader, run))
}
