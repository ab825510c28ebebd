/**
 * Walks the instructions of a WebAssembly function and stops at one that is not allowed:
 * everything of WebAssembly 2.0 is, and of what came later only the calls at a tail.
 *
 * Collected objects and exceptions would live outside of the bounded memory, atomic
 * operations belong to threads, and relaxed vectors give other results on another
 * machine. A list of what is allowed cannot be outgrown by the engine of a newer Node.js.
 */
import { Refused, type Reader } from './bytes.ts'

/** What follows an instruction, in the order of a small alphabet. */
type Shape = readonly Piece[]

/** An index, a signed number, a place in memory, a lane … */
type Piece =
  | 'index'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'place'
  | 'lane'
  | 'sixteen'
  | 'block'
  | 'labels'
  | 'types'
  | 'heap'

const none: Shape = []
const index: Shape = ['index']
const two: Shape = ['index', 'index']
const place: Shape = ['place']

type Row = readonly [first: number, last: number, shape: Shape]

const spread = (rows: readonly Row[]): ReadonlyMap<number, Shape> =>
  new Map(
    rows.flatMap(([first, last, shape]) =>
      Array.from({ length: last - first + 1 }, (_, i) => [first + i, shape] as const),
    ),
  )

const plain = spread([
  [0x00, 0x01, none],
  [0x02, 0x04, ['block']],
  [0x05, 0x05, none],
  [0x0b, 0x0b, none],
  [0x0c, 0x0d, index],
  [0x0e, 0x0e, ['labels']],
  [0x0f, 0x0f, none],
  [0x10, 0x10, index],
  [0x11, 0x11, two],
  [0x12, 0x12, index],
  [0x13, 0x13, two],
  [0x1a, 0x1b, none],
  [0x1c, 0x1c, ['types']],
  [0x20, 0x26, index],
  [0x28, 0x3e, place],
  [0x3f, 0x40, index],
  [0x41, 0x41, ['i32']],
  [0x42, 0x42, ['i64']],
  [0x43, 0x43, ['f32']],
  [0x44, 0x44, ['f64']],
  [0x45, 0xc4, none],
  [0xd0, 0xd0, ['heap']],
  [0xd1, 0xd1, none],
  [0xd2, 0xd2, index],
])

const bulk = spread([
  [0, 7, none],
  [8, 8, two],
  [9, 9, index],
  [10, 10, two],
  [11, 11, index],
  [12, 12, two],
  [13, 13, index],
  [14, 14, two],
  [15, 17, index],
])

const vectors = spread([
  [0, 11, place],
  [12, 13, ['sixteen']],
  [14, 20, none],
  [21, 34, ['lane']],
  [35, 83, none],
  [84, 91, ['place', 'lane']],
  [92, 93, place],
  [94, 255, none],
])

const end = 0x0b

/** Walks a whole body. Throws `Refused` at an instruction that is not allowed. */
export function walkCode(body: Reader): void {
  while (!body.isDone) step(body)
}

/** Walks what a global begins with, up to its end. */
export function walkExpression(section: Reader): void {
  while (step(section) !== end);
}

function step(code: Reader): number {
  const first = code.byte()
  const shape =
    first === 0xfc
      ? bulk.get(code.u32())
      : first === 0xfd
        ? vectors.get(code.u32())
        : plain.get(first)
  if (shape === undefined) throw refused(first)
  for (const piece of shape) skip(code, piece)
  return first
}

const names: Readonly<Record<number, string>> = {
  0xfb: 'collected objects',
  0xfd: 'relaxed vectors',
  0xfe: 'threads',
}

function refused(first: number): Refused {
  const isException =
    (first >= 0x06 && first <= 0x0a) || first === 0x18 || first === 0x19 || first === 0x1f
  const name = isException ? 'exceptions' : names[first]
  const hex = first.toString(16).padStart(2, '0')
  return new Refused(`it uses ${name ?? `an instruction that is not known here (0x${hex})`}`)
}

function skip(code: Reader, piece: Piece): void {
  switch (piece) {
    case 'index':
      code.u32()
      return
    case 'i32':
      return code.number(32)
    case 'i64':
      return code.number(64)
    case 'f32':
      return code.skip(4)
    case 'f64':
      return code.skip(8)
    case 'sixteen':
      return code.skip(16)
    case 'lane':
      return code.skip(1)
    case 'place':
      // A sixth bit would name another memory, of which there is none.
      if (code.u32() > 31) throw new Refused('it uses more than one memory')
      code.u32()
      return
    case 'labels':
      for (let count = code.u32(); count >= 0; count--) code.u32()
      return
    case 'types':
      for (let count = code.u32(); count > 0; count--) knownType(code.byte())
      return
    case 'heap':
      return knownType(code.byte())
    case 'block':
      return block(code)
  }
}

const valueTypes: ReadonlySet<number> = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f])

function knownType(byte: number): void {
  if (!valueTypes.has(byte)) throw new Refused('it has values of a type that is not known here')
}

/** Nothing, one value, or the number of a type; what is negative otherwise is a later proposal. */
function block(code: Reader): void {
  let byte = code.byte()
  if (byte === 0x40 || valueTypes.has(byte)) return
  for (let count = 1; byte >= 128; count++) {
    if (count === 5) throw new Refused('a number in it is too large')
    byte = code.byte()
  }
  if (byte >= 64) throw new Refused('it has values of a type that is not known here')
}
