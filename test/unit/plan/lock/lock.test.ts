/**
 * Goal: a lock has one text, and no other text is taken for one.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { digestOfText } from '#engine/core/digest.ts'
import { driftOf, goneFrom } from '#engine/plan/lock/drift.ts'
import { type Lock, printLock, readLock } from '#engine/plan/lock/lock.ts'
import { parseSource, printSource } from '#engine/plan/lock/source.ts'
import { whyOf } from '#engine/plan/lock/why.ts'

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
const digest = fc.string().map(digestOfText)
const version = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)).map((parts) => parts.join('.'))
const source = fc.oneof(
  fc.constant({ kind: 'ionflux' } as const),
  fc.tuple(word, word).map(([a, b]) => ({ kind: 'path' as const, path: `${a}/${b}` })),
  fc.record({
    kind: fc.constant('git' as const),
    url: word.map((host) => `https://${host}.example/a/b.git`),
    path: fc.oneof(fc.constant(''), word),
    commit: fc.stringMatching(/^[0-9a-f]{40}$/),
    ref: fc.stringMatching(/^v[0-9]{1,3}$/),
    date: fc.constant('2026-01-02'),
  }),
)
const lock: fc.Arbitrary<Lock> = fc.record({
  packages: fc.uniqueArray(
    fc.record({
      name: fc.tuple(word, word).map((parts) => parts.join('/')),
      version,
      digest,
      exec: digest,
      source,
      powers: fc.record(
        { net: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }).map((all) => all.toSorted()) },
        { requiredKeys: [] },
      ),
    }),
    { selector: ({ name }) => name, maxLength: 6 },
  ),
  flows: fc.uniqueArray(
    fc.record({
      id: word,
      exec: digest,
      packages: fc.constant([]),
      flows: fc.uniqueArray(word, { maxLength: 3 }).map((all) => all.toSorted()),
    }),
    { selector: ({ id }) => id, maxLength: 6 },
  ),
})

test('what is printed is read as it was, in any order of its parts', () => {
  fc.assert(
    fc.property(lock, (one) => {
      const text = printLock(one)
      const read = readLock(text)
      expect(read.ok && printLock(read.lock)).toBe(text)
      const { packages, flows } = one
      expect(printLock({ packages: packages.toReversed(), flows: flows.toReversed() })).toBe(text)
    }),
  )
})

test('any other byte is no lock', () => {
  fc.assert(
    fc.property(lock, fc.nat(), fc.constantFrom(' ', '#', 'x', '\n', '0'), (one, at, char) => {
      const text = printLock(one)
      const place = at % text.length
      const other = text.slice(0, place) + char + text.slice(place + 1)
      fc.pre(other !== text)
      const read = readLock(other)
      // What is still laid out as a lock says other things, and is the one text of them.
      expect(!read.ok || printLock(read.lock) === other).toBe(true)
    }),
  )
})

describe('sources', () => {
  test.each([
    'git+https://example.com/acme/flows.git//plugins/ledger@v1.2.0',
    'git+https://example.com/acme/flows',
    'git+http://127.0.0.1:8080/x//a@feature/one',
    'git+file:///srv/git/x.git//a',
  ])('%s is one', (text) => {
    const found = parseSource(text)
    expect(found === undefined ? undefined : printSource(found)).toBe(text)
  })

  test.each([
    'https://example.com/x',
    'git+ssh://example.com/x',
    'git+https://user:password@example.com/x',
    'git+https://example.com/x//../y',
    'git+https://example.com/x//a/./b',
    'git+https://example.com/x@a..b',
    'git+https://example.com/x@--upload-pack=touch',
    'git+ext::sh -c true',
    '',
  ])('%j is none', (text) => {
    expect(parseSource(text)).toBeUndefined()
  })
})

test('why names every way to a package, the shortest first', () => {
  const exec = digestOfText('')
  const flow = (id: string, flows: readonly string[], packages: readonly string[]) => ({
    id,
    exec,
    flows,
    packages,
  })
  const all: Lock = {
    packages: [],
    flows: [flow('a', ['b'], []), flow('b', ['a'], ['x/y@1.0.0']), flow('c', ['a'], [])],
  }
  expect(whyOf(all, 'x/y')).toEqual([
    ['b', 'x/y'],
    ['a', 'b', 'x/y'],
    ['c', 'a', 'b', 'x/y'],
  ])
  expect(whyOf(all, 'c')).toEqual([])
})

test('reading the lock of 200 flows takes less than two milliseconds', () => {
  const digestAt = (n: number) => digestOfText(String(n))
  const flows = Array.from({ length: 200 }, (_, n) => ({
    id: `flow-${n}`,
    exec: digestAt(n),
    packages: ['acme/tool@1.0.0'],
    flows: [],
  }))
  const text = printLock({ packages: [], flows })
  const times = Array.from({ length: 20 }, () => {
    const began = process.cpuUsage()
    for (let round = 0; round < 5; round++) expect(readLock(text).ok).toBe(true)
    const { user, system } = process.cpuUsage(began)
    return (user + system) / 5
  })
  expect(Math.min(...times)).toBeLessThan(2_000)
})

test('a flow is held to its own line of the lock', () => {
  const [one, other] = [digestOfText('1'), digestOfText('2')]
  const locked: Lock = { packages: [], flows: [{ id: 'a', exec: one, packages: [], flows: [] }] }
  expect(driftOf(locked, { id: 'a', digest: one })).toBeUndefined()
  expect(driftOf(locked, { id: 'a', digest: other })).toContain('not what')
  expect(driftOf(locked, { id: 'b', digest: one })).toContain('not in')
  expect(driftOf(locked, { id: 'a' })).toBeUndefined()
  expect(goneFrom(locked, new Set(['b']))).toEqual(['a'])
})
