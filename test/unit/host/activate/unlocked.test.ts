/**
 * Goal: what runs of a mirror is what its commit names, also where it comes with ionflux.
 */
import { expect, test } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import { type Outcome, tryActivate } from '#engine/host/activate/activate.ts'
import { makeLock } from '#engine/host/lock/make-lock.ts'
import { type Lock, printLock } from '#engine/plan/lock/lock.ts'

import { type Place, place } from './parts.ts'

const attempt = async ({ parts, mirror }: Place): Promise<Outcome> =>
  await tryActivate(parts, mirror())

function approve({ memory }: Place, outcome: Outcome): void {
  if (outcome.kind !== 'held') throw new Error(outcome.kind)
  memory.approve({ planDigest: outcome.held.planDigest, name: 'root', at: 1 })
}

test('a flow that uses what comes with ionflux waits for a lock that says which', async () => {
  using at = place()
  const using =
    'dsl: flux/1\nid: a\nsteps:\n  - { id: get, use: std/json/query@^1, with: { value: 1, path: "$" } }\n'
  const calling = 'dsl: flux/1\nid: b\nsteps:\n  - { id: one, flow: a }\n'
  const texts = { 'flows/a.flow.yaml': using, 'flows/b.flow.yaml': calling }
  const commit = at.push(texts)
  const outcome = await attempt(at)
  approve(at, outcome)
  expect(outcome).toMatchObject({
    kind: 'held',
    held: { byOperator: false },
    proposal: { verdict: { reasons: [{ message: expect.stringContaining('"std/json"') }, {}] } },
  })
  expect((await attempt(at)).kind).toBe('held')
  const { tree } = at.mirrors.facts('m1').mirrored
  const files = at.parts.filesOf(at.mirror(), { commit, tree: tree as Digest })
  const { lock } = await makeLock(files, { before: undefined })
  at.push({ ...texts, 'ionflux.lock': printLock(lock as Lock) })
  approve(at, await attempt(at))
  expect((await attempt(at)).kind).toBe('activated')
})
