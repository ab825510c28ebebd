/**
 * The work of a sync thread: one repository at a time, with isomorphic-git as the reader.
 *
 * The library's cache keeps every pack that it touched, so each job opens the repository
 * anew and lets go of it; one cache for all would hold a thousand packs.
 */
import { raw, openIsomorphic } from '#engine/mirror/git.ts'
import { indexPack, type WholeObject } from '#engine/mirror/pack/index-pack.ts'
import { objectSize } from '#engine/mirror/portable/pack.ts'
import type { AbsorbJob } from '#engine/mirror/sync/absorb.ts'
import { collect, type Collected } from '#engine/mirror/sync/collect.ts'

/** Takes the pack of `job` in, and reads what is kept of its commit. */
export async function absorbPortable({ gitDir, packFile, ...wish }: AbsorbJob): Promise<Collected> {
  if (packFile !== undefined) await indexPack(gitDir, packFile, (oid) => findBase(gitDir, oid))
  const git = await openIsomorphic(gitDir)
  try {
    return await collect(git, wish)
  } finally {
    await git.close()
  }
}

async function findBase(gitDir: string, oid: string): Promise<WholeObject | undefined> {
  if (objectSize(gitDir, oid) === undefined) return undefined
  const { type, bytes } = await raw({ gitDir }, oid)
  return { kind: type as WholeObject['kind'], bytes }
}
