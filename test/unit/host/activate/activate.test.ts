/**
 * Goal: nothing but an approved plan becomes active, the last good version stays while
 * something newer is held, and a crash in between leaves one of the two, whole.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import { openWatchMemory } from '#engine/durable/watch/memory.ts'
import { type Outcome, rollBack, settle, tryActivate } from '#engine/host/activate/activate.ts'
import type { Activator } from '#engine/host/activate/activate.ts'

import { policyOf } from '#engine/plan/approval/policy.ts'

import { flow, type Place, place, type Texts } from './parts.ts'

const attempt = async ({ parts, mirror }: Place): Promise<Outcome> =>
  await tryActivate(parts, mirror())

/** The digest of the plan that is held. */
function heldDigest(outcome: Outcome): Digest {
  if (outcome.kind !== 'held' || outcome.proposal.verdict.may) throw new Error(outcome.kind)
  return outcome.proposal.verdict.planDigest
}

/** Makes `texts` active, with the approval of the operator. */
async function active(at: Place, texts: Texts): Promise<void> {
  at.push(texts)
  const planDigest = heldDigest(await attempt(at))
  at.memory.approve({ planDigest, name: 'root', at: 1 })
  expect((await attempt(at)).kind).toBe('activated')
}

test('the first version waits for the operator, the next harmless one does not', async () => {
  using at = place()
  await active(at, flow('a.example'))
  const commit = at.push(flow('a.example', 'schedule: { cron: "0 10 * * *" }'))
  const outcome = await attempt(at)
  expect(outcome).toMatchObject({ kind: 'activated', activation: { approvals: [{ by: 'merge' }] } })
  expect(at.mirrors.facts('m1').active).toMatchObject({ commit, flows: 1 })
  expect((await attempt(at)).kind).toBe('current')
})

test('a new host is held beside the good version, until exactly that plan is approved', async () => {
  using at = place()
  await active(at, flow('a.example'))
  const good = at.memory.active('m1')?.commit
  at.push(flow('b.example'))
  const planDigest = heldDigest(await attempt(at))
  expect(at.mirrors.facts('m1').active).toMatchObject({
    commit: good,
    problem: { code: 'MIRROR_PLAN_UNAPPROVED' },
  })
  at.push(flow('c.example'))
  at.memory.approve({ planDigest, name: 'root', at: 1 })
  expect(heldDigest(await attempt(at))).not.toBe(planDigest)
  const back = at.push(flow('b.example'))
  expect(await attempt(at)).toMatchObject({ kind: 'activated', activation: { commit: back } })
  expect(at.mirrors.facts('m1').active.problem).toBeUndefined()
})

test('a broken head is held, whoever approves', async () => {
  using at = place()
  await active(at, flow('a.example'))
  at.push({ 'flows/a.flow.yaml': 'dsl: flux/1\nid: a\nsteps: 7\n' })
  const planDigest = heldDigest(await attempt(at))
  at.memory.approve({ planDigest, name: 'root', at: 1 })
  const outcome = await attempt(at)
  expect(outcome).toMatchObject({
    kind: 'held',
    proposal: { verdict: { reasons: [{ code: 'MIRROR_PLAN_BLOCKED' }] } },
  })
})

test.each([
  ['a policy that cannot be read', { 'ionflux.yaml': 'activation: { merge: all }\n' }, {}],
  ['a lock that names something else', { 'ionflux.lock': lockOf('0') }, {}],
  ['a flow beyond the ceiling of the mirror', {}, { maxCaps: ['net:z.example'] }],
])('%s blocks', async (_, texts, mirror) => {
  using at = place()
  at.push({ ...flow('a.example'), ...texts })
  const outcome = await tryActivate(at.parts, { ...at.mirror(), ...mirror })
  expect(outcome).toMatchObject({
    kind: 'held',
    proposal: { verdict: { reasons: [{ code: 'MIRROR_PLAN_BLOCKED' }, {}] } },
  })
})

function lockOf(digit: string): string {
  const head = '# Written by `ionflux lock`. What runs is what these digests name.'
  return `${head}\nlock: 1\npackages: {}\nflows:\n  a:\n    exec: sha256:${digit.repeat(64)}\n`
}

