/**
 * Goal: one check tells all mistakes of a file, at their place, with the way out.
 */
import { readFileSync } from 'node:fs'

import {
  checkFlow,
  checkFlows,
  checkPlugins,
  checkManifest,
  checkRepository,
} from '#engine/dsl/check.ts'
import { applyFixes } from '#engine/dsl/patch/fix.ts'
import { parseDocument, type Document } from '#engine/dsl/text.ts'
import { describe, expect, test } from 'vitest'

import { world } from './world.ts'

const read = (text: string, file = 'flows/a.flow.yaml'): Document => parseDocument({ file, text })
const head = 'dsl: flux/1\nid: a\npermissions: { git: [read] }\n'
const flow = (steps: string): string => `${head}steps:\n${steps}`
const step = (body: string): string => flow(`  - id: s\n${body.replaceAll(/^/gm, '    ')}\n`)

/** The codes with the words they point at. */
function found(text: string): readonly (readonly [string, string])[] {
  return checkFlow(read(text), world).problems.map(
    ({ code, span }) => [code, text.slice(span?.start, span?.end)] as const,
  )
}

/** The text after the fixes of one check. */
function fixed(text: string, withReview = false): string {
  return applyFixes(text, checkFlow(read(text), world).problems, { withReview }).text
}

describe('a flow', () => {
  test('without mistakes is given back, typed', () => {
    const { flow: checked, problems } = checkFlow(read(step('use: std/git/log@^1')), world)
    expect(problems).toEqual([])
    expect(checked?.steps[0]).toEqual({ id: 's', use: 'std/git/log@^1' })
  })

  test('with many mistakes has all of them told at once, in the order of the text', () => {
    const text = [
      'dsl: flux/1',
      'id: Bad Id',
      'timeout: soon',
      'steps:',
      '  - { id: a, use: std/git/lgo }',
      '  - { id: a, let: 1, retrun: 2 }',
      '  - { id: b, sleep: later }',
    ].join('\n')
    expect(found(text)).toEqual([
      ['DSL_VALUE_FORMAT', 'Bad Id'],
      ['DSL_VALUE_FORMAT', 'soon'],
      ['DSL_REFERENCE_UNKNOWN', 'std/git/lgo'],
      ['DSL_STEP_DUPLICATE', 'a'],
      ['DSL_KEY_UNKNOWN', 'retrun'],
      ['DSL_VALUE_FORMAT', 'later'],
    ])
  })
})

describe('what was meant', () => {
  test.each([
    ['a key', step('let: 1\ndescripton: x'), 'descripton', 'description'],
    ['a key in quotes', step('let: 1\n"descripton": x'), '"descripton"', '"description"'],
    ['a kind of step', step('trasnform: x => x'), 'trasnform', 'transform'],
    ['a required key', step('switch: 1\ncase: {}\ndefault: []'), 'case:', 'cases:'],
    [
      'a value',
      step('each: { in: [1], on_error: colect }\nsteps: [{ id: t, let: 1 }]'),
      'colect',
      'collect',
    ],
    ['an action', step('use: std/git/lgo@^1'), 'lgo', 'log'],
    ['a flow', step("flow: 'chlid'"), 'chlid', 'child'],
    ['a branch', step('parallel: { lint: [], x: { needs: ["lnit"], steps: [] } }'), 'lnit', 'lint'],
  ])('%s is suggested and can be fixed', (_, text, wrong, right) => {
    const after = fixed(text)
    expect(after).toBe(text.replace(wrong, right))
    expect(found(after)).toEqual([])
  })

  test('a key that is like nothing known lists what is', () => {
    const [problem] = checkFlow(read(step('let: 1\nzzzzzz: 1')), world).problems
    expect(problem).toMatchObject({ code: 'DSL_KEY_UNKNOWN', help: 'Known here: description.' })
    expect(problem?.fix).toBeUndefined()
  })
})

