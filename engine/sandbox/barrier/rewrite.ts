/**
 * Gives the QuickJS binary marks: a copy of it that notes every line of memory it writes to.
 *
 * The copy does what the original does, with the same functions, data and places; it only
 * imports one more memory, for the marks (`lines.ts`), and has two more functions, which
 * copy and fill with marks. The same binary gives the same bytes on every machine. It is
 * made by an install and a build, never while somebody waits for a call.
 */
import { Reader, Refused, s32Bytes, u32Bytes } from '#engine/sandbox/module/bytes.ts'

import { op, type Effect } from './instructions.ts'
import { lineShift, marksImport } from './lines.ts'
import { markLine, markStores, type Surroundings } from './stores.ts'

/** What is gathered while the sections go by. */
interface Draft {
  readonly bytes: Uint8Array
  readonly types: Effect[]
  readonly functions: Effect[]
  imported: number
}

const headBytes = 8
const i32 = 0x7f

/** Rewrites a module. Throws `Refused` for one that it does not understand in full. */
export function withMarks(bytes: Uint8Array): Uint8Array {
  const reader = new Reader(bytes, headBytes)
  const draft: Draft = { bytes, types: [], functions: [], imported: 0 }
  const parts: Uint8Array[] = [bytes.subarray(0, headBytes)]
  while (!reader.isDone) {
    const id = reader.byte()
    const section = reader.part(reader.u32())
    const same = bytes.subarray(section.at, section.end)
    const content = sections[id]?.(section, draft) ?? same
    parts.push(Uint8Array.from([id, ...u32Bytes(content.length)]), content)
  }
  return Buffer.concat(parts)
}

/** A list of a section with `more` at its end; `section` is past the count. */
function longer(
  { bytes }: Draft,
  list: { readonly count: number; readonly at: number; readonly end: number },
  more: readonly (readonly number[])[],
): Uint8Array {
  return Buffer.concat([
    Uint8Array.from(u32Bytes(list.count + more.length)),
    bytes.subarray(list.at, list.end),
    Uint8Array.from(more.flat()),
  ])
}

/** By the number of the section; the others stay as they are. */
const sections: Readonly<Record<number, (section: Reader, draft: Draft) => Uint8Array>> = {
  1: (section, draft) => {
    const count = section.u32()
    const { at, end } = section
    for (let i = 0; i < count; i++) {
      if (section.byte() !== 0x60) throw new Refused('it has types that are not functions')
      const [takes, gives] = [skipTypes(section), skipTypes(section)]
      draft.types.push({ takes, gives })
    }
    return longer(draft, { count, at, end }, [[0x60, 3, i32, i32, i32, 0]])
  },
  2: (section, draft) => {
    const count = section.u32()
    const { at, end } = section
    for (let i = 0; i < count; i++) readImport(section, draft)
    draft.imported = draft.functions.length
    const name = (text: string): number[] => [text.length, ...Buffer.from(text)]
    const marks = [...name(marksImport.module), ...name(marksImport.name), 2, 0, 1]
    return longer(draft, { count, at, end }, [marks])
  },
  3: (section, draft) => {
    const count = section.u32()
    const { at, end } = section
    for (let i = 0; i < count; i++) draft.functions.push(typeAt(draft, section.u32()))
    const type = u32Bytes(draft.types.length)
    return longer(draft, { count, at, end }, [type, type])
  },
  10: (section, draft) => {
    const copy = draft.functions.length
    const around: Surroundings = { ...draft, marking: { copy, fill: copy + 1 } }
    const count = section.u32()
    const bodies: Uint8Array[] = []
    for (let i = 0; i < count; i++) {
      const body = section.part(section.u32())
      bodies.push(markStores(body, draft.functions[draft.imported + i]?.takes ?? 0, around))
    }
    bodies.push(markingBody([0xfc, 10, 0, 0]), markingBody([0xfc, 11, 0]))
    const parts = bodies.flatMap((body) => [Uint8Array.from(u32Bytes(body.length)), body])
    return Buffer.concat([Uint8Array.from(u32Bytes(bodies.length)), ...parts])
  },
}

/** Marks each line of what it is to write, then does what the instruction `last` does. */
function markingBody(last: readonly number[]): Uint8Array {
  const [to, other, length, line, end] = [0, 1, 2, 3, 4] as const
  const get = (local: number): number[] => [op.localGet, local]
  const constant = (value: number): number[] => [op.i32Const, ...s32Bytes(value)]
  const toLine = [...constant(lineShift), op.i32ShrU]
  const nothing = 0x40
  const lastByte = [...get(to), ...get(length), op.i32Add, ...constant(1), op.i32Sub]
  const isBefore = [...get(line), ...get(end), op.i32LtU]
  const next = [...get(line), ...constant(1), op.i32Add, op.localSet, line]
  // Where the end is past all memory the instruction itself fails, whatever was marked.
  const code = [
    [...get(length), op.if, nothing],
    [...get(to), ...toLine, op.localSet, line],
    [...lastByte, ...toLine, op.localSet, end],
    [op.loop, nothing, ...markLine(line)],
    [...isBefore, op.if, nothing, ...next, op.br, 1, op.end],
    [op.end, op.end],
    [...get(to), ...get(other), ...get(length), ...last, op.end],
  ].flat()
  return Uint8Array.from([1, 2, i32, ...code])
}

function readImport(section: Reader, draft: Draft): void {
  section.name()
  section.name()
  const kind = section.byte()
  if (kind === 0) draft.functions.push(typeAt(draft, section.u32()))
  else if (kind === 2) {
    const flags = section.byte()
    section.u32()
    if (flags === 1) section.u32()
    else if (flags !== 0) throw new Refused('its memory is of an unknown kind')
  } else throw new Refused('it imports what is neither a function nor a memory')
}

function typeAt({ types }: Draft, index: number): Effect {
  const found = types[index]
  if (found === undefined) throw new Refused('it names a type that it has not')
  return found
}

function skipTypes(section: Reader): number {
  const count = section.u32()
  section.skip(count)
  return count
}
