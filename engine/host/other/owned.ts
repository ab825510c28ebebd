/**
 * Whether some process works in a data directory, without taking the lease from anybody:
 * who holds it listens, and the socket of a dead process takes no call.
 */
import { connectLink } from '#engine/host/link.ts'
import { linkPath } from '#engine/host/link-path.ts'

/** False when nobody executes the runs of `directory` now. */
export async function isOwned(directory: string): Promise<boolean> {
  try {
    const link = await connectLink(linkPath(directory))
    link.close()
    return true
  } catch {
    return false
  }
}
