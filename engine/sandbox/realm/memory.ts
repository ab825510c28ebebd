/**
 * WebAssembly memory with an end that holds, and that knows when a guest has met it.
 *
 * The engine's own memory limit counts wrongly, and an engine without room for an
 * error object throws `null` or drops a promise; the refused growth tells the truth.
 */
const pageBytes = 64 * 1024
/** What QuickJS is built with: 5 MB of it are its own data and stack. */
const pagesInitial = 256

export interface BoundedMemory {
  readonly wasm: WebAssembly.Memory
  /** Whether the last wish to grow was refused. */
  readonly isFull: boolean
}

export function openMemory(bytesMax: number): BoundedMemory {
  const maximum = Math.max(pagesInitial, Math.ceil(bytesMax / pageBytes))
  const wasm = new WebAssembly.Memory({ initial: pagesInitial, maximum })
  const grow = wasm.grow.bind(wasm)
  let isFull = false
  wasm.grow = (pages) => {
    isFull = true
    const before = grow(pages)
    isFull = false
    return before
  }
  return {
    wasm,
    get isFull() {
      return isFull
    },
  }
}
