/**
 * Marks what the functions that QuickJS imports write into the guest's memory.
 *
 * They are the package's own, and write past the barrier. The two that guests reach, local
 * time and its offset, say where; those that write nothing are known; after any other one
 * all of the memory counts as written to.
 */
import type { Marks } from './lines.ts'

/** The imports by their names in the package: places and lengths of what they write. */
const writes: Readonly<Record<string, (args: readonly number[]) => readonly number[]>> = {
  // Local time: one structure of eleven numbers.
  m: ([, to = 0]) => [to, 44],
  // The time zone: its offset, whether there is summer time, and two names.
  n: ([offset = 0, summer = 0, name = 0, other = 0]) => [offset, 4, summer, 4, name, 17, other, 17],
  // Assertions, aborts, the clock, the growth of the memory; what calls the host, which marks.
  ...Object.fromEntries(Array.from('bqrlpksihgt', (name) => [name, () => []])),
}

type Functions = Record<string, unknown>

/** Puts the marks around the functions in `imports`, and beside them. */
export function markWrites(imports: WebAssembly.Imports, marks: Marks): WebAssembly.Imports {
  return Object.fromEntries(
    Object.entries(imports).map(([name, group]) => [name, marked(group as Functions, marks)]),
  ) as WebAssembly.Imports
}

function marked(group: Functions, marks: Marks): Functions {
  const entries = Object.entries(group).map(([name, one]) => {
    if (typeof one !== 'function') return [name, one]
    const places = Object.hasOwn(writes, name) ? writes[name] : undefined
    const run = one as (...args: readonly number[]) => unknown
    if (places !== undefined && places([]).length === 0) return [name, run]
    return [
      name,
      (...args: readonly number[]) => {
        try {
          return run(...args)
        } finally {
          if (places === undefined) marks.touchAll()
          else touchPairs(places(args), marks)
        }
      },
    ]
  })
  return Object.fromEntries(entries) as Functions
}

function touchPairs(pairs: readonly number[], marks: Marks): void {
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    marks.touch((pairs[i] as number) >>> 0, pairs[i + 1] as number)
  }
}
