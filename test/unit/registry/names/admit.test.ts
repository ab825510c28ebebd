/**
 * Goal: names made to be taken for others are refused, and honest ones are not. Method: a list
 * of each, taken in one after the other by owners who have nothing to do with each other.
 */
import { describe, expect, test } from 'vitest'

import type { EventBody } from '#registry/event.ts'
import { printPublicKey } from '#registry/events/leaf.ts'
import { refuseName } from '#registry/names/admit.ts'
import { Likeness, looks } from '#registry/names/likeness.ts'
import { RegistryState } from '#registry/rules/state.ts'
import { at, keyFor, origin, RegistryLab } from '#test/fake/registry.ts'

import { honest, squats } from './names.ts'

const likeness = new Likeness()

test('200 honest names stand beside each other', () => {
  const refused: string[] = []
  for (const name of honest) {
    const near = likeness.find(name)
    if (near !== undefined) refused.push(`${name} for ${near}`)
    likeness.add(name)
  }
  expect(refused).toEqual([])
  expect(new Set(honest).size).toBeGreaterThanOrEqual(200)
})

test('60 names that are after one of them are refused', () => {
  const taken = squats.filter(([squat]) => likeness.find(squat) === undefined)
  expect(taken).toEqual([])
  expect(squats.length).toBeGreaterThanOrEqual(60)
})

test.each([
  ['rnodern', 'modern'],
  ['data_dog', 'datadog'],
  ['the-acme-team', 'acme'],
  ['b00k', 'book'],
])('%s looks like %s', (a, b) => {
  expect(looks(a)).toBe(looks(b))
})

describe('a claim', () => {
  const claim = (namespace: string, owner = 'github:1'): EventBody => ({
    event: 'claim',
    log: origin,
    at: at(0),
    namespace,
    owner,
    keys: [printPublicKey(keyFor('x').key)],
  })

  test.each(['std', 'ionflux', 'admin', 'github', 'a', 'two--hyphens', 'end-'])(
    'of "%s" is refused',
    (name) => {
      expect(refuseName(new RegistryState(origin), claim(name))).toBeDefined()
    },
  )

  test('of a name that looks like another is refused, except to its owner and by a reviewer', async () => {
    const lab = await RegistryLab.begin()
    await lab.claim('acme-tools')
    const other = keyFor('acmetools')
    const [own, key] = [keyFor('acme-tools'), printPublicKey(other.key)]
    await expect(lab.claim('acmetools')).rejects.toMatchObject({ code: 'REG_NAME_REFUSED' })
    const by = printPublicKey(own.key)
    await lab.say({ event: 'claim', namespace: 'acmetool', owner: `key:${by}`, keys: [by] }, own)
    await lab.say(
      { event: 'claim', namespace: 'acmetools', owner: 'github:7', keys: [key] },
      other,
      lab.keys.reviewer,
    )
  })

  test('of a name is held to 20,000 others in no time', () => {
    const many = new Likeness()
    for (let i = 0; i < 20_000; i++) many.add(`team${(i * 7_919).toString(36)}x${i}`)
    const begin = process.cpuUsage().user
    for (let i = 0; i < 1_000; i++) many.find(`honest-${i}-name`)
    expect((process.cpuUsage().user - begin) / 1_000).toBeLessThan(500)
  })
})
