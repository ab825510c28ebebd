import { expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { openMemory } from '#engine/sandbox/realm/memory.ts'
import { takeSnapshot } from '#engine/sandbox/realm/snapshot.ts'

const mb = 1024 * 1024
/** The stack ends where the heap begins, and ten megabytes have been given out. */
const layout = { heapStart: 6 * mb, breakNow: () => 10 * mb }

/** Laid out as QuickJS lays it out: data, the C stack, then a heap with a hole of zeros. */
function memoryInUse(): { memory: WebAssembly.Memory; view: Uint8Array } {
  const memory = openMemory(32 * mb).wasm
  const view = new Uint8Array(memory.buffer)
  view.fill(1, 1_000, 200_000)
  view.fill(2, 6 * mb, 6 * mb + 100)
  view.fill(3, 9 * mb, 9 * mb + 100)
  return { memory, view }
}

test('puts back what was changed, zeros between used pages included', () => {
  const { memory, view } = memoryInUse()
  const before = view.slice()
  const snapshot = takeSnapshot(memory, layout)
  view.fill(9, 500, 2_000)
  view[7 * mb] = 9
  view.fill(9, 9 * mb, 9 * mb + 4_000)
  expect(snapshot.restore()).toBe(true)
  expect(Buffer.compare(view, before)).toBe(0)
})

test('keeps what is used, and zeroes the stack and the heap up to the break', () => {
  const { memory, view } = memoryInUse()
  const snapshot = takeSnapshot(memory, layout)
  expect(snapshot.bytes).toBeLessThan(300_000)
  view[layout.heapStart - 1] = 9
  view[layout.heapStart - limits.sandboxStackBytesMax] = 9
  view[layout.breakNow() - 1] = 9
  snapshot.restore()
  expect([...new Set(view)].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3])
})

test('cannot put back memory that has grown, and a memory knows when it could not grow', () => {
  const memory = openMemory(17 * mb)
  const snapshot = takeSnapshot(memory.wasm, layout)
  expect(() => memory.wasm.grow(1_000)).toThrow(RangeError)
  expect([memory.isFull, snapshot.restore()]).toEqual([true, true])
  memory.wasm.grow(1)
  expect([memory.isFull, snapshot.restore()]).toEqual([false, false])
})