describe('steps', () => {
  test.each([
    ['two kinds', step('let: 1\nreturn: 2'), 'DSL_STEP_KIND', 'return'],
    ['an empty then', step('if: true'), 'DSL_KEY_MISSING', 'id: s'],
    ['a long wait', step('sleep: 99999d'), 'DSL_VALUE_FORMAT', '99999d'],
    [
      'a day that is not',
      step('until: 2026-02-30T00:00:00Z'),
      'DSL_VALUE_FORMAT',
      '2026-02-30T00:00:00Z',
    ],
    ['a range that does not fit', step('use: std/git/log@^2'), 'DSL_REFERENCE_UNKNOWN', '^2'],
    [
      'a file that is missing',
      step('transform: ./code/none.ts'),
      'DSL_REFERENCE_UNKNOWN',
      './code/none.ts',
    ],
    [
      'an effect that is tried again',
      step('use: acme/pay\nretry: 2'),
      'PLAN_EFFECT_UNGUARDED',
      'acme/pay',
    ],
  ])('%s is a problem', (_, text, code, words) => {
    expect(found(text)).toContainEqual([code, words])
  })

  test.each([
    ['a wait that an expression gives', step('sleep: ${{ "5m" }}')],
    ['code in a file', step('transform: ./code/tidy.ts')],
    ['code in the flow', step('transform: "export default (input) => input"')],
    ['a catch of every code', step('try: [{ id: t, let: 1 }]\ncatch: [{ id: c, let: 2 }]')],
    [
      'a catch by code',
      step(
        'try: [{ id: t, let: 1 }]\ncatch: [{ on: [RUN_STEP_TIMEOUT], steps: [{ id: c, let: 2 }] }]',
      ),
    ],
    [
      'retry as a number and as a policy',
      step(
        'use: std/git/log\nretry: { max: 5, backoff: { first: 1s, factor: 2, max: 1m, jitter: true }, on: [net] }',
      ),
    ],
  ])('%s is none', (_, text) => expect(found(text)).toEqual([]))

  test('an effect with a key of its own may be tried again', () => {
    const text = step('use: acme/pay\nretry: 2\nidempotency: abc').replace(
      'git: [read]',
      'net: [api.example.com]',
    )
    expect(found(text)).toEqual([])
  })

  test('a condition beside another kind is told how to stand around it', () => {
    const [problem] = checkFlow(read(step('let: 1\nif: true')), world).problems
    expect(problem).toMatchObject({ code: 'DSL_STEP_KIND' })
    expect(problem?.help).toContain('then: [{ id: …, let: … }]')
  })

  test('a duplicate id says where the first one is', () => {
    const text = flow('  - { id: x, let: 1 }\n  - { id: y, if: true, then: [{ id: x, let: 2 }] }\n')
    const [problem] = checkFlow(read(text), world).problems
    expect(problem?.code).toBe('DSL_STEP_DUPLICATE')
    expect(problem?.span?.start).toBe(text.lastIndexOf('x, let'))
    expect(problem?.related?.[0]?.span?.start).toBe(text.indexOf('x, let'))
  })
})

describe('permissions', () => {
  const needs = '  - { id: s, use: std/git/log }\n  - { id: t, use: acme/pay }\n'

  test.each([
    ['none', ''],
    ['an empty mapping', 'permissions: {}\n'],
    ['another one, in a flow mapping', 'permissions: { secrets: [A] }\n'],
    ['another one, in a block mapping', 'permissions:\n  secrets:\n    - A\n'],
    ['another of its kind, in a flow list', 'permissions:\n  net: [b.example.com]\n'],
    ['another of its kind, in a block list', 'permissions:\n  net:\n    - b.example.com\n'],
    ['an empty list', 'permissions:\n  net: []\n'],
  ])('where there is %s, one reviewed fix adds what is missing', (_, permissions) => {
    const text = `dsl: flux/1\nid: a\n${permissions}steps:\n${needs}`
    expect(fixed(text)).toBe(text)
    const after = fixed(text, true)
    const { flow: checked, problems } = checkFlow(read(after), world)
    expect(problems).toEqual([])
    expect(checked?.permissions?.git).toEqual(['read'])
    expect(checked?.permissions?.net).toContain('api.example.com')
    expect(after.endsWith(`steps:\n${needs}`)).toBe(true)
  })

  test('a wildcard covers what is below it and nothing beside it', () => {
    const withNet = (net: string): string =>
      `dsl: flux/1\nid: a\npermissions: { net: ['${net}'] }\nsteps: [{ id: s, use: acme/pay }]\n`
    expect(found(withNet('*.example.com'))).toEqual([])
    expect(found(withNet('*.pi.example.com'))).toEqual([['PLAN_PERMISSION_MISSING', 'acme/pay']])
    expect(found(withNet('example.com'))).toEqual([['PLAN_PERMISSION_MISSING', 'acme/pay']])
  })
})

