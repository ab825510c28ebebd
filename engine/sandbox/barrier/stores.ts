/**
 * Rewrites one function so that every byte it writes is on a line that is marked.
 *
 * The mark is made before the write, from the same address. Where an earlier mark on every
 * way to the write covers it, there is none: a local that holds an address still holds it,
 * and what is written lies within the slack of what was marked. Marks only go away between
 * calls, so what was marked stays so. Where it is not known what an address is made of, it
 * is put aside in a local.
 */
import { Refused, s32Bytes, u32Bytes, type Reader } from '#engine/sandbox/module/bytes.ts'

import {
  effectOf,
  op,
  readInstructions,
  stores,
  type Effect,
  type Instruction,
} from './instructions.ts'
import { lineShift, slackBytes } from './lines.ts'

/** What a body's rewriting has to know of its module. */
export interface Surroundings {
  readonly bytes: Uint8Array
  /** By the number of the function, the imported ones first. */
  readonly functions: readonly Effect[]
  readonly types: readonly Effect[]
  /** The functions that mark what they copy and fill. */
  readonly marking: { readonly copy: number; readonly fill: number }
}

/** What is known of a value on the stack: it is what a local holds since its `version`, or a constant. */
type Origin =
  | { readonly kind: 'local'; readonly local: number; readonly version: number }
  | { readonly kind: 'constant'; readonly value: number }
  | undefined

/** Offsets from a local's address, each of which is marked together with its slack. */
type Covered = ReadonlyMap<number, readonly number[]>

interface Block {
  readonly stack: readonly Origin[]
  readonly covered: Covered
  readonly gives: number
  readonly isDead: boolean
  /** Locals that are written to inside. */
  readonly written: ReadonlySet<number>
}

const marksMemory = 1
/** `i32.store8` into the memory of the marks. */
const storeMark: readonly number[] = [op.i32Const, 1, op.i32Store8, 0x40, marksMemory, 0]
/** The kinds of value a store may write, in the order of the locals they are put aside in. */
const valueTypes: readonly number[] = [0x7f, 0x7e, 0x7d, 0x7c]

/** The body with its marks; `body` begins with the locals, after `takes` parameters. */
export function markStores(body: Reader, takes: number, around: Surroundings): Uint8Array {
  return new Rewriting(body, takes, around).run()
}

/** Marks the line of the address in `local` plus `offset`. */
function markAt(local: number, offset: number): readonly number[] {
  const plus = offset === 0 ? [] : [op.i32Const, ...s32Bytes(offset), op.i32Add]
  const line = [op.i32Const, ...s32Bytes(lineShift), op.i32ShrU]
  return [op.localGet, ...u32Bytes(local), ...plus, ...line, ...storeMark]
}

/** Marks the line whose number is in `local`. */
export function markLine(local: number): readonly number[] {
  return [op.localGet, ...u32Bytes(local), ...storeMark]
}

class Rewriting {
  readonly #around: Surroundings
  readonly #locals: Uint8Array
  readonly #groups: number
  readonly #all: readonly Instruction[]
  readonly #written: ReadonlyMap<Instruction, ReadonlySet<number>>
  readonly #versions: number[]
  /** The first of the locals that are added. */
  readonly #aside: number
  readonly #out: number[] = []
  readonly #blocks: Block[] = []
  #stack: Origin[] = []
  #covered: Covered = new Map()
  #isDead = false
  #putsAside = false

  constructor(body: Reader, takes: number, around: Surroundings) {
    this.#around = around
    this.#groups = body.u32()
    const from = body.at
    let count = takes
    for (let group = 0; group < this.#groups; group++) {
      count += body.u32()
      body.byte()
    }
    this.#locals = around.bytes.subarray(from, body.at)
    this.#all = readInstructions(body)
    this.#written = writtenInBlocks(this.#all)
    this.#versions = Array.from({ length: count }, () => 0)
    this.#aside = count
  }

