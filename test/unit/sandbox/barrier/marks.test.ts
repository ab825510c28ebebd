/**
 * Goal: no byte that a call changes is on a line without a mark, whatever the code does.
 * Method: generated programs of everything that writes memory in its own way run on the
 * binary with marks; then the whole memory is compared with what it was before, line by
 * line, and again after it was put back.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { Marks, slackBytes } from '#engine/sandbox/barrier/lines.ts'
import { takeMarkedSnapshot } from '#engine/sandbox/barrier/restore.ts'
import { Realm } from '#engine/sandbox/realm.ts'
import { openMemory } from '#engine/sandbox/realm/memory.ts'

import { marked } from './binaries.ts'

const mb = 1024 * 1024
const timeMs = 5_000
const facts = JSON.stringify({ now: 1_700_000_000_000, seed: 'a' })
const host = { call: () => {}, log: () => {} }

/** Statements over `n` (a number) and `s` (a text); each changes memory in its own way. */
const pieces: readonly string[] = [
  'kept.push({ n, s, deep: { a: [n, s] } })',
  'kept.length = n % 7',
  's += s.slice(n % 9) + n',
  'map.set(s + n, { n }); map.delete(s)',
  'for (let i = 0; i < n % 500; i++) list.push(i * 1.5)',
  'list.sort((a, b) => b - a); list.reverse()',
  'list = JSON.parse(JSON.stringify(list.slice(-50)))',
  'buffer.fill(n % 256, n % 1000, n % 60000)',
  'buffer.copyWithin(n % 5000, n % 900, n % 50000)',
  'buffer.set([1, 2, n % 200], n % 60000)',
  'new DataView(buffer.buffer).setFloat64((n % 60000) + 1, n / 3)',
  'new BigUint64Array(buffer.buffer)[n % 8000] = 12345678901234567890n * BigInt(n + 1)',
  's = s.replace(/(.)(.)/g, "$2$1").normalize("NFKD").slice(0, 3000)',
  'kept.push(new Date(n * 1e7).toString(), new Date(2020, n % 12, 1).getHours())',
  'kept.push((3n ** BigInt(n % 900)).toString(36))',
  'const f = (k) => k === 0 ? n : 1 + f(k - 1); kept.push(f(n % 600))',
  'try { null.x } catch (e) { kept.push(e.stack) }',
  'kept.push([...(function* () { yield s; yield n; yield* list.slice(0, 9) })()])',
  'await null; kept.push(await Promise.all([n, (async () => s)()]))',
  'lib["k" + (n % 40)] = () => n; delete lib["k" + (n % 13)]',
  'Object.defineProperty(lib, "p" + n % 30, { get: () => s, configurable: true })',
  'kept.push(structuredClone({ n, s }), btoa("x".repeat(n % 3000)))',
  'kept.push(Math.random(), n.toString(2), Number(s).toFixed(3), parseFloat("1e" + n))',
  's = s.split("").sort().join("").toUpperCase().padEnd(n % 2000, "é漢")',
  'kept.push(new Function("a", "return a + " + n)(1), eval("({ n })"))',
  'globalThis["g" + (n % 20)] = Symbol.for(s); new WeakRef(kept)',
]

const program = fc.array(fc.nat({ max: pieces.length - 1 }), { minLength: 1, maxLength: 12 })

const code = `const lib = {}; const kept = []; const map = new Map(); let list = [3, 1, 2]
const buffer = new Uint8Array(65536)
const pieces = [${pieces.map((piece) => `async (n, s) => { ${piece}; return s }`).join(',\n')}]
const __unit = { default: async ({ ids, n, s }) => { for (const id of ids) s = await pieces[id](n + id, s); return [n, s.length] } }`

test('every line that a call changes is marked, and all of it is put back', async () => {
  const memory = openMemory(32 * mb)
  const realm = await Realm.open(marked, memory)
  expect(realm.load(code, timeMs)).toBeUndefined()
  const bytes = (): Buffer => Buffer.from(memory.wasm.buffer)
  const before = Buffer.from(bytes())
  const changed: number[] = []
  const property = fc.property(
    fc.record({ ids: program, n: fc.nat({ max: 100_000 }), s: fc.string({ maxLength: 200 }) }),
    (input) => {
      const job = { instance: 'a', action: 'default', input: JSON.stringify(input), facts }
      const turn = realm.begin({ ...job, memoryBytesMax: 32 * mb, timeMsMax: timeMs }, host, timeMs)
      expect(turn).toMatchObject({ kind: 'ended' })
      changed.push(differing(before, bytes()))
      realm.reset()
      expect([realm.isSpent, differing(before, bytes())]).toEqual([false, 0])
    },
  )
  fc.assert(property, { numRuns: 120 })
  expect(Math.max(...changed)).toBeGreaterThan(40)
})

test('a call that writes little is put back by little', () => {
  const memory = openMemory(32 * mb).wasm
  const layout = { heapStart: 6 * mb, breakNow: () => 10 * mb }
  const view = new Uint8Array(memory.buffer)
  view.fill(1, 6 * mb, 10 * mb)
  const marks = new Marks(32 * mb)
  const snapshot = takeMarkedSnapshot(memory, layout, marks)
  view.fill(9, 7 * mb, 7 * mb + 10)
  view.fill(9, 8 * mb, 8 * mb + 10)
  marks.touch(8 * mb, 10)
  expect(snapshot.restore()).toBe(true)
  expect([view[7 * mb], view[8 * mb]]).toEqual([9, 1])
})

test('marks give their ranges once, in order, with their slack, up to the end', () => {
  const marks = new Marks(mb)
  marks.touch(4_096, 0)
  marks.touch(8_191, 2)
  marks.touch(20_480, 1)
  marks.touch(mb - 1, 1)
  const take = (): (readonly [number, number])[] => {
    const ranges: (readonly [number, number])[] = []
    marks.take(mb, (start, end) => ranges.push([start, end]))
    return ranges
  }
  expect(take()).toEqual([
    [4_096, 12_288 + slackBytes],
    [20_480, 24_576 + slackBytes],
    [mb - 4_096, mb],
  ])
  expect(take()).toEqual([])
  marks.touchAll()
  expect(take()).toEqual([[0, mb]])
})

/** How many pages of 4 KiB differ. */
function differing(before: Buffer, after: Buffer): number {
  if (before.compare(after) === 0) return 0
  let count = 0
  for (let at = 0; at < before.length; at += 4_096) {
    if (before.compare(after, at, at + 4_096, at, at + 4_096) !== 0) count++
  }
  return count
}
