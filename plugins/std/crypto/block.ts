/** What the digests share: a message cut into blocks, and words as bytes. */

export interface Shape {
  readonly blockBytes: number
  readonly lengthBytes: number
  readonly isBig: boolean
}

/** The message, a bit, zeros, and its length in bits. */
export function padded(
  message: Uint8Array,
  { blockBytes, lengthBytes, isBig }: Shape,
): { readonly view: DataView; readonly blocks: number } {
  const blocks = Math.ceil((message.length + 1 + lengthBytes) / blockBytes)
  const bytes = new Uint8Array(blocks * blockBytes)
  bytes.set(message)
  bytes[message.length] = 0x80
  const view = new DataView(bytes.buffer)
  const bits = BigInt(message.length) * 8n
  view.setBigUint64(bytes.length - 8, bits, !isBig)
  return { view, blocks }
}

export function toBytes(words: Uint32Array, isBig: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(words.length * 4))
  words.forEach((word, i) => view.setUint32(i * 4, word, !isBig))
  return new Uint8Array(view.buffer)
}
