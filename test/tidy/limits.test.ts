/**
 * Goal: every bound that is named holds somewhere, and the schemas say the same numbers.
 */
import { limits } from '#engine/core/limits.ts'
import { expect, test } from 'vitest'

import { read, sources } from './tree.ts'

interface Bounds {
  readonly $defs: Readonly<
    Record<string, { readonly maximum?: number; readonly properties?: Properties }>
  >
}
type Properties = Readonly<Record<string, { readonly maximum?: number }>>

/** Limits that the schema of flows holds, and where. */
const inSchema = {
  retryAttemptsMax: ({ $defs }: Bounds) => $defs['attempts']?.maximum,
  eachConcurrencyMax: ({ $defs }: Bounds) => $defs['each']?.properties?.['concurrency']?.maximum,
  whileTurnsMax: ({ $defs }: Bounds) => $defs['whileStep']?.properties?.['max']?.maximum,
  awaitCountMax: ({ $defs }: Bounds) => $defs['awaitCount']?.maximum,
} satisfies Partial<Record<keyof typeof limits, (flow: Bounds) => number | undefined>>

test('every limit is used', () => {
  const texts = sources()
    .filter((path) => !path.startsWith('engine/core/limits'))
    .map(read)
  const unused = Object.keys(limits).filter(
    (name) => !(name in inSchema) && !texts.some((text) => text.includes(`limits.${name}`)),
  )
  expect(unused).toEqual([])
})

test('the schema of flows says the numbers of the limits', () => {
  const flow = JSON.parse(read('schemas/flow.json')) as Bounds
  const said = Object.entries(inSchema).map(([name, find]) => [name, find(flow)])
  expect(said).toEqual(
    Object.keys(inSchema).map((name) => [name, limits[name as keyof typeof inSchema]]),
  )
})
