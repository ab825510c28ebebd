/** SHA-1 and MD5: for what others ask for, never for what must be safe against an attacker. */
import { padded, toBytes } from './block.ts'

export function sha1(message: Uint8Array): Uint8Array {
  const { view, blocks } = padded(message, { blockBytes: 64, lengthBytes: 8, isBig: true })
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0)
  const w = new Int32Array(80)
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(block * 64 + i * 4)
    for (let i = 16; i < 80; i++) {
      const x =
        (w[i - 3] as number) ^ (w[i - 8] as number) ^ (w[i - 14] as number) ^ (w[i - 16] as number)
      w[i] = (x << 1) | (x >>> 31)
    }
    let [a, b, c, d, e] = state as unknown as [number, number, number, number, number]
    for (let i = 0; i < 80; i++) {
      let f = b ^ c ^ d
      let k = i < 40 ? 0x6ed9eba1 : 0xca62c1d6
      if (i < 20) {
        f = (b & c) | (~b & d)
        k = 0x5a827999
      } else if (i >= 40 && i < 60) {
        f = (b & c) | (b & d) | (c & d)
        k = 0x8f1bbcdc
      }
      const next = (((a << 5) | (a >>> 27)) + f + e + k + (w[i] as number)) | 0
      e = d
      d = c
      c = (b << 30) | (b >>> 2)
      b = a
      a = next
    }
    const mixed = [a, b, c, d, e]
    for (let i = 0; i < 5; i++) state[i] = (state[i] as number) + (mixed[i] as number)
  }
  return toBytes(state, true)
}

const turns = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
const sines = Int32Array.from({ length: 64 }, (_, i) =>
  Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32),
)

export function md5(message: Uint8Array): Uint8Array {
  const { view, blocks } = padded(message, { blockBytes: 64, lengthBytes: 8, isBig: false })
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
  return toBytes(state, false)
}
