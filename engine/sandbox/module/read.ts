/**
 * Reads what a WebAssembly module asks for and offers, without running or compiling it.
 *
 * Only the plain language is known here: functions of numbers, vectors and references,
 * one memory, tables. What later proposals added (collected objects, exceptions, threads,
 * several or 64-bit memories) would hold memory that no limit here sees, or see other
 * threads, and is refused by not being known. Whether code is well formed otherwise is
 * the engine's judgement, which comes after.
 */
import { limits } from '#engine/core/limits.ts'

import { Reader, Refused } from './bytes.ts'
import { walkCode, walkExpression } from './code.ts'

export interface Limits {
  readonly initial: number
  /** Absent means that there is none. */
  readonly maximum?: number
}

export interface Signature {
  /** `i32`, `i64` …, in order. */
  readonly takes: readonly string[]
  readonly gives: readonly string[]
}

export interface Import {
  readonly module: string
  readonly name: string
  readonly kind: Kind
  /** Of a function. */
  readonly signature?: Signature
}

export interface Export {
  readonly kind: Kind
  /** Of a function. */
  readonly signature?: Signature
}

export type Kind = 'function' | 'table' | 'memory' | 'global'

/** Where a section lies: its first byte, its content, its end. */
export interface Place {
  readonly at: number
  readonly content: number
  readonly end: number
}

export interface ModuleFacts {
  readonly imports: readonly Import[]
  readonly exports: ReadonlyMap<string, Export>
  /** Pages of 64 KiB. Absent where the module has no memory. */
  readonly memory?: Limits
  /** Entries, by table; `type` is the byte of what it holds. */
  readonly tables: readonly (Limits & { readonly type: number })[]
  readonly hasStart: boolean
  readonly places: { readonly memory?: Place; readonly tables?: Place }
}

const types: Readonly<Record<number, string>> = {
  0x7f: 'i32',
  0x7e: 'i64',
  0x7d: 'f32',
  0x7c: 'f64',
  0x7b: 'v128',
  0x70: 'funcref',
  0x6f: 'externref',
}

const kinds: readonly Kind[] = ['function', 'table', 'memory', 'global']

/** What is gathered while the sections go by. */
interface Draft {
  readonly signatures: Signature[]
  /** Of every function, the imported ones first. */
  readonly functions: Signature[]
  readonly imports: Import[]
  readonly exports: Map<string, Export>
  readonly memories: Limits[]
  readonly tables: (Limits & { readonly type: number })[]
  hasStart: boolean
  places: { memory?: Place; tables?: Place }
}

/** Reads a module. Throws `Refused` for what is none, or uses what is not known here. */
export function readModule(bytes: Uint8Array): ModuleFacts {
  const reader = new Reader(bytes)
  const head = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
  if (bytes.length < head.length || head.some((byte) => reader.byte() !== byte)) {
    throw new Refused('it is no WebAssembly module of version 1')
  }
  const draft: Draft = {
    signatures: [],
    functions: [],
    imports: [],
    exports: new Map(),
    memories: [],
    tables: [],
    hasStart: false,
    places: {},
  }
  while (!reader.isDone) {
    const at = reader.at
    const id = reader.byte()
    const section = reader.part(reader.u32())
    const place = { at, content: section.at, end: section.end }
    const read = sections[id]
    if (read === undefined) throw new Refused(`it has a section of an unknown kind (${id})`)
    read(section, draft, place)
  }
  if (draft.memories.length > 1) throw new Refused('it has more than one memory')
  const [memory] = draft.memories
  return { ...draft, ...(memory === undefined ? {} : { memory }) }
}

type ReadSection = (section: Reader, draft: Draft, place: Place) => void

const many = (section: Reader, what: string, read: () => void): void => {
  const count = section.count(what, limits.moduleItemsMax)
  for (let i = 0; i < count; i++) read()
}

/** By the number of the section. */
const sections: Readonly<Record<number, ReadSection>> = {
  0: () => undefined,
  1: (section, { signatures }) =>
    many(section, 'types', () => {
      if (section.byte() !== 0x60) throw new Refused('it has types that are not functions')
      signatures.push({ takes: typesOf(section), gives: typesOf(section) })
    }),
  2: (section, draft) => many(section, 'imports', () => readImport(section, draft)),
  3: (section, { functions, signatures }) =>
    many(section, 'functions', () => functions.push(signatureAt(signatures, section.u32()))),
  4: (section, draft, place) => {
    draft.places = { ...draft.places, tables: place }
    many(section, 'tables', () => draft.tables.push(readTable(section)))
  },
  5: (section, draft, place) => {
    draft.places = { ...draft.places, memory: place }
    many(section, 'memories', () => draft.memories.push(limitsOf(section, 'memory')))
  },
  6: (section) =>
    many(section, 'globals', () => {
      typeOf(section)
      section.byte()
      walkExpression(section)
    }),
  7: (section, draft) => many(section, 'exports', () => readExport(section, draft)),
  8: (_, draft) => {
    draft.hasStart = true
  },
  // Which functions go into tables: numbers, which the engine checks.
  9: () => undefined,
  10: (section) =>
    many(section, 'functions', () => {
      const body = section.part(section.u32())
      many(body, 'locals', () => {
        body.u32()
        typeOf(body)
      })
      walkCode(body)
    }),
  // What memory begins with: bytes, which the engine checks.
  11: () => undefined,
  12: () => undefined,
}

function typeOf(section: Reader): string {
  const type = types[section.byte()]
  if (type === undefined) throw new Refused('it has values of a type that is not known here')
  return type
}

function typesOf(section: Reader): readonly string[] {
  const found: string[] = []
  const count = section.count('values', limits.moduleTypeValuesMax)
  for (let i = 0; i < count; i++) found.push(typeOf(section))
  return found
}

function signatureAt(signatures: readonly Signature[], index: number): Signature {
  const found = signatures[index]
  if (found === undefined) throw new Refused('it names a type that it has not')
  return found
}

function limitsOf(section: Reader, what: string): Limits {
  const flags = section.byte()
  if ((flags & 2) !== 0) throw new Refused(`its ${what} is shared between threads`)
  if ((flags & 4) !== 0) throw new Refused(`its ${what} is addressed by 64 bits`)
  if (flags > 1) throw new Refused(`its ${what} is of an unknown kind`)
  const initial = section.u32()
  return flags === 0 ? { initial } : { initial, maximum: section.u32() }
}

function readTable(section: Reader): Limits & { readonly type: number } {
  const type = section.byte()
  if (type !== 0x70 && type !== 0x6f) throw new Refused('it has a table of an unknown kind')
  return { type, ...limitsOf(section, 'table') }
}

function readImport(section: Reader, draft: Draft): void {
  const module = section.name()
  const name = section.name()
  const kind = kinds[section.byte()]
  if (kind !== 'function') {
    throw new Refused(`it imports "${module}.${name}", and only functions can be imported`)
  }
  const signature = signatureAt(draft.signatures, section.u32())
  draft.functions.push(signature)
  draft.imports.push({ module, name, kind, signature })
}

function readExport(section: Reader, { exports, functions }: Draft): void {
  const name = section.name()
  const kind = kinds[section.byte()]
  const index = section.u32()
  if (kind === undefined) throw new Refused(`it exports "${name}", which is of an unknown kind`)
  const signature = kind === 'function' ? functions[index] : undefined
  exports.set(name, { kind, ...(signature === undefined ? {} : { signature }) })
}
