/**
 * Goal: a reviewer is told what a change gives a flow and takes from it, and nothing else.
 * Method: pairs of flows that differ in one thing, and random edits that must not be missed.
 */
import { describe, expect, test } from 'vitest'

import { type JsonObject, wordOf } from '#engine/core/json.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import type { ActionSpec } from '#engine/dsl/world.ts'
import type { ChangePolicy, FlowVersion, Side } from '#engine/plan/change/change.ts'
import { compareSides } from '#engine/plan/change/compare.ts'
import { digestOfText } from '#engine/core/digest.ts'

const actions: readonly ActionSpec[] = [
  { name: 'acme/pay', version: '1.0.0', effects: 'unsafe', capabilities: { net: ['pay.example'] } },
  { name: 'acme/get', version: '1.0.0', effects: 'read', capabilities: { net: ['*'] } },
]

const base = `dsl: flux/1
id: a
on:
  schedule: { cron: "0 9 * * 1-5" }
inputs: { type: object, required: [n], properties: { n: { type: integer } } }
permissions: { net: [api.example], secrets: [TOKEN], budget: { usd: 1 } }
timeout: 10m
steps:
  - { id: first, use: acme/get@^1, with: { url: x, token: { secret: TOKEN } }, retry: 3 }
  - id: gate
    if: \${{ steps.first.output.ok }}
    then:
      - { id: ok, approve: { ask: "Go?", by: [team:a], quorum: 2 } }
      - { id: hold, assert: "\${{ inputs.n > 0 }}" }
  - { id: last, let: { v: "\${{ steps.first.output.v }}" } }
outputs: { v: "\${{ steps.last.output.v }}" }
`

function version(text: string, file = 'flows/a.flow.yaml'): FlowVersion {
  const document = parseDocument({ file, text })
  const flow = document.value as JsonObject
  return {
    id: wordOf(flow['id']),
    document,
    flow,
    digest: digestOfText(text.replace(/^on:\n {2}.*\n/m, '')),
    errors: [],
    findAction: (name) => actions.find((one) => one.name === name),
  }
}

const side = (...versions: readonly FlowVersion[]): Side =>
  new Map(versions.map((one) => [one.id, one]))

const change = (after: string, policy?: ChangePolicy) =>
  compareSides({
    before: side(version(base)),
    after: side(version(after)),
    ...(policy === undefined
      ? {}
      : { policies: { before: { severity: policy }, after: { severity: policy } } }),
  })

const edit = (from: string | RegExp, to: string): string => {
  const text = base.replace(from, to)
  expect(text).not.toBe(base)
  return text
}

test('the same text is no change', () => {
  expect(change(base)).toMatchObject({ flows: [], unchanged: 1, findings: [] })
})

describe('tells', () => {
  test.each([
    [
      'a new host',
      /api\.example]/,
      'api.example, b.example]',
      ['PLAN_HOST_ADDED', 'PLAN_SECRET_REACH'],
    ],
    ['a new secret', '[TOKEN]', '[TOKEN, OTHER]', ['PLAN_SECRET_ADDED']],
    ['another power', 'budget', 'git: [write], budget', ['PLAN_POWER_ADDED']],
    ['a larger budget', 'usd: 1', 'usd: 5', ['PLAN_SAFEGUARD_WEAKENED']],
    ['a budget that is gone', ', budget: { usd: 1 }', '', ['PLAN_SAFEGUARD_REMOVED']],
    ['a longer time limit', '10m', '1h', ['PLAN_SAFEGUARD_WEAKENED']],
    ['no time limit', 'timeout: 10m\n', '', ['PLAN_SAFEGUARD_REMOVED']],
    ['more attempts', 'retry: 3', 'retry: 9', ['PLAN_SAFEGUARD_WEAKENED']],
    ['an approval that is gone', /.*id: ok.*\n/, '', ['PLAN_SAFEGUARD_REMOVED']],
    ['a smaller quorum', 'quorum: 2', 'quorum: 1', ['PLAN_SAFEGUARD_WEAKENED']],
    ['other approvers', 'team:a', 'team:b', ['PLAN_SAFEGUARD_WEAKENED']],
    ['an assertion that is gone', /.*id: hold.*\n/, '', ['PLAN_SAFEGUARD_REMOVED']],
    ['another schedule', '0 9', '*/5 *', ['PLAN_TRIGGER_CHANGED']],
    ['a trigger that is gone', /on:\n.*\n/, '', ['PLAN_TRIGGER_REMOVED']],
    ['a new trigger', 'on:\n', 'on:\n  event: { subject: a.b }\n', ['PLAN_TRIGGER_ADDED']],
    ['an input that must be given', '[n]', '[n, m]', ['PLAN_INTERFACE_BROKEN']],
    ['an input of another type', 'type: integer', 'type: string', ['PLAN_INTERFACE_BROKEN']],
    ['an output that is gone', /outputs: \{ v/, 'outputs: { w', ['PLAN_INTERFACE_BROKEN']],
    [
      'an unsafe step',
      '- { id: last',
      '- { id: pay, use: acme/pay }\n  - { id: last',
      ['PLAN_EFFECT_ADDED'],
    ],
  ])('%s', (_, from, to, codes) => {
    const { findings } = change(edit(from, to))
    expect([...new Set(findings.map(({ code }) => code))].toSorted()).toEqual(codes.toSorted())
  })

  test('nothing of a smaller power or a tighter safeguard', () => {
    const text = base
      .replace('10m', '5m')
      .replace('retry: 3', 'retry: 2')
      .replace('usd: 1', 'usd: 0.5')
    expect(change(text).findings).toEqual([])
  })

  test('code that is another under the same text', () => {
    const after = { ...version(base), digest: digestOfText('other') }
    const { findings } = compareSides({ before: side(version(base)), after: side(after) })
    expect(findings).toMatchObject([{ code: 'PLAN_CODE_CHANGED' }])
  })

  test('a flow that no longer compiles, and blocks', () => {
    const { digest: _, ...rest } = version(base)
    const problem = {
      code: 'DSL_NAME_UNKNOWN',
      severity: 'error',
      message: 'No.',
      at: '/steps/0',
    } as const
    const { findings } = compareSides({
      before: side(version(base)),
      after: side({ ...rest, errors: [problem] }),
    })
    expect(findings).toMatchObject([{ code: 'PLAN_FLOW_BROKEN', severity: 'block' }])
  })

  test('a flow that is removed', () => {
    const { findings, flows } = compareSides({ before: side(version(base)), after: side() })
    expect(flows).toMatchObject([{ kind: 'removed' }])
    expect(findings.map(({ code }) => code)).toEqual(['PLAN_FLOW_REMOVED', 'PLAN_TRIGGER_REMOVED'])
  })

  test('of a new flow everything that it may do', () => {
    const { findings, flows } = compareSides({ before: side(), after: side(version(base)) })
    expect(flows[0]?.steps.map(({ kind }) => kind)).toEqual(Array(5).fill('added'))
    expect(findings.map(({ code }) => code).toSorted()).toEqual([
      'PLAN_HOST_ADDED',
      'PLAN_SECRET_ADDED',
      'PLAN_SECRET_REACH',
      'PLAN_TRIGGER_ADDED',
    ])
  })
})

