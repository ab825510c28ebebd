/**
 * What came of telling a run something.
 */
import type { RunId } from '#engine/core/id.ts'
import { withReader, type PlaceValues } from '#engine/cli/place.ts'
import type { Session } from '#engine/host/session.ts'
import { viewOf, type RunView } from '#engine/host/views.ts'

/** The run once it has done what it now can; at once where another process executes it. */
export async function afterwards(
  session: Session,
  values: PlaceValues,
  run: RunId,
): Promise<RunView> {
  if (session.owner() === undefined) {
    await session.follow({ run, until: 'parked', hear: () => {} })
  }
  return await withReader(values, (reader) => viewOf(reader, run))
}
