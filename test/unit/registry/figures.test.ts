/**
 * Goal: a registry of the size that is promised is checked, searched and held to a lock in the
 * time that is promised. Method: a smaller one, in processor time, in units of verifying one
 * signature (0.1 ms where the promises were made), so that a slow machine slows both. Small
 * figures are short, so a neighbour who takes the machine for a moment is forgiven: twice.
 */
import { beforeAll, expect, test } from 'vitest'

import { nodeCrypto as crypto } from '#engine/host/registry/crypto.ts'
import { keyFor } from '#test/fake/registry.ts'

import { measureRegistry, type RegistryFigures } from './measure.ts'

const unitsPerMs = 10 * 2
const entries = 2_000
const leaves = 3_000
const share = entries / 20_000
let figures: readonly RegistryFigures[]
/** Milliseconds of one verification, here and now. */
let unit: number

/** What one verification takes now, the slowest of a few batches. */
function measureUnit(): number {
  const signer = keyFor('figures')
  const message = new Uint8Array(700)
  const signed = { key: signer.key, message, signature: signer.sign(message) }
  const runs = [0, 1, 2].map(() => {
    const from = process.cpuUsage()
    for (let i = 0; i < 300; i++) crypto.verify(signed)
    const { user, system } = process.cpuUsage(from)
    return (user + system) / 1_000 / 300
  })
  return Math.max(...runs)
}

beforeAll(async () => {
  const units = [measureUnit()]
  const measured: RegistryFigures[] = []
  for (let run = 0; run < 2; run++) {
    measured.push(await measureRegistry(entries, leaves))
    units.push(measureUnit())
  }
  figures = measured
  unit = Math.max(...units)
}, 120_000)

const least = (of: (one: RegistryFigures) => number): number => Math.min(...figures.map(of))

test('a log of 100,000 events is checked in 5 s', () => {
  const perLeaf = least(({ checkChains }) => checkChains.cpuMs) / leaves
  expect(perLeaf * 100_000).toBeLessThan(5_000 * unitsPerMs * unit)
})

test('a lock of 200 packages is held to the log in 300 ms', () => {
  expect(least(({ lock }) => lock.cpuMs)).toBeLessThan(300 * unitsPerMs * unit)
})

test('20,000 entries are searched in 50 ms, and in 300 ms from the file', () => {
  expect(least(({ searchWarmMs }) => searchWarmMs)).toBeLessThan(50 * share * 2 * unitsPerMs * unit)
  expect(least(({ searchCold }) => searchCold.cpuMs)).toBeLessThan(300 * share * unitsPerMs * unit)
})

test('the index for one name is at most 10 KB', () => {
  expect(Math.max(...figures.map(({ viewBytesMax }) => viewBytesMax))).toBeLessThanOrEqual(10_000)
})