describe('a signature in the repository', () => {
  const sign = (dir: string, planDigest: string, space = 'ionflux-plan'): string => {
    const file = join(dir, 'plan.txt')
    writeFileSync(file, `${planDigest}\n`)
    execFileSync('ssh-keygen', ['-Y', 'sign', '-n', space, '-f', join(dir, 'key'), file], {
      stdio: 'ignore',
    })
    const text = readFileSync(`${file}.sig`, 'utf8')
    execFileSync('rm', [`${file}.sig`])
    return text
  }
  const keyIn = (dir: string): string => {
    const args = ['-q', '-t', 'ed25519', '-N', '', '-C', 'ada', '-f', join(dir, 'key')]
    execFileSync('ssh-keygen', args)
    return readFileSync(join(dir, 'key.pub'), 'utf8').trim()
  }
  const policy = (key: string): Texts => ({
    'ionflux.yaml': `activation: { operator: none, approvers: { ada: { key: "${key}" } } }\n`,
  })
  const named = (planDigest: string, text: string): Texts => ({
    [`approvals/${planDigest.slice(7)}.ada.sig`]: text,
  })

  test('of an approver of the active version is an approval, and nothing else is one', async () => {
    using at = place()
    const key = keyIn(at.dir)
    await active(at, { ...flow('a.example'), ...policy(key) })
    const next = { ...flow('b.example'), ...policy(key) }
    at.push(next)
    const planDigest = heldDigest(await attempt(at))
    const good = sign(at.dir, planDigest)
    for (const text of [
      sign(at.dir, `sha256:${'0'.repeat(64)}`),
      sign(at.dir, planDigest, 'file'),
      good.replace(/[A-Z]{4}/, 'AAAA'),
      'no signature',
    ]) {
      at.push({ ...next, ...named(planDigest, text) })
      expect((await attempt(at)).kind).toBe('held')
    }
    at.memory.approve({ planDigest, name: 'root', at: 1 })
    expect((await attempt(at)).kind).toBe('held')
    at.push({ ...next, ...named(planDigest, good) })
    expect(await attempt(at)).toMatchObject({
      kind: 'activated',
      activation: { approvals: [{ by: 'signature', name: 'ada' }] },
    })
  })

  test('of a key that only the change itself names is none', async () => {
    using at = place()
    const key = keyIn(at.dir)
    await active(at, flow('a.example'))
    const next = { ...flow('a.example'), ...policy(key) }
    at.push(next)
    const planDigest = heldDigest(await attempt(at))
    at.push({ ...next, ...named(planDigest, sign(at.dir, planDigest)) })
    expect((await attempt(at)).kind).toBe('held')
  })
})

test('a rollback goes back a version, holds, and goes back further the next time', async () => {
  using at = place()
  await active(at, flow('a.example'))
  const [first] = at.memory.activations('m1', 1)
  const hourly = async (hour: number): Promise<string> => {
    const commit = at.push(flow('a.example', `schedule: { cron: "0 ${hour} * * *" }`))
    expect(await attempt(at)).toMatchObject({ activation: { commit } })
    return commit
  }
  const second = await hourly(10)
  await hourly(11)
  expect(rollBack(at.parts, at.mirror())).toMatchObject({ kind: 'rolled-back', commit: second })
  expect(await attempt(at)).toMatchObject({ kind: 'none', reason: expect.stringContaining('back') })
  expect(rollBack(at.parts, at.mirror()).commit).toBe(first?.commit)
  expect(at.mirrors.facts('m1').active.commit).toBe(first?.commit)
  expect(() => rollBack(at.parts, at.mirror())).toThrow(
    expect.objectContaining({ code: 'CLI_USAGE' }),
  )
  at.mirrors.apply('m1', { hold: null })
  await hourly(12)
  expect(rollBack(at.parts, at.mirror()).commit).toBe(first?.commit)
})

