/** MD5: for what others ask for, never for what must be safe against an attacker. */

const turns = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
const sines = Int32Array.from({ length: 64 }, (_, i) =>
  Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32),
)

export function md5(message: Uint8Array): Uint8Array {
  const { view, blocks } = padded(message)
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
  for (let block = 0; block < blocks; block++) {
    let [a, b, c, d] = state as unknown as [number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const round = i >> 4
      let f = (b & c) | (~b & d)
      let place = i
      if (round === 1) {
        f = (d & b) | (~d & c)
        place = (5 * i + 1) % 16
      } else if (round === 2) {
        f = b ^ c ^ d
        place = (3 * i + 5) % 16
      } else if (round === 3) {
        f = c ^ (b | ~d)
        place = (7 * i) % 16
      }
      const sum = (a + f + (sines[i] as number) + view.getInt32(block * 64 + place * 4, true)) | 0
      const turn = turns[round * 4 + (i % 4)] as number
      a = d
      d = c
      c = b
      b = (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0
    }
    const mixed = [a, b, c, d]
    for (let i = 0; i < 4; i++) state[i] = (state[i] as number) + (mixed[i] as number)
  }
  return toBytes(state)
}

/** The message, a bit, zeros, and its length in bits. */
function padded(message: Uint8Array): { readonly view: DataView; readonly blocks: number } {
  const blocks = Math.ceil((message.length + 9) / 64)
  const bytes = new Uint8Array(blocks * 64)
  bytes.set(message)
  bytes[message.length] = 0x80
  const view = new DataView(bytes.buffer)
  view.setBigUint64(bytes.length - 8, BigInt(message.length) * 8n, true)
  return { view, blocks }
}

function toBytes(words: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(words.length * 4))
  words.forEach((word, i) => view.setUint32(i * 4, word, true))
  return new Uint8Array(view.buffer)
}
