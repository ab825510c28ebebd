/** Goal: the page that describes the journal lists exactly the kinds that are written. */
import { recordVersion } from '#engine/runtime/record.ts'
import { expect, test } from 'vitest'
import { read } from './tree.ts'

const source = read('engine/runtime/record.ts') + read('engine/runtime/waits/record.ts')
const written = [...source.matchAll(/readonly kind: '([^']+)'/g)].map((match) => match[1] ?? '')
const described = [...read('docs/reference/journal.md').matchAll(/^### `([^`]+)`$/gm)].map(
  (match) => match[1],
)

test('every kind of record has a heading, and every heading a kind, in the same order', () => {
  expect(written.length).toBeGreaterThan(10)
  expect(described).toEqual(written)
})

test('every record type is part of the union', () => {
  const types = [...source.matchAll(/^export interface (\w+) extends/gm)].map(
    (match) => match[1] ?? '',
  )
  const union = source.slice(source.indexOf('export type RunRecord'))
  const members = [...union.matchAll(/^ {2}\| (\w+)$/gm)].map((match) => match[1] ?? '')
  expect(members.toSorted()).toEqual(types.filter((type) => type !== 'OnPath').toSorted())
  expect(recordVersion).toBe(1)
})
