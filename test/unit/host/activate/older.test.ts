/**
 * Goal: a version that is not the head is nobody's merge. A person asks for it and approves
 * it, and then it stays.
 */
import { expect, test } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import { type Outcome, rollBack, tryActivate } from '#engine/host/activate/activate.ts'

import { flow, type Place, place } from './parts.ts'

/** Approves what is held. */
function approve({ memory }: Place, outcome: Outcome): void {
  if (outcome.kind !== 'held') throw new Error(outcome.kind)
  const planDigest: Digest = outcome.proposal.compared.change.planDigest
  memory.approve({ planDigest, name: 'root', at: 1 })
}

test('an older version waits for a person, holds the mirror, and can be rolled back', async () => {
  using at = place()
  const attempt = async (): Promise<Outcome> => await tryActivate(at.parts, at.mirror())
  at.push(flow('a.example'))
  approve(at, await attempt())
  expect((await attempt()).kind).toBe('activated')
  const first = at.memory.active('m1')
  if (first === undefined) throw new Error('nothing is active')
  const newest = at.push(flow('a.example', 'schedule: { cron: "0 10 * * *" }'))
  expect((await attempt()).kind).toBe('activated')

  const older = { commit: first.commit, tree: first.tree, isOlder: true } as const
  const back = async (): Promise<Outcome> => await tryActivate(at.parts, at.mirror(), older)
  const held = await back()
  expect(at.mirrors.facts('m1').active).toMatchObject({ commit: newest })
  expect(at.mirrors.facts('m1').active.problem).toBeUndefined()
  expect(at.mirror().hold).toBeUndefined()
  approve(at, held)
  expect(await back()).toMatchObject({ activation: { commit: first.commit } })
  expect(at.mirror().hold).toMatchObject({ by: 'person' })
  expect((await attempt()).kind).toBe('none')
  expect((await back()).kind).toBe('none')
  expect(rollBack(at.parts, at.mirror()).commit).toBe(newest)
})
