/**
 * Keeps the memory of a watcher low. V8 lets garbage grow as long as the machine has room,
 * because most processes end soon; this one works beside others for months.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { limits } from '#engine/core/limits.ts'

/** Collects what is garbage when there is much of it; call it often, it seldom does anything. */
export function openHeapKeeper(nowMs: () => number): () => void {
  let collect: (() => void) | undefined
  let nextAt = 0
  return () => {
    if (nowMs() < nextAt) return
    nextAt = nowMs() + limits.watchCollectMsMin
    if (process.memoryUsage().heapUsed < limits.watchHeapBytesMax) return
    collect ??= collector()
    collect()
  }
}

function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
