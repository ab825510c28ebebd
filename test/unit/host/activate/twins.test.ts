/**
 * Goal: an id of two files is never made active, and the last good version stays.
 */
import { expect, test } from 'vitest'

import { tryActivate } from '#engine/host/activate/activate.ts'

import { flow, place } from './parts.ts'

test('an id of two files is held, whoever approves, and the last good version stays', async () => {
  using at = place()
  const approved = async () => {
    const first = await tryActivate(at.parts, at.mirror())
    if (first.kind !== 'held') throw new Error(first.kind)
    const { planDigest } = first.proposal.compared.change
    at.memory.approve({ planDigest, name: 'root', at: 1 })
    return await tryActivate(at.parts, at.mirror())
  }
  const good = at.push(flow('a.example'))
  expect((await approved()).kind).toBe('activated')
  const [text = ''] = Object.values(flow('a.example'))
  at.push({ ...flow('evil.example'), 'flows/0.flow.yaml': text })
  expect(await approved()).toMatchObject({
    kind: 'held',
    proposal: { verdict: { reasons: [{ code: 'MIRROR_PLAN_BLOCKED' }] } },
  })
  expect(at.memory.active('m1')?.commit).toBe(good)
})
