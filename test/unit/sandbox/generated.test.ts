/**
 * Goal: no program brings the host down, and a realm that has run thousands of others
 * gives what a fresh one gives. Method: programs from a grammar of the parts of the
 * language that engines get wrong, each run in a young realm and in one that is old.
 * `IONFLUX_DEEP=1` runs many more.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Outcome } from '#engine/sandbox/protocol.ts'
import { Realm } from '#engine/sandbox/realm.ts'
import { openMemory } from '#engine/sandbox/realm/memory.ts'
import { compileQuickJs } from '#engine/sandbox/wasm.ts'

const programs = process.env['IONFLUX_DEEP'] === undefined ? 5_000 : 100_000
const timeMs = 15
/** Opening a realm costs more than a program; a young one has run at most so many. */
const youngFor = 10
const memoryBytesMax = 24 * 1024 * 1024
const unit = 'const __unit = { default: (text) => (0, eval)(text) }'
const facts = JSON.stringify({ now: 1, seed: 'seed' })

const names = ['a', 'b', 'c'] as const
const hosts = ['Array', 'Object', 'Map', 'Set', 'Promise', 'RegExp', 'Uint8Array', 'Date', 'Error']
const members =
  'length constructor prototype __proto__ toString valueOf then x 0 map concat slice splice sort fill '
    .concat(
      'with flat join at resize replaceAll split normalize repeat matchAll groupBy from toSorted',
    )
    .split(' ')

type Grammar = {
  readonly expression: string
  readonly statement: string
}

const { statement } = fc.letrec<Grammar>((tie: fc.LetrecTypedTie<Grammar>) => {
  const inner: fc.Arbitrary<string> = tie('expression')
  const part: fc.Arbitrary<string> = tie('statement')
  const name = fc.constantFrom(...names)
  const member = fc.constantFrom(...members)
  const leaf = fc.oneof(
    name,
    fc.constantFrom('null', 'undefined', 'NaN', '-0', '2 ** 53', '10n', '[]', '{}', 'this'),
    fc.constantFrom('new Uint8Array(8)', '/(a+)+b/g', 'Symbol.iterator', 'new Map([[1, 2]])'),
    fc.integer({ min: -3, max: 70_000 }).map(String),
    fc.string({ maxLength: 6, unit: 'binary' }).map((text) => JSON.stringify(text)),
    fc.constantFrom(...hosts),
  )
  const expression = fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(inner, fc.constantFrom('+', '*', '<', '**', '??', 'in', 'instanceof', '>>>'), inner)
      .map(([left, operator, right]) => `((${left}) ${operator} (${right}))`),
    fc.tuple(inner, member).map(([of, key]) => `(${of})?.${/^\d/.test(key) ? `[${key}]` : key}`),
    fc
      .tuple(inner, member, inner)
      .map(([of, key, with_]) => `(${of})[${JSON.stringify(key)}](${with_})`),
    fc.tuple(inner, inner).map(([left, right]) => `[...[${left}], ${right}]`),
    fc
      .tuple(member, inner)
      .map(([key, value]) => `({ get ${JSON.stringify(key)}() { return ${value} } })`),
    fc
      .tuple(name, inner)
      .map(([to, body]) => `((${to}) => ${body.startsWith('{') ? `(${body})` : body})`),
    fc
      .tuple(inner, inner)
      .map(
        ([target, trap]) =>
          `new Proxy(Object(${target}), { get: () => ${trap.startsWith('{') ? `(${trap})` : trap} })`,
      ),
    fc.tuple(fc.constantFrom(...hosts), inner).map(([host, of]) => `new ${host}(${of})`),
    inner.map((of) => `JSON.stringify(${of})`),
    inner.map((of) => `structuredClone(${of})`),
    inner.map((of) => `new TextDecoder().decode(new TextEncoder().encode(${of}))`),
  )
  const statement_ = fc.oneof(
    { depthSize: 'small' },
    fc.tuple(name, inner).map(([to, value]) => `${to} = ${value};`),
    fc
      .tuple(inner, member, inner)
      .map(([of, key, value]) => `(${of})[${JSON.stringify(key)}] = ${value};`),
    fc.tuple(inner, part).map(([when, then]) => `if (${when}) { ${then} }`),
    fc
      .tuple(fc.integer({ min: 1, max: 30 }), part)
      .map(([count, body]) => `for (let i = 0; i < ${count}; i++) { ${body} }`),
    fc.tuple(inner, part).map(([of, body]) => `for (const c of ${of}) { ${body} break }`),
    fc.tuple(part, part).map(([body, rescue]) => `try { ${body} } catch (b) { ${rescue} }`),
    fc.tuple(part, part).map((both) => both.join(' ')),
    inner.map((value) => `throw ${value};`),
  )
  return { expression, statement: statement_ }
})

const wasm = await compileQuickJs()
/** Realms are opened as in the product: from the memory of one that no program ran in. */
const image = (await Realm.open(wasm, openMemory(memoryBytesMax))).image()

async function openRealm(): Promise<Realm> {
  const realm = await Realm.open(wasm, openMemory(memoryBytesMax), image)
  expect(realm.load(unit, 1_000)).toBeUndefined()
  return realm
}

function run(realm: Realm, program: string): Outcome {
  const job = { instance: 'a', action: 'default', facts, memoryBytesMax, timeMsMax: timeMs }
  const turn = realm.begin(
    { ...job, input: JSON.stringify(program) },
    { call: () => {}, log: () => {} },
    timeMs,
  )
  realm.reset()
  if (turn.kind === 'ended') return turn.outcome
  throw new Error('A program without a context waits for the host.')
}

const isLate = (outcome: Outcome): boolean =>
  outcome.kind === 'stopped' && outcome.code === 'SANDBOX_TIME_EXCEEDED'

test(
  'a program gives in an old realm what it gives in a young one',
  async () => {
    let old = await openRealm()
    let young = old
    let count = 0
    const ends = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(statement, async (body) => {
        const program = `(() => { let a = [3, 1, 2], b = { x: 1 }, c = 'text'; try { ${body} } catch (e) { return [String(e), a, b] } return [a, b, c] })()`
        if (count++ % youngFor === 0 || young.isSpent) young = await openRealm()
        const fresh = run(young, program)
        const again = run(old, program)
        if (old.isSpent) old = await openRealm()
        ends.set(fresh.kind, (ends.get(fresh.kind) ?? 0) + 1)
        // Whether a program is in time is the machine's affair.
        const isFair = !isLate(fresh) && !isLate(again)
        expect(isFair ? again : fresh).toEqual(fresh)
      }),
      { numRuns: programs, seed: 20_251, endOnFailure: true },
    )
    expect([...ends.keys()].toSorted((a, b) => a.localeCompare(b))).toEqual([
      'done',
      'stopped',
      'threw',
    ])
    expect(ends.get('done')).toBeGreaterThan(programs / 4)
    expect(run(old, '1 + 1')).toMatchObject({ kind: 'done', text: '2' })
  },
  programs * 60,
)
