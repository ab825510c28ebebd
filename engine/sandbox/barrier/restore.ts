/**
 * Puts a memory with marks back to where it was: only the lines that were written to are
 * copied, whatever the size of the whole.
 *
 * It keeps what `realm/snapshot.ts` promises, and looks at all of the memory: a mark
 * anywhere, even where no guest should have written, is followed.
 */
import type { Layout } from '#engine/sandbox/realm/layout.ts'
import { clearStack, usedRanges, type Snapshot } from '#engine/sandbox/realm/snapshot.ts'

import type { Marks } from './lines.ts'

/** Takes the snapshot; the marks of before are none of a call's. */
export function takeMarkedSnapshot(
  memory: WebAssembly.Memory,
  layout: Pick<Layout, 'heapStart' | 'breakNow'>,
  marks: Marks,
): Snapshot {
  const { buffer } = memory
  const view = new Uint8Array(buffer)
  clearStack(Buffer.from(buffer), layout)
  const copies = usedRanges(Buffer.from(buffer, 0, layout.breakNow())).map(({ start, end }) => ({
    start,
    end,
    bytes: new Uint8Array(buffer.slice(start, end)),
  }))
  marks.clear()

  /** What lies between the copies was zero. */
  const putBack = (start: number, end: number): void => {
    let from = start
    for (const copy of copies) {
      if (copy.end <= from) continue
      if (copy.start >= end) break
      if (copy.start > from) view.fill(0, from, copy.start)
      from = Math.max(from, copy.start)
      const to = Math.min(end, copy.end)
      view.set(copy.bytes.subarray(from - copy.start, to - copy.start), from)
      from = to
    }
    if (from < end) view.fill(0, from, end)
  }
  return {
    bytes: copies.reduce((sum, { bytes }) => sum + bytes.length, 0),
    restore: () => {
      if (memory.buffer !== buffer) return false
      marks.take(view.length, putBack)
      return true
    },
  }
}
