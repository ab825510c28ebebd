import { expect, test } from 'vitest'

import { digestOfText } from '#engine/core/digest.ts'
import { type LockedPackage, printLock } from '#engine/plan/lock/lock.ts'
import { mergeLocks } from '#engine/plan/lock/merge.ts'

const digest = digestOfText('x')
const locked = (name: string, version: string): LockedPackage => ({
  name,
  version,
  digest,
  exec: digestOfText(version),
  source: { kind: 'path', path: name },
  powers: {},
})
const flow = (id: string, text: string) => ({
  id,
  exec: digestOfText(text),
  packages: [],
  flows: [],
})
const print = (packages: readonly LockedPackage[], flows = [flow('a', '1')]): string =>
  printLock({ packages, flows })

test('packages of both sides, the higher version of one that both took', () => {
  const base = print([locked('x/y', '1.0.0')])
  const ours = print([locked('x/y', '1.2.0'), locked('x/new', '1.0.0')])
  const theirs = print([locked('x/y', '1.10.0'), locked('x/other', '1.0.0')])
  expect(mergeLocks({ base, ours, theirs })).toEqual({
    text: print([locked('x/y', '1.10.0'), locked('x/new', '1.0.0'), locked('x/other', '1.0.0')]),
    conflicts: [],
  })
})

test('a flow that both changed is for `ionflux lock` to say', () => {
  const side = (text: string): string => print([], [flow('a', text), flow('b', '1')])
  const merged = mergeLocks({ base: side('1'), ours: side('2'), theirs: side('3') })
  expect(merged?.conflicts).toEqual(['a'])
  expect(merged?.text).toBe(side('2'))
})

test('what is no lock is not merged', () => {
  const good = print([])
  expect(mergeLocks({ base: good, ours: good, theirs: '<<<<<<<' })).toBeUndefined()
})

test('one version that both took with other bytes is for a person to say', () => {
  const side = (exec: string): string =>
    print([{ ...locked('x/y', '1.0.0'), exec: digestOfText(exec) }])
  const merged = mergeLocks({ base: print([]), ours: side('a'), theirs: side('b') })
  expect(merged?.conflicts).toEqual(['x/y@1.0.0'])
})
