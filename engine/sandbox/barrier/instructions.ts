/**
 * The instructions of a function of the QuickJS binary, and what each takes from the stack
 * of values and gives to it.
 *
 * Only what that binary is made of is known: the first version of WebAssembly with copies
 * of memory and a few conversions. Anything else ends the rewriting, so that no write can
 * go unseen because its instruction was not known.
 */
import { Refused, type Reader } from '#engine/sandbox/module/bytes.ts'

export interface Instruction {
  /** Its first byte; two bytes for those of the `0xfc` group. */
  readonly code: number
  /** What it names (a local, a function, a type), the value of an `i32.const`, the offset of an access. */
  readonly number: number
  /** Whether a block gives a value. */
  readonly gives: number
  readonly start: number
  readonly end: number
}

/** How many values a function or a type takes and gives. */
export interface Effect {
  readonly takes: number
  readonly gives: number
}

export const op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Store8: 0x3a,
  i32Const: 0x41,
  i32LtU: 0x49,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32ShrU: 0x76,
  memoryCopy: 0xfc0a,
  memoryFill: 0xfc0b,
} as const

/** Bytes and kind of value of each store. */
export const stores: ReadonlyMap<number, { readonly bytes: number; readonly type: number }> =
  new Map([
    [0x36, { bytes: 4, type: 0x7f }],
    [0x37, { bytes: 8, type: 0x7e }],
    [0x38, { bytes: 4, type: 0x7d }],
    [0x39, { bytes: 8, type: 0x7c }],
    [0x3a, { bytes: 1, type: 0x7f }],
    [0x3b, { bytes: 2, type: 0x7f }],
    [0x3c, { bytes: 1, type: 0x7e }],
    [0x3d, { bytes: 2, type: 0x7e }],
    [0x3e, { bytes: 4, type: 0x7e }],
  ])

/** Reads the instructions of a body whose locals have been read. */
export function readInstructions(body: Reader): readonly Instruction[] {
  const all: Instruction[] = []
  while (!body.isDone) {
    const start = body.at
    const first = body.byte()
    const code = first === 0xfc ? 0xfc00 + body.u32() : first
    all.push({ code, ...pieces(code, body), start, end: body.at })
  }
  return all
}

function pieces(code: number, body: Reader): Pick<Instruction, 'number' | 'gives'> {
  const none = { number: 0, gives: 0 }
  if (code >= op.block && code <= op.if) return { number: 0, gives: blockGives(body.byte()) }
  if (code === op.brTable) {
    for (let count = body.u32(); count >= 0; count--) body.u32()
    return none
  }
  if (code === op.callIndirect) {
    const number = body.u32()
    body.u32()
    return { number, gives: 0 }
  }
  if (code >= 0x28 && code <= 0x3e) {
    // A sixth bit would name another memory.
    if (body.u32() > 31) throw new Refused('it uses more than one memory')
    return { number: body.u32(), gives: 0 }
  }
  if (code === op.i32Const) return { number: body.s32(), gives: 0 }
  if (code === 0x42) body.number(64)
  else if (code === 0x43) body.skip(4)
  else if (code === 0x44) body.skip(8)
  else if (code === op.memoryCopy) body.skip(2)
  else if (code === op.memoryFill) body.skip(1)
  else if (hasIndex(code)) return { number: body.u32(), gives: 0 }
  return none
}

function hasIndex(code: number): boolean {
  return (
    code === op.br ||
    code === 0x0d ||
    code === op.call ||
    (code >= op.localGet && code <= 0x24) ||
    code === 0x3f
  )
}

function blockGives(type: number): number {
  if (type === 0x40) return 0
  if (type >= 0x7c && type <= 0x7f) return 1
  throw new Refused('it has a block that takes values')
}

type Row = readonly [first: number, last: number, takes: number, gives: number]

const rows: readonly Row[] = [
  [0x00, 0x01, 0, 0],
  [0x0c, 0x0c, 0, 0],
  [0x0d, 0x0f, 1, 0],
  [0x1a, 0x1a, 1, 0],
  [0x1b, 0x1b, 3, 1],
  [0x23, 0x23, 0, 1],
  [0x24, 0x24, 1, 0],
  [0x28, 0x35, 1, 1],
  [0x36, 0x3e, 2, 0],
  [0x3f, 0x3f, 0, 1],
  [0x42, 0x44, 0, 1],
  [0x45, 0x45, 1, 1],
  [0x46, 0x4f, 2, 1],
  [0x50, 0x50, 1, 1],
  [0x51, 0x66, 2, 1],
  [0x67, 0x69, 1, 1],
  [0x6a, 0x78, 2, 1],
  [0x79, 0x7b, 1, 1],
  [0x7c, 0x8a, 2, 1],
  [0x8b, 0x91, 1, 1],
  [0x92, 0x98, 2, 1],
  [0x99, 0x9f, 1, 1],
  [0xa0, 0xa6, 2, 1],
  [0xa7, 0xc4, 1, 1],
  [0xfc00, 0xfc07, 1, 1],
  [0xfc0a, 0xfc0b, 3, 0],
]

const effects: ReadonlyMap<number, Effect> = new Map(
  rows.flatMap(([first, last, takes, gives]) =>
    Array.from({ length: last - first + 1 }, (_, i) => [first + i, { takes, gives }] as const),
  ),
)

/** Of an instruction that is neither a block nor about a local nor a call. */
export function effectOf({ code }: Instruction): Effect {
  const effect = effects.get(code)
  if (effect === undefined) {
    throw new Refused(`it uses an instruction that is not known here (0x${code.toString(16)})`)
  }
  return effect
}
