/**
 * Goal: nothing becomes active that the policy of the active version does not let through.
 */
import { describe, expect, test } from 'vitest'

import { digestOfText } from '#engine/core/digest.ts'
import type { Activation } from '#engine/dsl/repository.ts'
import { type Approval, mayActivate } from '#engine/plan/approval/may-activate.ts'
import {
  bothPolicies,
  firstPolicy,
  policyFindings,
  policyOf,
} from '#engine/plan/approval/policy.ts'
import type { Change, ChangeSeverity, Finding, FlowChange } from '#engine/plan/change/change.ts'

const planDigest = digestOfText('plan')

function change(severity?: ChangeSeverity): Pick<Change, 'findings' | 'flows' | 'planDigest'> {
  const finding: Finding = {
    code: 'PLAN_HOST_ADDED',
    severity: severity ?? 'info',
    message: 'It may newly call "b.example".',
    flow: 'a',
  }
  const flow = { id: 'a' } as FlowChange
  return { planDigest, flows: [flow], findings: severity === undefined ? [] : [finding] }
}

const merge: Approval = { by: 'merge', branch: 'main', commit: 'c' }
const operator: Approval = { by: 'operator', name: 'root', at: 1 }
const ada: Approval = { by: 'signature', name: 'ada' }
const key = 'ssh-ed25519 AAAA'

const may = (severity: ChangeSeverity | undefined, given: Activation, ...list: Approval[]) =>
  mayActivate({ change: change(severity), policy: policyOf(given), approvals: list }).may

describe('a merge is an approval', () => {
  test.each([
    [undefined, {}, true],
    ['info', {}, true],
    ['review', {}, true],
    ['escalation', {}, false],
    ['block', {}, false],
    ['escalation', { merge: 'escalation' }, true],
    ['block', { merge: 'escalation' }, false],
    ['info', { merge: 'none' }, false],
    ['review', { merge: 'info' }, false],
  ] as const)('of %s under %j: %s', (severity, policy, expected) => {
    expect(may(severity, policy, merge)).toBe(expected)
  })
})

test('without any approval nothing but an empty change becomes active', () => {
  expect(may(undefined, {})).toBe(false)
  const empty = { planDigest, flows: [], findings: [] }
  const verdict = mayActivate({ change: empty, policy: firstPolicy, approvals: [] })
  expect(verdict).toEqual({ may: true, approvals: [] })
})

test('a signature counts as far as its approver reaches, and only for one who is named', () => {
  expect(may('escalation', { approvers: { ada: { key } } }, merge, ada)).toBe(true)
  expect(may('escalation', { approvers: { ada: { key, up_to: 'review' } } }, merge, ada)).toBe(
    false,
  )
  expect(may('escalation', { approvers: { bob: { key } } }, merge, ada)).toBe(false)
})

test('a quorum counts people, not approvals', () => {
  const policy = { quorum: 2, approvers: { ada: { key } } }
  const twice: Approval = { by: 'operator', name: 'ada', at: 2 }
  expect(may('escalation', policy, ada, twice, merge)).toBe(false)
  expect(may('escalation', policy, ada, operator)).toBe(true)
  expect(may('review', policy, merge)).toBe(true)
})

test('nobody approves what blocks', () => {
  const policy = { merge: 'escalation', approvers: { ada: { key } } } as const
  const verdict = mayActivate({
    change: change('block'),
    policy: policyOf(policy),
    approvals: [merge, operator, ada],
  })
  expect(verdict).toMatchObject({ may: false, reasons: [{ code: 'MIRROR_PLAN_BLOCKED' }] })
})

test('a held plan says who could approve it', () => {
  const policy = policyOf({ approvers: { ada: { key } } })
  const verdict = mayActivate({ change: change('escalation'), policy, approvals: [merge] })
  expect(verdict).toMatchObject({ may: false, planDigest })
  if (verdict.may) throw new Error('it may')
  expect(verdict.reasons).toMatchObject([{ code: 'MIRROR_PLAN_UNAPPROVED' }])
  expect(verdict.reasons[0]?.message).toMatch(/ada.*ionflux plan approve sha256:/)
})

test('another environment is refused, whoever approves', () => {
  const policy = policyOf({ environments: ['production'] })
  const verdict = (environment?: string) =>
    mayActivate({ change: change('info'), policy, approvals: [merge], environment }).may
  expect([verdict('production'), verdict('staging'), verdict()]).toEqual([true, false, false])
})

test('the first version needs the operator, whatever it says of itself', () => {
  const first = (...approvals: Approval[]) =>
    mayActivate({ change: change('info'), policy: firstPolicy, approvals }).may
  expect([first(merge), first(ada), first(operator)]).toEqual([false, false, true])
})

test('of two policies the stricter part of each counts', () => {
  const own = policyOf({
    merge: 'escalation',
    environments: ['a', 'b'],
    approvers: { own: { key } },
  })
  const over = policyOf({ quorum: 3, environments: ['b', 'c'], approvers: { boss: { key } } })
  expect(bothPolicies(over, own)).toMatchObject({
    merge: 'review',
    quorum: 3,
    environments: ['b'],
    approvers: [{ name: 'boss' }],
  })
  expect(bothPolicies(policyOf(), own).approvers).toMatchObject([{ name: 'own' }])
})

test('while no policy of an organisation is active, no approver of a repository counts', () => {
  const own = policyOf({ merge: 'escalation', approvers: { own: { key } } })
  expect(bothPolicies(firstPolicy, own)).toMatchObject({ merge: 'none', approvers: [] })
})

test('rules that change are found, defaults that are written out are not', () => {
  expect(policyFindings({}, { activation: { merge: 'review', quorum: 1 } })).toEqual([])
  expect(policyFindings({}, { activation: { merge: 'escalation' } })).toMatchObject([
    { code: 'PLAN_POLICY_CHANGED', severity: 'escalation' },
  ])
  const severity = { PLAN_HOST_ADDED: 'info' } as const
  expect(policyFindings({ severity }, {})).toHaveLength(1)
})
