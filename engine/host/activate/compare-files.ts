/**
 * Compares two sets of files: the same judgement for a pull request, a working tree and a
 * version that is about to become active, so that an approval given to one fits the other.
 */
import type { Problem } from '#engine/core/problem.ts'
import { lockIn } from '#engine/host/lock/lock-in.ts'
import { openCatalog } from '#engine/host/repository/catalog.ts'
import { type Marker, readMarker } from '#engine/host/repository/config.ts'
import type { Files } from '#engine/host/repository/files.ts'
import { settled } from '#engine/host/repository/load.ts'
import { readSide, type SideWish } from '#engine/host/repository/side.ts'
import type { Change, Side } from '#engine/plan/change/change.ts'
import { compareSides } from '#engine/plan/change/compare.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'

export interface FilesCompared {
  readonly change: Change
  readonly before: Side
  readonly after: Side
  /** `ionflux.yaml` of the old side: its policy is the one that counts. */
  readonly marker: Marker
  /** What is wrong in `ionflux.yaml` of the new side. */
  readonly problems: readonly Problem[]
}

export interface FilesToCompare {
  readonly before: Files
  readonly after: Files
  /** Which flow files can be another; absent when all of them can. */
  readonly isWanted?: (file: string) => boolean
  readonly cache?: BundleCache
  /** Hears of each flow of the new side that compiles. */
  readonly onFlow?: NonNullable<SideWish['onFlow']>
}

/** What the change from one set of files to the other would do; runs nothing of them. */
export async function compareFiles(wish: FilesToCompare): Promise<FilesCompared> {
  const { cache, onFlow } = wish
  const isWanted = (await areTwins(wish)) ? undefined : wish.isWanted
  const options = {
    ...(cache === undefined ? {} : { cache }),
    ...(isWanted === undefined ? {} : { isWanted }),
  }
  const before = await readSide({ files: wish.before, ...options })
  const after = await readSide({
    files: wish.after,
    ...options,
    ...(onFlow === undefined ? {} : { onFlow }),
  })
  const { marker } = await settled(wish.before, async () => readMarker(wish.before))
  const { marker: next, problems } = await settled(wish.after, async () => readMarker(wish.after))
  const lock = await lockOf(wish.after)
  const change = compareSides({
    before,
    after,
    untouched: isWanted === undefined ? 0 : countOthers(wish.after, isWanted),
    locks: { before: (await lockOf(wish.before)).lock, after: lock.lock },
    broken: [...problems, ...(lock.problem === undefined ? [] : [lock.problem])],
    policies: { before: marker, after: next },
  })
  return { change, before, after, marker, problems }
}

/** Where an id is that of several files, a file that stays may become the flow, or cease to be it. */
async function areTwins({ isWanted, before, after }: FilesToCompare): Promise<boolean> {
  if (isWanted === undefined) return false
  const twins = [before, after].map(
    async (files) => await settled(files, async () => openCatalog(files).twins()),
  )
  return (await Promise.all(twins)).some((found) => found.length > 0)
}

async function lockOf(files: Files): Promise<ReturnType<typeof lockIn>> {
  return await settled(files, async () => lockIn(files))
}

function countOthers(files: Files, isWanted: (file: string) => boolean): number {
  return files.find(readMarker(files).marker.flows).filter((file) => !isWanted(file)).length
}