describe('schemas of inputs', () => {
  test('files that they name become part of the flow', () => {
    const text = `${head}inputs:\n  type: object\n  properties:\n    invoice: { $ref: ../schemas/invoice.json }\nsteps:\n  - { id: s, let: '\${{ inputs.invoice.total + 1 }}' }\n`
    const { flow: checked, problems } = checkFlow(read(text), world)
    expect(problems).toEqual([])
    const taken = checked?.inputs?.['$defs'] as Record<string, unknown>
    expect(Object.keys(taken)).toEqual(['schemas/invoice.json', 'schemas/line.json'])
    expect(JSON.stringify(taken)).not.toContain('example.com')
    expect(taken['schemas/line.json']).toEqual({
      type: 'array',
      items: { $ref: '#/$defs/schemas~1invoice.json/$defs/money' },
    })
  })

  test('a mistake in one has its place, and a word that is nearly one is told', () => {
    const text = `${head}inputs:\n  type: object\n  propertys: {}\n  properties:\n    a: { type: strng }\nsteps: [{ id: s, let: 1 }]\n`
    expect(found(text)).toEqual([
      ['DSL_KEY_UNKNOWN', 'propertys'],
      ['DSL_SCHEMA_MALFORMED', 'strng'],
    ])
  })
})

describe('the other files', () => {
  test('a manifest is checked with its versions and schemas', () => {
    const text =
      'plugin: acme/pay\nversion: "1"\nentry: ../main.ts\nactions:\n  default:\n    effects: unsafee\n    input: { type: objekt }\n'
    const { manifest, problems } = checkManifest(read(text, 'plugin.yaml'))
    expect(manifest).toBeUndefined()
    expect(problems.map(({ code, at }) => [code, at])).toEqual([
      ['DSL_VALUE_FORMAT', '/version'],
      ['DSL_VALUE_FORMAT', '/entry'],
      ['DSL_VALUE_UNKNOWN', '/actions/default/effects'],
      ['DSL_SCHEMA_MALFORMED', '/actions/default/input/type'],
    ])
  })

  test.each(['std/git', 'std/text', 'std/json'])('the manifest of %s has no problem', (name) => {
    const file = `plugins/${name}/plugin.yaml`
    const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
    const { manifest, problems } = checkManifest(read(text, file))
    expect(problems).toEqual([])
    expect(manifest?.plugin).toBe(name)
  })

  test('a marker may be empty and may not lead out of the repository', () => {
    expect(checkRepository(read('# nothing\n')).repository).toEqual({})
    expect(checkRepository(read('namespace: acme\nflows: ["a/*.yaml"]\n')).problems).toEqual([])
    const { problems } = checkRepository(read('flows: ["../**"]\n'))
    expect(problems.map(({ code }) => code)).toEqual(['DSL_VALUE_FORMAT'])
  })

  test('two flows of one id are told at the second, with the file of the first', () => {
    const [a, b] = [read('id: x\n', 'a.flow.yaml'), read('id: x\n', 'b.flow.yaml')]
    const [problem] = checkFlows([a, b, read('id: y\n', 'c.flow.yaml')])
    expect(problem).toMatchObject({ code: 'DSL_FLOW_DUPLICATE', file: 'b.flow.yaml' })
    expect(problem?.related?.[0]).toMatchObject({ file: 'a.flow.yaml', span: { start: 4, end: 5 } })
  })

  test('two plugins of one name are told at the second, with the file of the first', () => {
    const [a, b] = [
      read('plugin: me/x\n', 'a/plugin.yaml'),
      read('plugin: me/x\n', 'b/plugin.yaml'),
    ]
    const problems = checkPlugins([a, b, read('plugin: me/y\n', 'c/plugin.yaml')])
    const related = [{ file: 'a/plugin.yaml' }]
    expect(problems).toMatchObject([
      { code: 'DSL_PLUGIN_DUPLICATE', file: 'b/plugin.yaml', at: '/plugin', related },
    ])
  })
})