  run(): Uint8Array {
    for (const one of this.#all) this.#step(one)
    const types = this.#putsAside ? [0x7f, ...valueTypes] : []
    const head = [...u32Bytes(this.#groups + types.length), ...this.#locals]
    return Uint8Array.from([...head, ...types.flatMap((type) => [1, type]), ...this.#out])
  }

  #step(one: Instruction): void {
    const store = stores.get(one.code)
    if (store !== undefined) return this.#store(one, store)
    if (one.code === op.memoryCopy) return this.#callInstead(this.#around.marking.copy)
    if (one.code === op.memoryFill) return this.#callInstead(this.#around.marking.fill)
    this.#keep(one)
    if (this.#flow(one) || this.#local(one)) return
    this.#apply(this.#effectOf(one))
  }

  #store(one: Instruction, { bytes, type }: { bytes: number; type: number }): void {
    this.#stack.pop()
    const address = this.#stack.pop()
    if (!this.#isDead) this.#mark(address, { offset: one.number, bytes, type })
    this.#keep(one)
  }

  #mark(address: Origin, to: { offset: number; bytes: number; type: number }): void {
    // What lies a little behind an address is on its line, or in the slack of it.
    const from = to.offset + to.bytes <= slackBytes ? 0 : to.offset
    if (address?.kind === 'constant') {
      const line = ((address.value + to.offset) >>> 0) >>> lineShift
      this.#out.push(op.i32Const, ...s32Bytes(line), ...storeMark)
    } else if (address !== undefined && this.#versions[address.local] === address.version) {
      const { local } = address
      const known = this.#covered.get(local) ?? []
      const end = to.offset + to.bytes
      if (known.some((at) => at <= to.offset && end <= at + slackBytes)) return
      this.#out.push(...markAt(local, from))
      this.#covered = new Map(this.#covered).set(local, [...known, from])
    } else {
      const value = u32Bytes(this.#aside + 1 + valueTypes.indexOf(to.type))
      const place = u32Bytes(this.#aside)
      this.#putsAside = true
      this.#out.push(op.localSet, ...value, op.localTee, ...place, op.localGet, ...value)
      this.#out.push(...markAt(this.#aside, from))
    }
  }

  /** Blocks, and what ends the way through one. True when there is nothing left to do. */
  #flow(one: Instruction): boolean {
    const { code } = one
    if (code >= op.block && code <= op.if) {
      if (code === op.if) this.#stack.pop()
      const written = this.#written.get(one) ?? new Set()
      const { gives } = one
      const [stack, isDead] = [[...this.#stack], this.#isDead]
      this.#blocks.push({ stack, covered: this.#covered, gives, isDead, written })
      // A loop begins again with what its last turn left.
      if (code === op.loop) this.#covered = without(this.#covered, written)
    } else if (code === op.else || code === op.end) {
      const block = code === op.end ? this.#blocks.pop() : this.#blocks.at(-1)
      if (block === undefined) return true
      this.#stack = [...block.stack]
      if (code === op.end && block.gives > 0) this.#stack.push(undefined)
      this.#covered = without(block.covered, block.written)
      this.#isDead = block.isDead
    } else if (code === op.unreachable || code === op.br) this.#isDead = true
    else if (code === op.brTable || code === op.return) this.#isDead = true
    else return false
    return true
  }

  #local({ code, number }: Instruction): boolean {
    if (code === op.i32Const) this.#stack.push({ kind: 'constant', value: number })
    else if (code === op.localGet) this.#push(number)
    else if (code === op.localSet || code === op.localTee) {
      this.#stack.pop()
      this.#versions[number] = (this.#versions[number] ?? 0) + 1
      this.#covered = without(this.#covered, new Set([number]))
      if (code === op.localTee) this.#push(number)
    } else return false
    return true
  }

  #push(local: number): void {
    this.#stack.push({ kind: 'local', local, version: this.#versions[local] ?? 0 })
  }

  #effectOf(one: Instruction): Effect {
    const { functions, types } = this.#around
    if (one.code !== op.call && one.code !== op.callIndirect) return effectOf(one)
    const effect = one.code === op.call ? functions[one.number] : types[one.number]
    if (effect === undefined) throw new Refused('it names a function that it has not')
    return one.code === op.call ? effect : { ...effect, takes: effect.takes + 1 }
  }

  #apply({ takes, gives }: Effect): void {
    for (let i = 0; i < takes; i++) this.#stack.pop()
    for (let i = 0; i < gives; i++) this.#stack.push(undefined)
  }

  /** Takes the three values that the instruction would take. */
  #callInstead(marking: number): void {
    this.#apply({ takes: 3, gives: 0 })
    this.#out.push(op.call, ...u32Bytes(marking))
  }

  #keep({ start, end }: Instruction): void {
    for (let at = start; at < end; at++) this.#out.push(this.#around.bytes[at] as number)
  }
}

function without(covered: Covered, locals: ReadonlySet<number>): Covered {
  if (!covered.keys().some((local) => locals.has(local))) return covered
  return new Map([...covered].filter(([local]) => !locals.has(local)))
}

/** The locals that are written to between the beginning of a block and its end. */
function writtenInBlocks(
  all: readonly Instruction[],
): ReadonlyMap<Instruction, ReadonlySet<number>> {
  const written = new Map<Instruction, Set<number>>()
  const open: Set<number>[] = []
  for (const one of all) {
    if (one.code >= op.block && one.code <= op.if) {
      const own = new Set<number>()
      written.set(one, own)
      open.push(own)
    } else if (one.code === op.end) {
      const inner = open.pop()
      const outer = open.at(-1)
      if (inner !== undefined && outer !== undefined) for (const local of inner) outer.add(local)
    } else if (one.code === op.localSet || one.code === op.localTee) open.at(-1)?.add(one.number)
  }
  return written
}
