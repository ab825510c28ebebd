/** The two binaries that a realm may run on: as its package has it, and with marks. */
import { withMarks } from '#engine/sandbox/barrier/rewrite.ts'
import { readPackaged } from '#engine/sandbox/wasm.ts'

const packaged = await readPackaged()

export const plain = await WebAssembly.compile(packaged)
export const marked = await WebAssembly.compile(Uint8Array.from(withMarks(packaged)))

export const binaries = [
  ['the binary as it is', plain],
  ['the binary with marks', marked],
] as const
