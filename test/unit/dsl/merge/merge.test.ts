/**
 * Goal: each kind of change of two sides comes together, or is told as a conflict with its place.
 */
import { expect, test } from 'vitest'

import { mergeFlows } from '#engine/dsl/merge/merge.ts'

const base = `dsl: flux/1
id: a
permissions: { net: [a.example, b.example] }
steps:
  # first of all
  - { id: one, let: 1 }
  - id: gate
    if: \${{ true }}
    then:
      - { id: two, let: 2 }
  - { id: three, let: 3 }
`
const merge = (ours: string, theirs: string) =>
  mergeFlows({ file: 'a.flow.yaml', base, ours, theirs })

test('neighbours that were both changed', () => {
  const { text, conflicts } = merge(
    base.replace('let: 1', 'let: 10'),
    base.replace('let: 3', 'let: 30'),
  )
  expect(conflicts).toEqual([])
  expect(text).toContain('let: 10')
  expect(text).toContain('let: 30')
  expect(text).toContain('# first of all')
})

test('steps that both added at one place, each behind its neighbour', () => {
  const add = (id: string): string =>
    base.replace('  - id: gate', `  - { id: ${id}, let: 0 }\n  - id: gate`)
  const { text, conflicts } = merge(add('x'), add('y'))
  expect(conflicts).toEqual([])
  expect([...text.matchAll(/id: (x|y|one|gate)/g)].map(([, id]) => id)).toEqual([
    'one',
    'y',
    'x',
    'gate',
  ])
})

test('powers that each side gave or took', () => {
  const { text } = merge(
    base.replace('[a.example, b.example]', '[a.example, c.example]'),
    base.replace('[a.example, b.example]', '[a.example, b.example, d.example]'),
  )
  expect(text).toContain('[a.example, c.example, d.example]')
})

test('a step inside a block', () => {
  const { text, conflicts } = merge(
    base.replace('id: three, let: 3', 'id: three, let: 4'),
    base.replace('let: 2', 'let: 20'),
  )
  expect(conflicts).toEqual([])
  expect(text).toContain('let: 20')
})

test.each([
  [
    'one value to two',
    base.replace('let: 1', 'let: 5'),
    base.replace('let: 1', 'let: 6'),
    'steps.one.let',
  ],
  [
    'a step that the other removed',
    base.replace('let: 3', 'let: 4'),
    base.replace(/.*three.*\n/, ''),
    'steps.three',
  ],
  [
    'a step that was removed here',
    base.replace(/.*three.*\n/, ''),
    base.replace('let: 3', 'let: 4'),
    'steps.three',
  ],
  [
    'the same new step, otherwise',
    `${base}  - { id: n, let: 1 }\n`,
    `${base}  - { id: n, let: 2 }\n`,
    'steps.n.let',
  ],
])('a conflict: %s', (_, ours, theirs, at) => {
  const { text, conflicts } = merge(ours, theirs)
  expect(conflicts.map((one) => one.at)).toEqual([at])
  expect(text).toBe(ours)
})

test('a side that cannot be read is a conflict about the whole file', () => {
  expect(merge(base, 'a: [')).toEqual({ text: base, conflicts: [{ at: '' }] })
})

test('the only step of a list, when they put another in its place', () => {
  const { text, conflicts } = merge(
    base.replace('let: 1', 'let: 10'),
    base.replace('{ id: two, let: 2 }', '{ id: other, let: 5 }'),
  )
  expect(conflicts).toEqual([])
  expect(text).toMatch(/then:\n +- id: other\n +let: 5/)
  expect(text).not.toContain('id: two')
})
