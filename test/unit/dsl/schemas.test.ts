/**
 * Goal: the schemas in `schemas/`, the types made from them and the checker say the same.
 * Method: types are generated again and compared; the checker's verdict is compared with
 * that of a complete validator, on flows that are right and on what is left of them after
 * random damage.
 */
import { readFileSync } from 'node:fs'

import type { Json, JsonObject } from '#engine/core/json.ts'
import { compileSchema } from '#engine/core/schema.ts'
import { findSchemaFaults } from '#engine/core/schema/faults.ts'
import type { ShapeSchema } from '#engine/dsl/check/node.ts'
import { checkShape } from '#engine/dsl/check/shape.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { generate } from '#scripts/types.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const schemaOf = (name: string): JsonObject =>
  JSON.parse(read(`schemas/${name}.json`)) as JsonObject

test.each(generate())('$path is what the schema says now', ({ path, text }) => {
  expect(read(path)).toBe(text)
})

test.each(['flow', 'plugin', 'ionflux'])(
  '%s.json has a stable id and words for editors',
  (name) => {
    const schema = schemaOf(name)
    expect(schema['$id']).toMatch(/^urn:ionflux:schema:[a-z]+:1$/)
    const bare: string[] = []
    for (const [key, property] of Object.entries(schema['properties'] as JsonObject)) {
      const { title, description } = property as JsonObject
      if (title === undefined || description === undefined) bare.push(key)
    }
    expect(bare).toEqual([])
    // Patterns with look-ahead serve editors; the checker runs them itself.
    const faults = findSchemaFaults(schema).filter(({ at }) => !at.endsWith('/pattern'))
    expect(faults).toEqual([])
  },
)

const flow: Json = {
  dsl: 'flux/1',
  id: 'all',
  description: 'Every kind of step once.',
  on: {
    schedule: [{ id: 'a', cron: '0 9 * * *', catchup: 'last' }],
    webhook: { scheme: 'github', secret: 'A' },
  },
  inputs: { type: 'object' },
  permissions: { net: ['*.example.com'], secrets: ['A_B'], git: ['read'] },
  timeout: '1h30m',
  steps: [
    {
      id: 'a',
      use: 'std/git/log',
      with: { x: 1 },
      retry: { max: 2, backoff: { first: '1s' }, on: ['net'] },
    },
    { id: 'b', transform: 'export default (x) => x', retry: 3, timeout: 'PT5M' },
    { id: 'c', flow: 'child' },
    { id: 'y', component: './a.component.yaml', with: { n: 1 } },
    { id: 'x', agent: './a.agent.yaml', limits: { turns: 2, time: '1m' } },
    { id: 'd', if: true, then: [{ id: 'e', let: null }], else: [], output: 1 },
    { id: 'f', switch: 1, cases: { '1': [{ id: 'g', return: [] }] }, default: [] },
    {
      id: 'h',
      each: { in: [1], as: 'one', concurrency: 2, on_error: 'skip' },
      steps: [{ id: 'i', fail: 'x' }],
    },
    {
      id: 'w',
      each: { pages: { use: 'a/b', items: '${{ page }}', next: null, max: 2 }, as: 'one' },
      steps: [{ id: 'v', let: 1 }],
    },
    {
      id: 'j',
      while: '${{ true }}',
      max: 3,
      steps: [{ id: 'k', fail: { code: 'x', message: 'y' } }],
    },
    { id: 'l', parallel: { one: [], two: { needs: ['one'], steps: [], output: 1 } }, join: 'any' },
    { id: 'm', sleep: '5m' },
    { id: 'n', until: '2026-01-01T00:00:00Z' },
    { id: 'o', try: [{ id: 'p', let: 1 }], catch: [{ on: ['X'], steps: [] }], finally: [] },
    { id: 'q', try: [{ id: 'r', let: 1 }], catch: [{ id: 's', let: 1 }] },
    { id: 't', assert: true, message: 'x' },
  ],
  outputs: 1,
}

const complete = compileSchema(schemaOf('flow'))

function verdicts(value: Json): readonly [boolean, boolean] {
  const document = parseDocument({ file: 'a', text: JSON.stringify(value) })
  const problems = checkShape(document, schemaOf('flow') as ShapeSchema)
  return [problems.length === 0, complete(document.value as Json) === undefined]
}

test('a flow with every kind of step is right for both', () => {
  expect(verdicts(flow)).toEqual([true, true])
})

test('after any damage, checker and validator agree', { timeout: 60_000 }, () => {
  const places = placesOf(flow)
  const junk = fc.constantFrom<Json>(
    null,
    true,
    0,
    -1,
    1.5,
    1e9,
    '',
    'x',
    'A/b',
    '5 m',
    [],
    {},
    [1],
    { id: 'z' },
  )
  const damage = fc.record({
    place: fc.constantFrom(...places),
    how: fc.constantFrom('replace', 'remove', 'add', 'rename'),
    junk,
  })
  let wrong = 0
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
      const value = damages.reduce<Json>(damaged, flow)
      const [ours, theirs] = verdicts(value)
      if (!ours) wrong += 1
      expect(ours).toBe(theirs)
    }),
    { numRuns: 800 },
  )
  expect(wrong).toBeGreaterThan(250)
})

type Path = readonly (string | number)[]

function placesOf(value: Json, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [
    path,
    ...Object.entries(value).flatMap(([key, part]) => placesOf(part as Json, [...path, key])),
  ]
}

function damaged(value: Json, damage: { place: Path; how: string; junk: Json }): Json {
  const copy = JSON.parse(JSON.stringify(value)) as Json
  const { place, how, junk } = damage
  if (place.length === 0) return how === 'replace' ? junk : copy
  let parent: unknown = copy
  for (const key of place.slice(0, -1)) parent = (parent as Record<string, unknown> | null)?.[key]
  if (typeof parent !== 'object' || parent === null) return copy
  const holder = parent as Record<string, unknown>
  const key = String(place.at(-1))
  if (how === 'replace') holder[key] = junk
  else if (how === 'remove' && !Array.isArray(holder)) delete holder[key]
  else if (how === 'add' && !Array.isArray(holder)) holder['extra'] = junk
  else if (how === 'rename' && !Array.isArray(holder)) {
    holder[`${key}x`] = holder[key]
    delete holder[key]
  }
  return copy
}
