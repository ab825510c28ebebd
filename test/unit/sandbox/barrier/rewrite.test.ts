/**
 * Goal: what the rewriting gives is always the same, and what it does not understand it
 * refuses. Method: digests of the real binary, and small modules written by hand, whose
 * marks are read after they have run.
 */
import { createHash } from 'node:crypto'

import { expect, test } from 'vitest'

import { Marks } from '#engine/sandbox/barrier/lines.ts'
import { withMarks } from '#engine/sandbox/barrier/rewrite.ts'
import { u32Bytes } from '#engine/sandbox/module/bytes.ts'
import { markedDigest, readPackaged } from '#engine/sandbox/wasm.ts'

const i32 = 0x7f
const mb = 1024 * 1024

interface Shape {
  /** Parameters, all of them `i32`. */
  readonly takes: number
  readonly locals?: readonly (readonly [count: number, type: number])[]
  readonly code: readonly number[]
}

/** A module with one function `run`, which gives nothing, over an imported memory. */
function moduleOf({ takes, locals = [], code }: Shape): Uint8Array {
  const section = (id: number, content: readonly number[]): number[] => [
    id,
    ...u32Bytes(content.length),
    ...content,
  ]
  const declared = [locals.length, ...locals.flatMap(([count, type]) => [count, type])]
  const body = [...declared, ...code, 0x0b]
  return Uint8Array.from(
    [
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, [1, 0x60, takes, ...Array.from({ length: takes }, () => i32), 0]),
      section(2, [1, 1, 0x61, 1, 0x61, 2, 0, 1]),
      section(3, [1, 0]),
      section(7, [1, 3, ...Buffer.from('run'), 0, 0]),
      section(10, [1, ...u32Bytes(body.length), ...body]),
    ].flat(),
  )
}

/** Runs it with marks and gives the marked lines, and whether it failed. */
function run(shape: Shape, args: readonly number[]): { lines: number[]; failed: boolean } {
  const module = new WebAssembly.Module(Uint8Array.from(withMarks(moduleOf(shape))))
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16 })
  const marks = new Marks(mb)
  const imports = { a: { a: memory }, ionflux: { marks: marks.memory } }
  const { exports } = new WebAssembly.Instance(module, imports)
  let failed = false
  try {
    const { run: entry } = exports as { run(...values: readonly number[]): void }
    entry(...args)
  } catch {
    failed = true
  }
  const lines: number[] = []
  const bytes = new Uint8Array(marks.memory.buffer)
  for (const [line, mark] of bytes.entries()) if (mark !== 0) lines.push(line)
  return { lines, failed }
}

const get = (local: number): number[] => [0x20, local]
const store = (offset: number): number[] => [0x41, 7, 0x36, 2, ...u32Bytes(offset)]

test('the binary with marks has the digest that its file is named for', async () => {
  const made = withMarks(await readPackaged())
  expect(createHash('sha256').update(made).digest('hex')).toBe(markedDigest)
})

test.each([
  ['at an address', { takes: 1, code: [...get(0), ...store(0)] }, [5_000], [1]],
  ['far behind an address', { takes: 1, code: [...get(0), ...store(9_000)] }, [0], [2]],
  [
    'at an address that was computed',
    { takes: 1, code: [...get(0), 0x41, 4, 0x6a, ...store(0)] },
    [4_092],
    [1],
  ],
  ['at a constant address', { takes: 0, code: [0x41, 0xd0, 0, ...store(4_096)] }, [], [1]],
  [
    'with a local that has another value by then',
    {
      takes: 1,
      code: [...get(0), 0x41, 0, 0x21, 0, ...store(0)],
    },
    [8_192],
    [2],
  ],
  [
    'twice, with a local that has another value the second time',
    {
      takes: 2,
      code: [...get(0), ...store(0), ...get(1), 0x21, 0, ...get(0), ...store(0)],
    },
    [0, 12_288],
    [0, 3],
  ],
  [
    'in one branch, and after both',
    {
      takes: 2,
      code: [get(1), 0x04, 0x40, get(0), store(0), 0x0b, get(0), store(0)].flat(),
    },
    [4_096, 0],
    [1],
  ],
  [
    'in a loop that moves the address',
    {
      takes: 2,
      code: [
        [get(0), store(0), 0x03, 0x40, get(0), store(0)],
        [get(0), 0x41, 0x80, 0x20, 0x6a, 0x22, 0, get(1), 0x49, 0x0d, 0, 0x0b],
      ].flat(2),
    },
    [0, 16_384],
    [0, 1, 2, 3],
  ],
  [
    'by a fill over several lines',
    { takes: 2, code: [...get(0), 0x41, 9, ...get(1), 0xfc, 11, 0] },
    [4_000, 8_280],
    [0, 1, 2],
  ],
  [
    'by a copy',
    { takes: 2, code: [...get(0), 0x41, 0, ...get(1), 0xfc, 10, 0, 0] },
    [8_191, 2],
    [1, 2],
  ],
  [
    'by a copy of nothing',
    { takes: 2, code: [...get(0), 0x41, 0, ...get(1), 0xfc, 10, 0, 0] },
    [8_191, 0],
    [],
  ],
] as const)('what is written %s is marked', (_, shape, args, lines) => {
  expect(run(shape, args)).toEqual({ lines, failed: false })
})

test.each([
  ['a write', { takes: 1, code: [...get(0), ...store(0)] }],
  ['a fill', { takes: 1, code: [...get(0), 0x41, 9, 0x41, 64, 0xfc, 11, 0] }],
])('%s past the end of the memory fails as it did', (_, shape) => {
  expect(run(shape, [2 * mb]).failed).toBe(true)
  expect(run(shape, [-1]).failed).toBe(true)
})

test.each([
  ['an instruction that nobody knows', { takes: 0, code: [0xfe, 0x03, 0x00] }],
  ['vectors', { takes: 0, code: [0xfd, 0x0c] }],
  ['another memory', { takes: 0, code: [0x41, 0, 0x41, 0, 0x36, 0x42, 1, 0] }],
  ['a block that takes values', { takes: 0, code: [0x41, 0, 0x02, 0, 0x1a, 0x0b] }],
])('a module with %s is refused', (_, shape) => {
  expect(() => withMarks(moduleOf(shape))).toThrow(/^it /)
})