describe('what a person does while a version is judged', () => {
  const during = async (at: Place, work: () => void): Promise<Outcome> => {
    const organisation = async (): Promise<undefined> => {
      work()
    }
    return await tryActivate({ ...at.parts, organisation }, at.mirror())
  }
  const hourly = (hour: number): Texts => flow('a.example', `schedule: { cron: "0 ${hour} * * *" }`)

  test('a rollback stays: the version that was compared with is not active any more', async () => {
    using at = place()
    await active(at, flow('a.example'))
    const first = at.memory.active('m1')?.commit
    at.push(hourly(10))
    await attempt(at)
    at.push(hourly(11))
    const outcome = await during(at, () => {
      rollBack(at.parts, at.mirror())
      at.mirrors.apply('m1', { hold: null })
    })
    expect(outcome).toMatchObject({ kind: 'none', reason: expect.stringContaining('judged again') })
    expect(at.memory.active('m1')?.commit).toBe(first)
    expect(await attempt(at)).toMatchObject({ kind: 'activated' })
  })

  test('a hold holds, and a mirror that is taken out has no new version', async () => {
    using at = place()
    await active(at, flow('a.example'))
    const first = at.memory.active('m1')?.commit
    at.push(hourly(10))
    const hold = { reason: 'It is looked into.', at: 1, by: 'person' } as const
    const held = await during(at, () => at.mirrors.apply('m1', { hold }))
    expect(held).toEqual({ kind: 'none', reason: hold.reason })
    at.mirrors.apply('m1', { hold: null })
    expect(await during(at, () => at.mirrors.remove('m1'))).toMatchObject({ kind: 'none' })
    expect(at.memory.active('m1')?.commit).toBe(first)
  })

  test('a rollback of what another process has just replaced is none', async () => {
    using at = place()
    await active(at, flow('a.example'))
    at.push(hourly(10))
    await attempt(at)
    const stale = at.memory.activations('m1', 10)
    const memory = { ...at.memory, activations: () => stale }
    at.push(hourly(11))
    await attempt(at)
    expect(() => rollBack({ ...at.parts, memory }, at.mirror())).toThrow(
      expect.objectContaining({ code: 'CLI_USAGE', message: expect.stringContaining('meanwhile') }),
    )
    expect(at.mirror().hold).toBeDefined()
  })
})

test('a crash at any write leaves the old version or the new one, and settles', async () => {
  for (let deadAfter = 0; ; deadAfter++) {
    using at = place()
    await active(at, flow('a.example'))
    const before = at.memory.active('m1')?.commit
    const after = at.push(flow('a.example', 'schedule: { cron: "0 10 * * *" }'))
    const dying = dies(at.parts, deadAfter)
    const hasDied = await tryActivate(dying, at.mirror()).then(
      () => false,
      (thrown: Error) => thrown.message === 'died',
    )
    at.memory.close()
    using memory = disposable(openWatchMemory(at.dir))
    const parts = { ...at.parts, memory: memory.value }
    settle(parts)
    const now = memory.value.active('m1')
    expect([before, after]).toContain(now?.commit)
    expect(at.mirrors.facts('m1').active.commit).toBe(now?.commit)
    for (const digest of now?.flows.flatMap(({ blobs }) => blobs) ?? [])
      expect(at.mirrors.content.has(digest)).toBe(true)
    const outcome = await tryActivate(parts, at.mirror())
    expect(outcome).toMatchObject({ activation: { commit: after } })
    if (!hasDied) break
    expect(deadAfter).toBeLessThan(10)
  }
})

function disposable<T extends { close(): void }>(value: T): Disposable & { readonly value: T } {
  return { value, [Symbol.dispose]: () => value.close() }
}

/** Parts whose process dies at the write after `left` others. */
function dies(parts: Activator, left: number): Activator {
  let writes = 0
  const mortal =
    <A extends readonly unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      if (writes++ === left) throw new Error('died')
      return work(...args)
    }
  const { mirrors, memory } = parts
  return {
    ...parts,
    memory: { ...memory, activate: mortal(memory.activate) },
    mirrors: {
      ...mirrors,
      apply: mortal(mirrors.apply),
      content: { ...mirrors.content, putAll: mortal(mirrors.content.putAll) },
    },
  }
}

describe('the policy of an organisation', () => {
  test('counts beside that of the repository, and the stricter part of both', async () => {
    let over = policyOf()
    using at = place({ organisation: async () => over })
    await active(at, flow('a.example'))
    over = policyOf({ merge: 'none' })
    at.push(flow('a.example', 'schedule: { cron: "0 10 * * *" }'))
    expect((await attempt(at)).kind).toBe('held')
    over = policyOf({ merge: 'escalation' })
    expect((await attempt(at)).kind).toBe('activated')
    at.push(flow('b.example'))
    expect((await attempt(at)).kind).toBe('held')
  })
})
