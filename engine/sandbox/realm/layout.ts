/**
 * Where things lie in the memory of a QuickJS instance: data, then the C stack, which
 * grows down, then the heap, which grows up to the break.
 *
 * The break is a word of the allocator's own data. It is found by looking at which words
 * one allocation moves, so nothing here depends on how a binary was linked. What lies
 * above the break has never been written to.
 */
export interface Layout {
  /** The lowest byte of the heap, and the end of the stack. */
  readonly heapStart: number
  /** Where the word with the break is. */
  readonly breakAt: number
  /** The first byte that the allocator never gave out. */
  readonly breakNow: () => number
}

/** The allocator of the instance that owns the memory. */
export interface Allocator {
  /** 0 where there is no room. */
  tryAllocate(bytes: number): number
  release(place: number): void
}

/** More than the allocator keeps in reserve, so that the break must move. */
const probeBytes = 256 * 1024
const probeSlackBytes = 128 * 1024
/** The allocator's data lies among the first bytes of the memory. */
const dataBytesMax = 1024 * 1024

/** Throws when the binary's allocator is none that it understands. */
export function findLayout(memory: WebAssembly.Memory, allocator: Allocator): Layout {
  const [breakAt, heapStart] = probe(memory, allocator)
  return layoutOf(memory, { heapStart, breakAt })
}

/** The layout of a memory in which these places are known. */
export function layoutOf(
  memory: WebAssembly.Memory,
  places: Pick<Layout, 'heapStart' | 'breakAt'>,
): Layout {
  const { heapStart, breakAt } = places
  const breakNow = (): number => new DataView(memory.buffer).getUint32(breakAt, true)
  return { heapStart, breakAt, breakNow }
}

function probe(
  memory: WebAssembly.Memory,
  allocator: Allocator,
): readonly [at: number, heapStart: number] {
  const words = (): Uint32Array => new Uint32Array(memory.buffer, 0, dataBytesMax / 4)
  const before = words().slice()
  allocator.release(allocator.tryAllocate(probeBytes))
  const after = words()
  const moved = [...before.keys()].filter((index) => {
    const by = (after[index] ?? 0) - (before[index] ?? 0)
    return by >= probeBytes && by <= probeBytes + probeSlackBytes
  })
  const values = moved.map((index) => before[index] ?? 0)
  // The footprint is there twice, as it is and as the most it was; the break is above all.
  const footprint = values.find((value, index) => values.indexOf(value) !== index)
  const last = moved.find((index) => before[index] === Math.max(...values))
  if (footprint === undefined || last === undefined || footprint === before[last]) {
    throw new Error('The memory of this QuickJS binary is laid out in an unknown way.')
  }
  return [last * 4, (before[last] ?? 0) - footprint]
}
