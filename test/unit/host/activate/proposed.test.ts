/**
 * Goal: an approval is for a plan that somebody was shown; a digest that is none of them is met
 * with those that there are.
 */
import { expect, test } from 'vitest'

import { type Digest, digestOfText } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import {
  allProposed,
  noteProposed,
  placeOf,
  requireProposed,
} from '#engine/host/activate/proposed.ts'

const mirrors = [
  { id: 'm1', name: 'acme/flows' },
  { id: 'm2', name: 'acme/tools' },
]
const plan = (n: number): Digest => digestOfText(`plan ${n}`)

function notes() {
  const kept = new Map<string, string>()
  return {
    note: (key: string) => kept.get(key),
    setNote: (key: string, value: string) => void kept.set(key, value),
  }
}

function refusal(work: () => unknown): IonError {
  try {
    work()
  } catch (thrown) {
    if (thrown instanceof IonError) return thrown
  }
  throw new Error('it was not refused')
}

test('of many proposals of a mirror the latest stay, each digest once', () => {
  const memory = notes()
  for (let n = 0; n < 200; n++)
    noteProposed(memory, 'm1', { planDigest: plan(n), commit: `c${n}`, at: n })
  noteProposed(memory, 'm1', { planDigest: plan(199), commit: 'again', at: 200 })
  noteProposed(memory, 'm2', { planDigest: plan(7), commit: 'c', at: 500, pull: 3 })
  const known = allProposed(memory, mirrors)
  expect(known).toHaveLength(limits.proposalsKeptMax + 1)
  expect(known.slice(0, 2)).toMatchObject([
    { mirror: 'acme/tools', pull: 3 },
    { mirror: 'acme/flows', commit: 'again' },
  ])
  expect(known.map(placeOf)[0]).toBe('acme/tools #3 at c')
  expect(requireProposed(known, plan(199))).toHaveLength(1)
  expect(allProposed(memory, [])).toEqual([])
})

test('a digest that is nearly one of them is met with the one that was meant', () => {
  const memory = notes()
  noteProposed(memory, 'm1', { planDigest: plan(1), commit: 'c', at: 1 })
  const known = allProposed(memory, mirrors)
  const slip = plan(1).replace(/.$/, (last) => (last === '0' ? '1' : '0')) as Digest
  const near = refusal(() => requireProposed(known, slip))
  expect(near).toMatchObject({ code: 'CLI_USAGE', data: { digest: slip, proposed: [plan(1)] } })
  expect(near.message).toContain(`Did you mean "${plan(1)}"?`)
  const other = refusal(() => requireProposed(known, plan(2)))
  expect(other.message).toContain(`${plan(1)} (acme/flows at c)`)
  expect(refusal(() => requireProposed([], plan(2))).message).toContain('Nothing waits')
})
