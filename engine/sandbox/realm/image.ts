/**
 * A realm as it is before any code is loaded: the memory after the prelude, and where in
 * it things are.
 *
 * The binary is the same and begins with the same bytes, so the memory of one instance is
 * that of every other. Putting it there takes a hundredth of the time of running the
 * prelude. A build has it as a file of its own; in a checkout the first realm of a thread
 * makes it. It is code, and is taken from nowhere else.
 */
import type { Border } from './border.ts'
import type { Layout } from './layout.ts'
import type { ContextPlaces } from './quickjs.ts'
import { clearStack, usedRanges } from './snapshot.ts'

/** Where things are, as numbers. */
export interface Places {
  readonly context: ContextPlaces
  readonly border: Border
  readonly layout: { readonly heapStart: number; readonly breakAt: number }
  /** Of the parts of the memory, in the order of their bytes. */
  readonly parts: readonly { readonly start: number; readonly length: number }[]
}

export interface Image {
  readonly places: Places
  /** The parts one after another. */
  readonly bytes: Uint8Array
}

const lengthBytes = 4

/** Takes the image of `memory`, in which no frame of the guest is on the stack. */
export function takeImage(
  memory: WebAssembly.Memory,
  layout: Layout,
  rest: Pick<Places, 'context' | 'border'>,
): Image {
  const view = Buffer.from(memory.buffer)
  clearStack(view, layout)
  const parts = usedRanges(view.subarray(0, layout.breakNow())).map(({ start, end }) => ({
    start,
    length: end - start,
  }))
  const bytes = Buffer.concat(
    parts.map(({ start, length }) => view.subarray(start, start + length)),
  )
  const { heapStart, breakAt } = layout
  return { places: { ...rest, layout: { heapStart, breakAt }, parts }, bytes }
}

/** Puts the image into the memory of an instance in which nothing has happened yet. */
export function putImage(memory: WebAssembly.Memory, { places, bytes }: Image): void {
  const view = new Uint8Array(memory.buffer)
  let from = 0
  for (const { start, length } of places.parts) {
    view.set(bytes.subarray(from, from + length), start)
    from += length
  }
}

/** The image as a file: the length of the places, the places as JSON, the bytes. */
export function printImage({ places, bytes }: Image): Uint8Array {
  const text = Buffer.from(JSON.stringify(places))
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32LE(text.length)
  return Buffer.concat([length, text, bytes])
}

export function parseImage(file: Uint8Array): Image {
  const view = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const end = lengthBytes + view.readUInt32LE()
  const places = JSON.parse(view.toString('utf8', lengthBytes, end)) as Places
  return { places, bytes: view.subarray(end) }
}
