/**
 * Puts the memory of a QuickJS instance back to where it was before a call.
 *
 * Every call begins from the same bytes: what it changed is copied back, and what it
 * wrote where nothing was (the stack, the heap up to the break) is zeroed, so the next
 * call can read nothing of it, not even through a bug of the engine. It trusts that no
 * frame of the guest is on the stack, and leaves memory that has grown to its caller.
 */
import { limits } from '#engine/core/limits.ts'

import type { Layout } from './layout.ts'

const pageBytes = 4_096
/** Copying a short gap of zeros is cheaper than one more range. */
const gapPagesMax = 4
/**
 * What the engine's own functions may need below the guest's part of the stack: sixty of
 * those with the largest frame, one in another.
 */
const stackSlackBytes = 64 * 1024
/** About what a call takes of the stack, and what is zeroed at once. */
const blockBytes = 16 * 1024
/** One look at memory compares it with itself, this many bytes further on. */
const strideBytes = 64
const zeros = Buffer.alloc(pageBytes)

export interface Snapshot {
  /** Bytes the snapshot holds. */
  readonly bytes: number
  /** False when the memory has grown since: the instance cannot be put back. */
  restore(): boolean
}

interface Range {
  readonly start: number
  readonly end: number
}

export function takeSnapshot(
  memory: WebAssembly.Memory,
  layout: Pick<Layout, 'heapStart' | 'breakNow'>,
): Snapshot {
  const buffer = memory.buffer
  const view = Buffer.from(buffer)
  const stack = clearStack(view, layout)
  const used = usedRanges(view.subarray(0, layout.breakNow()))
  const copies = used.map(({ start, end }) => ({
    start,
    bytes: new Uint8Array(buffer.slice(start, end)),
  }))
  const gaps = gapsOf(used, stack)
  const top = used.at(-1)?.end ?? 0

  return {
    bytes: copies.reduce((sum, copy) => sum + copy.bytes.length, 0),
    restore: () => {
      if (memory.buffer !== buffer) return false
      const end = layout.breakNow()
      for (const { start, bytes } of copies) view.set(bytes, start)
      for (const gap of gaps) clear(view, gap)
      clear(view, { start: top, end })
      return true
    },
  }
}

/** Zeroes the part of the stack that guests can reach, when nothing is on it; gives its place. */
export function clearStack(view: Buffer, { heapStart }: Pick<Layout, 'heapStart'>): Range {
  const start = heapStart - limits.sandboxStackBytesMax - stackSlackBytes
  clear(view, { start, end: heapStart })
  return { start, end: heapStart }
}

/** The ranges of pages that hold anything but zeros, in order. */
export function usedRanges(view: Buffer): readonly Range[] {
  const ranges: { start: number; end: number }[] = []
  for (let start = 0; start < view.length; start += pageBytes) {
    if (view.compare(zeros, 0, pageBytes, start, start + pageBytes) === 0) continue
    const last = ranges.at(-1)
    if (last !== undefined && start - last.end <= gapPagesMax * pageBytes)
      last.end = start + pageBytes
    else ranges.push({ start, end: start + pageBytes })
  }
  return ranges
}

/** The gaps between used ranges; of the stack, which none of them reaches, the part that calls can. */
function gapsOf(used: readonly Range[], stack: Range): readonly Range[] {
  const often = stack.end - blockBytes
  const gaps: Range[] = []
  for (const [index, { end }] of used.entries()) {
    const next = used[index + 1]
    if (next === undefined) break
    const isStack = end <= stack.start && next.start > often
    if (!isStack) gaps.push({ start: end, end: next.start })
    else gaps.push({ start: often, end: next.start }, { start: stack.start, end: often })
  }
  return gaps
}

/** Looks before it writes: memory that nobody wrote to costs the machine nothing, and stays so. */
function clear(view: Buffer, { start, end }: Range): void {
  if (end - start > blockBytes && isClear(view, start, end)) return
  for (let from = start; from < end; from += blockBytes) {
    const to = Math.min(end, from + blockBytes)
    if (to - from <= strideBytes || !isClear(view, from, to)) view.fill(0, from, to)
  }
}

/** Whether all bytes are zero: the first ones are, and each is what an earlier one is. */
function isClear(view: Buffer, start: number, end: number): boolean {
  if (view.compare(zeros, 0, strideBytes, start, start + strideBytes) !== 0) return false
  return view.compare(view, start, end - strideBytes, start + strideBytes, end) === 0
}
