/**
 * What pure steps gave, on the disk of the memory host. Written at once: whatever is there is
 * true, so a crash neither has to keep nor to lose it.
 */
import type { Kept, StepCache } from '#engine/runtime/cache/port.ts'

import type { MemoryDisk } from './memory-disk.ts'

export function memoryCache(disk: MemoryDisk): StepCache {
  return {
    hasAny: (code) => disk.kept.has(code),
    find({ code, input }) {
      const text = disk.kept.get(code)?.get(input)
      return text === undefined ? undefined : (JSON.parse(text) as Kept)
    },
    keep({ code, input }, kept) {
      const all = disk.kept.get(code) ?? new Map<string, string>()
      disk.kept.set(code, all.set(input, JSON.stringify(kept)))
    },
  }
}
