/**
 * Whether the files around the caller would give another plan than that of a run. A flow
 * that is not found, or has problems now, tells nothing: a retry needs no file.
 */
import { IonError } from '#engine/core/error.ts'
import { loadFlow } from '#engine/host/repository/load.ts'
import { findTarget } from '#engine/host/target.ts'
import type { RunHeader } from '#engine/host/views.ts'

/** True when the flow of that name is there and compiles to something else. */
export async function hasChanged(
  { repo }: { readonly repo?: string | undefined },
  { flow, plan }: Pick<RunHeader, 'flow' | 'plan'>,
): Promise<boolean> {
  try {
    const { files, file } = await findTarget({ flow, repo })
    const { loaded } = await loadFlow(files, file)
    return loaded !== undefined && loaded.digest !== plan
  } catch (thrown) {
    if (thrown instanceof IonError) return false
    throw thrown
  }
}