describe('follows a step', () => {
  const stepsOf = (text: string) =>
    change(text).flows[0]?.steps.map(({ id, kind, isRewired }) => [id, kind, isRewired])

  test('that has another name, through what reads it', () => {
    expect(stepsOf(base.replaceAll(/\bfirst\b/g, 'begin'))).toEqual([['begin', 'renamed', false]])
  })

  test('that went into a block', () => {
    const line = /.*id: last.*\n/.exec(base)?.[0] ?? ''
    const text = base.replace(line, '').replace('    then:\n', `    then:\n    ${line}`)
    expect(stepsOf(text)).toEqual([['last', 'moved', true]])
  })

  test('that changed places with its neighbour', () => {
    const [ok = '', hold = ''] = base.match(/ {6}- .*\n/g) ?? []
    expect(stepsOf(base.replace(ok + hold, hold + ok))).toHaveLength(1)
  })

  test('that reads another step', () => {
    expect(stepsOf(edit('v: "${{ steps.first.output.v }}"', 'v: "${{ inputs.n }}"'))).toEqual([
      ['last', 'changed', true],
    ])
  })
})

test('a policy judges in its own way, and cannot be changed by what it judges', () => {
  const text = edit('10m', '1h')
  expect(change(text).findings).toMatchObject([{ severity: 'review' }])
  const policy = { PLAN_SAFEGUARD_WEAKENED: 'block' } as const
  expect(change(text, policy).findings).toMatchObject([{ severity: 'block' }])
  expect(change(text, policy).planDigest).not.toBe(change(text).planDigest)
})

test('the digest is that of the change, not of the file it is in', () => {
  const text = edit('10m', '1h')
  const moved = compareSides({
    before: side(version(base, 'x/a.flow.yaml')),
    after: side(version(text, 'x/a.flow.yaml')),
  })
  expect(moved.planDigest).toBe(change(text).planDigest)
  expect(change(edit('10m', '2h')).planDigest).not.toBe(change(text).planDigest)
})

describe('an approval is for nothing but what was looked at', () => {
  test('of rules that change, it is for what they become', () => {
    const rules = (name: string) =>
      compareSides({
        before: side(version(base)),
        after: side(version(base)),
        policies: {
          before: {},
          after: { activation: { approvers: { [name]: { key: `ssh-ed25519 ${name}` } } } },
        },
      })
    expect(rules('ada').findings).toEqual(rules('eve').findings)
    expect(rules('ada').planDigest).toBe(rules('ada').planDigest)
    expect(rules('ada').planDigest).not.toBe(rules('eve').planDigest)
  })

  test.each(['added', 'changed'])(
    'of a flow that is %s, it is for what its triggers give',
    (how) => {
      const given = (to: string) =>
        compareSides({
          before: how === 'added' ? side() : side(version(base)),
          after: side(version(edit('1-5" }', `1-5", inputs: { n: ${to} } }`))),
        })
      expect(given('1').flows).toMatchObject([{ kind: how }])
      expect(given('1').planDigest).not.toBe(given('2').planDigest)
    },
  )
})
