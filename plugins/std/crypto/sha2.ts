/** SHA-256 and SHA-512 (FIPS 180-4), on arrays of bytes. */
import { padded, toBytes } from './block.ts'

/** The first bits of the fractions of roots of primes: where the constants of SHA-2 come from. */
function fractions(count: number, root: (prime: bigint) => bigint): bigint[] {
  const found: bigint[] = []
  for (let n = 2n; found.length < count; n++) {
    let isPrime = true
    for (let d = 2n; d * d <= n; d++) if (n % d === 0n) isPrime = false
    if (isPrime) found.push(root(n) & 0xffff_ffff_ffff_ffffn)
  }
  return found
}

/** The whole root of a number of up to 220 bits. */
function rootOf(value: bigint, degree: bigint): bigint {
  let [low, high] = [0n, 1n << 80n]
  while (low < high) {
    const middle = (low + high + 1n) / 2n
    if (middle ** degree <= value) low = middle
    else high = middle - 1n
  }
  return low
}

const squares = fractions(8, (prime) => rootOf(prime << 128n, 2n))
const cubes = fractions(80, (prime) => rootOf(prime << 192n, 3n))
const halves = (values: readonly bigint[], shift: bigint): Uint32Array =>
  Uint32Array.from(values, (value) => Number((value >> shift) & 0xffff_ffffn))

const start32 = halves(squares, 32n)
const round32 = halves(cubes.slice(0, 64), 32n)

export function sha256(message: Uint8Array): Uint8Array {
  const { view, blocks } = padded(message, { blockBytes: 64, lengthBytes: 8, isBig: true })
  const state = start32.slice()
  const w = new Int32Array(64)
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(block * 64 + i * 4)
    mix256(state, w)
  }
  return toBytes(state, true)
}

function mix256(state: Uint32Array, w: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number
    const y = w[i - 2] as number
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (round32[i] as number) + (w[i] as number)) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  const mixed = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i++) state[i] = (state[i] as number) + (mixed[i] as number)
}

/** Words of 64 bits as pairs of 32: [high, low, high, low, …]. */
const pairs = (values: readonly bigint[]): Int32Array =>
  Int32Array.from(values.flatMap((value) => [Number(value >> 32n), Number(value & 0xffff_ffffn)]))
const start64 = pairs(squares)
const round64 = pairs(cubes)

export function sha512(message: Uint8Array): Uint8Array {
  const { view, blocks } = padded(message, { blockBytes: 128, lengthBytes: 16, isBig: true })
  const state = start64.slice()
  const w = new Int32Array(160)
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < 32; i++) w[i] = view.getInt32(block * 128 + i * 4)
    mix512(state, w)
  }
  return toBytes(Uint32Array.from(state), true)
}

/** What a sum of low halves carries into the high ones. */
function carry(sum: number): number {
  return Math.floor(sum / 0x1_0000_0000)
}

function mix512(state: Int32Array, w: Int32Array): void {
  for (let i = 32; i < 160; i += 2) {
    const xh = w[i - 30] as number
    const xl = w[i - 29] as number
    const yh = w[i - 4] as number
    const yl = w[i - 3] as number
    const s0h = ((xh >>> 1) | (xl << 31)) ^ ((xh >>> 8) | (xl << 24)) ^ (xh >>> 7)
    const s0l = ((xl >>> 1) | (xh << 31)) ^ ((xl >>> 8) | (xh << 24)) ^ ((xl >>> 7) | (xh << 25))
    const s1h = ((yh >>> 19) | (yl << 13)) ^ ((yl >>> 29) | (yh << 3)) ^ (yh >>> 6)
    const s1l = ((yl >>> 19) | (yh << 13)) ^ ((yh >>> 29) | (yl << 3)) ^ ((yl >>> 6) | (yh << 26))
    const low =
      ((w[i - 31] as number) >>> 0) + (s0l >>> 0) + ((w[i - 13] as number) >>> 0) + (s1l >>> 0)
    w[i] = (w[i - 32] as number) + s0h + (w[i - 14] as number) + s1h + carry(low)
    w[i + 1] = low
  }
  rounds512(state, w)
}

function rounds512(state: Int32Array, w: Int32Array): void {
  const v = state.slice()
  for (let i = 0; i < 160; i += 2) {
    const ah = v[0] as number
    const al = v[1] as number
    const bh = v[2] as number
    const bl = v[3] as number
    const ch = v[4] as number
    const cl = v[5] as number
    const eh = v[8] as number
    const el = v[9] as number
    const s1h = ((eh >>> 14) | (el << 18)) ^ ((eh >>> 18) | (el << 14)) ^ ((el >>> 9) | (eh << 23))
    const s1l = ((el >>> 14) | (eh << 18)) ^ ((el >>> 18) | (eh << 14)) ^ ((eh >>> 9) | (el << 23))
    const chooseH = (eh & (v[10] as number)) ^ (~eh & (v[12] as number))
    const chooseL = (el & (v[11] as number)) ^ (~el & (v[13] as number))
    const t1l =
      ((v[15] as number) >>> 0) +
      (s1l >>> 0) +
      (chooseL >>> 0) +
      ((round64[i + 1] as number) >>> 0) +
      ((w[i + 1] as number) >>> 0)
    const t1h =
      ((v[14] as number) + s1h + chooseH + (round64[i] as number) + (w[i] as number) + carry(t1l)) |
      0
    const s0h = ((ah >>> 28) | (al << 4)) ^ ((al >>> 2) | (ah << 30)) ^ ((al >>> 7) | (ah << 25))
    const s0l = ((al >>> 28) | (ah << 4)) ^ ((ah >>> 2) | (al << 30)) ^ ((ah >>> 7) | (al << 25))
    const t2l = (s0l >>> 0) + (((al & bl) ^ (al & cl) ^ (bl & cl)) >>> 0)
    const t2h = (s0h + ((ah & bh) ^ (ah & ch) ^ (bh & ch)) + carry(t2l)) | 0
    const el2 = ((v[7] as number) >>> 0) + (t1l >>> 0)
    const al2 = (t1l >>> 0) + (t2l >>> 0)
    const eh2 = (v[6] as number) + t1h + carry(el2)
    v.copyWithin(2, 0, 14)
    v[8] = eh2
    v[9] = el2
    v[0] = t1h + t2h + carry(al2)
    v[1] = al2
  }
  for (let i = 0; i < 16; i += 2) {
    const low = ((state[i + 1] as number) >>> 0) + ((v[i + 1] as number) >>> 0)
    state[i] = (state[i] as number) + (v[i] as number) + carry(low)
    state[i + 1] = low
  }
}
