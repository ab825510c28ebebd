/**
 * WebAssembly memory with an end that holds, and that knows when a guest has met it.
 *
 * The engine's own memory limit counts wrongly, and an engine without room for an
 * error object throws `null` or drops a promise; the refused growth tells the truth.
 */
const pageBytes = 64 * 1024
/** What QuickJS is built with: 5 MB of it are its own data and stack. */
const pagesInitial = 256

/** So many wishes that were refused in a row are a guest that no longer notices. */
const refusalsMax = 10_000

export interface BoundedMemory {
  readonly wasm: WebAssembly.Memory
  /** The most that it can grow to. */
  readonly bytesMax: number
  /** Whether the last wish to grow was refused. */
  readonly isFull: boolean
  /** Whether it has been full for so long that nothing good can come of it. */
  readonly isHopeless: boolean
}

export function openMemory(bytesMax: number): BoundedMemory {
  const maximum = Math.max(pagesInitial, Math.ceil(bytesMax / pageBytes))
  const wasm = new WebAssembly.Memory({ initial: pagesInitial, maximum })
  const grow = wasm.grow.bind(wasm)
  // Made once: an engine without room asks a million times, and the real answer takes long.
  const refused = new RangeError('The memory has its maximum.')
  let refusals = 0
  wasm.grow = (pages) => {
    if (wasm.buffer.byteLength / pageBytes + pages > maximum) {
      refusals++
      throw refused
    }
    const before = grow(pages)
    refusals = 0
    return before
  }
  return {
    wasm,
    bytesMax: maximum * pageBytes,
    get isFull() {
      return refusals > 0
    },
    get isHopeless() {
      return refusals > refusalsMax
    },
  }
}
