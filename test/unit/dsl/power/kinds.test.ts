import { expect, test } from 'vitest'

import fc from 'fast-check'

import { isMatch } from '#engine/dsl/power/glob.ts'
import {
  allows,
  isAllowedBy,
  isCovered,
  permissionsIn,
  type PowerKind,
} from '#engine/dsl/power/kinds.ts'
import { cpuMs } from '#test/unit/cpu.ts'

test.each([
  ['main', 'main', true],
  ['main', 'mainly', false],
  ['ionflux/*', 'ionflux/a', true],
  ['ionflux/*', 'ionflux/a/b', false],
  ['ionflux/*', 'ionflux', false],
  ['ionflux/**', 'ionflux/a/b', true],
  ['**', 'any/thing', true],
  ['**/*.md', 'README.md', true],
  ['**/*.md', 'docs/a/b.md', true],
  ['**/*.md', 'docs/a.mdx', false],
  ['a*c', 'abbbc', true],
  ['a*c', 'ab/c', false],
  ['*', '', true],
  ['a.c', 'abc', false],
])('the pattern %s and the name %s', (pattern, name, isMeant) => {
  expect(isMatch(pattern, name)).toBe(isMeant)
})

test('a pattern with many stars takes no longer than its length asks for', () => {
  const start = cpuMs()
  expect(isMatch(`${'*a'.repeat(200)}b`, 'a'.repeat(4_000))).toBe(false)
  expect(isMatch(`${'**/a/'.repeat(100)}b`, 'a/'.repeat(1_000))).toBe(false)
  expect(cpuMs() - start).toBeLessThan(2_000)
})

test('a name means itself, and nothing else of its length', () => {
  const name = fc.array(fc.stringMatching(/^[a-z0-9.]{1,5}$/), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(isMatch(a.join('/'), b.join('/'))).toBe(a.join('/') === b.join('/'))
      expect(isMatch('**', a.join('/'))).toBe(true)
    }),
  )
})

test.each([
  [['read'], 'read', true],
  [['read'], 'write', false],
  [['write'], 'write:main', true],
  [['write:main'], 'write:main', true],
  [['write:ionflux/*'], 'write:main', false],
  [['tag:v*'], 'write:v1', false],
  [['write:main'], 'write', false],
  [undefined, 'read', false],
  [['*'], 'anything', true],
])('a list of %j and %s', (list, wanted, isAllowed) => {
  expect(isAllowedBy(list, wanted)).toBe(isAllowed)
})

test.each<[PowerKind, string, string, boolean]>([
  ['git', 'write', 'write:main', true],
  ['git', 'write:main', 'write', false],
  ['files', 'read:docs/**', 'read:docs/*', true],
  ['files', 'read:docs/*', 'read:docs/**', false],
  ['files', 'read:docs/**', 'read', false],
  ['files', 'read:docs/**', 'write:docs/a', false],
  ['net', '*.example.com', 'api.example.com', true],
  ['net', 'GET api.example.com', 'api.example.com', false],
  ['net', 'api.example.com', '*', false],
  ['secrets', 'A', 'B', false],
])('of %s, whoever has %s has %s: %s', (kind, wide, narrow, holds) => {
  expect(allows({ kind, value: wide }, { kind, value: narrow })).toBe(holds)
})

test.each<[PowerKind, string, string, boolean]>([
  ['git', 'read', 'read', true],
  ['git', 'read', 'write:main', false],
  ['git', 'write:ionflux/**', 'write:ionflux/*', true],
  ['git', 'write:ionflux/*', 'write:**', false],
  ['git', 'write:ionflux/*', 'write', true],
  ['files', 'read:docs/**', 'read:docs/a/*.md', true],
  ['files', 'read:docs/*', 'read:docs/**', false],
  ['net', '*.example.com', 'api.example.com', true],
  ['net', 'api.example.com', '*', true],
  ['model', 'small', '*', true],
  ['state', 'read', 'write', false],
])('of %s, %s and the wish for %s', (kind, given, asked, isGiven) => {
  expect(isCovered(kind, given, asked)).toBe(isGiven)
})

test.each<[readonly string[] | undefined, object]>([
  [undefined, { net: ['*'], git: ['read', 'write:a/*'] }],
  [[], {}],
  [['net'], { net: ['*'] }],
  [['git'], { git: ['read', 'write:a/*'] }],
  [['git:read'], { git: ['read'] }],
  [['git:write'], { git: ['write:a/*'] }],
  [['git:tag', 'blob'], {}],
])('of the powers of a plugin, an action that needs %j has these', (needs, wanted) => {
  const powers = { net: ['*'], git: ['read', 'write:a/*'], reasons: {} }
  expect(permissionsIn(powers, needs)).toEqual(wanted)
})
