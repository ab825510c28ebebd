/**
 * Goal: a wait that cannot work is told before anything runs, and what a wait yields is typed.
 */
import { describe, expect, test } from 'vitest'

import { checkFlow } from '#engine/dsl/check.ts'
import { fits, isPattern, isSubject } from '#engine/dsl/subject.ts'
import { parseDocument } from '#engine/dsl/text.ts'

import { world } from './world.ts'

/** The codes with the words they point at. */
function found(...steps: readonly string[]): readonly string[] {
  const text = `dsl: flux/1\nid: a\nsteps:\n${steps.map((step) => `  - ${step}\n`).join('')}`
  const document = parseDocument({ file: 'a.flow.yaml', text })
  return checkFlow(document, world).problems.map(
    ({ code, span }) => `${code} ${text.slice(span?.start, span?.end)}`,
  )
}

describe('an await', () => {
  test.each([
    ['neither a signal nor an event', '{ timeout: 1h }', 'DSL_KEY_MISSING'],
    ['both', '{ signal: a, event: b }', 'DSL_KEY_MISSING'],
    ['a name that is none', '{ signal: is paid }', 'DSL_VALUE_FORMAT is paid'],
    ['a subject that is none', "{ event: 'orders.>.paid' }", "DSL_VALUE_FORMAT 'orders.>.paid'"],
    ['all without an end', '{ signal: a, count: all }', 'DSL_KEY_MISSING'],
    ['none', '{ signal: a, count: 0 }', 'DSL_VALUE_FORMAT 0'],
    ['some', '{ signal: a, count: some }', 'DSL_VALUE_UNKNOWN some'],
    ['a time that is none', '{ signal: a, timeout: soon }', 'DSL_VALUE_FORMAT soon'],
    ['a time beyond bounds', '{ signal: a, timeout: 99999d }', 'DSL_VALUE_FORMAT 99999d'],
    ['an end without a time', '{ signal: a, on_timeout: fail }', 'DSL_KEY_MISSING'],
    [
      'an end that is none',
      '{ signal: a, timeout: 1h, on_timeout: stop }',
      'DSL_VALUE_UNKNOWN stop',
    ],
    ['a condition of a number', "{ signal: a, where: '${{ 1 + 1 }}' }", 'DSL_EXPRESSION_TYPE'],
    ['a number as a name', "{ signal: '${{ 1 + 1 }}' }", 'DSL_EXPRESSION_TYPE'],
    ['a word that is none', '{ signal: a, matches: {} }', 'DSL_KEY_UNKNOWN matches'],
  ])('for %s is refused', (_, what, problem) => {
    const [first] = found(`{ id: s, await: ${what} }`)
    expect(first).toContain(problem)
  })

  test('takes names and subjects as expressions give them', () => {
    const step = `{ id: s, await: { event: 'orders.\${{ run.id }}.*', match: { of: '\${{ inputs }}' }, timeout: '\${{ "1h" }}' } }`
    expect(found(step)).toEqual([])
  })

  test('sees what came as event, and what came is what it yields', () => {
    const step = (output: string): string =>
      `{ id: s, await: { signal: a, where: '\${{ event.data.n > 1 }}' }, output: '\${{ event.${output} }}' }`
    expect(found(step('by'))).toEqual([])
    expect(found(step('subject'))[0]).toContain('DSL_FIELD_UNKNOWN')
    const after = (use: string): readonly string[] =>
      found('{ id: s, await: { signal: a } }', `{ id: t, let: '\${{ steps.s.output.${use} }}' }`)
    expect(after('data.amount')).toEqual([])
    expect(after('payload')[0]).toContain('DSL_FIELD_UNKNOWN')
  })

  test('of several yields a list', () => {
    const [first] = found(
      '{ id: s, await: { signal: a, count: 2 } }',
      "{ id: t, let: '${{ steps.s.output.data }}' }",
    )
    expect(first).toMatch(/DSL_(FIELD_UNKNOWN|EXPRESSION_TYPE)/)
  })

  test('has steps of its own, which have ids of the flow and see what is before it', () => {
    const late = (id: string, value: string): string =>
      `{ id: s, await: { signal: a, timeout: 1h, on_timeout: [{ id: ${id}, let: '${value}' }] } }`
    expect(found('{ id: b, let: 1 }', late('c', '${{ steps.b.output }}'))).toEqual([])
    expect(found('{ id: b, let: 1 }', late('b', 'x'))).toEqual(['DSL_STEP_DUPLICATE b'])
    expect(found(late('c', '${{ steps.nobody.output }}'))[0]).toContain('DSL_NAME_UNKNOWN')
    expect(found(late('c', '1'), "{ id: z, let: '${{ steps.c.output }}' }")[0]).toContain(
      'DSL_NAME_UNKNOWN',
    )
  })
})

describe('an approve', () => {
  test.each([
    ['nobody', '{ ask: a, by: [ann] }', 'DSL_VALUE_FORMAT ann'],
    ['an empty list', '{ ask: a, by: [] }', 'DSL_VALUE_FORMAT []'],
    ['more than there are', '{ ask: a, by: [user:x], quorum: 2 }', 'DSL_VALUE_FORMAT 2'],
    ['nothing', '{ by: [anyone] }', 'DSL_KEY_MISSING'],
    ['an end without a time', '{ ask: a, on_timeout: deny }', 'DSL_KEY_MISSING'],
    ['an end that is none', '{ ask: a, timeout: 1h, on_timeout: stop }', 'DSL_VALUE_UNKNOWN stop'],
    ['a form that is none', '{ ask: a, form: { type: objekt } }', 'DSL_SCHEMA_MALFORMED objekt'],
    ['later nobody', '{ ask: a, escalate: { after: 1d, to: [me] } }', 'DSL_VALUE_FORMAT me'],
    ['later at no time', '{ ask: a, escalate: { after: soon, to: [anyone] } }', 'DSL_VALUE_FORMAT'],
    ['what nobody has', "{ ask: a, show: '${{ steps.x.output }}' }", 'DSL_NAME_UNKNOWN'],
  ])('that asks %s is refused', (_, what, problem) => {
    expect(found(`{ id: s, approve: ${what} }`)[0]).toContain(problem)
  })

  test('yields what was shown and what was filled in, typed', () => {
    const step =
      "{ id: s, approve: { ask: '${{ run.id }}?', show: { n: 1 }, form: { type: object, required: [c], properties: { c: { type: string } } } } }"
    const use = (what: string): readonly string[] =>
      found(step, `{ id: t, let: '\${{ steps.s.output.${what} }}' }`)
    expect([...use('show.n + 1'), ...use('form.c.size()'), ...use('votes[0].by')]).toEqual([])
    expect(use('show.m')[0]).toContain('DSL_FIELD_UNKNOWN')
    expect(use('form.c + 1')[0]).toContain('DSL_EXPRESSION_TYPE')
  })
})

describe('a state', () => {
  test.each([
    ['nothing', '{ value: 1 }', 'DSL_KEY_MISSING'],
    ['two things', '{ get: a, set: b, value: 1 }', 'DSL_KEY_MISSING'],
    ['a write of nothing', '{ set: a }', 'DSL_KEY_MISSING'],
    ['a read of a value', '{ get: a, value: 1 }', 'DSL_KEY_UNKNOWN'],
    ['a default of a write', '{ set: a, value: 1, default: 2 }', 'DSL_KEY_UNKNOWN'],
    ['a version that is none', "{ delete: a, expected: '${{ [] }}' }", 'DSL_EXPRESSION_TYPE'],
  ])('that does %s is refused', (_, what, problem) => {
    expect(found(`{ id: s, state: ${what} }`)[0]).toContain(problem)
  })

  test('gives a version, typed', () => {
    const use = (what: string): readonly string[] =>
      found('{ id: s, state: { get: k } }', `{ id: t, let: '\${{ steps.s.output.${what} }}' }`)
    expect([...use('version + 1'), ...use('value.any')]).toEqual([])
    expect(use('before')[0]).toContain('DSL_FIELD_UNKNOWN')
  })
})

describe('an emit', () => {
  test.each([
    ['a subject with wildcards', "{ event: 'orders.*' }", "DSL_VALUE_FORMAT 'orders.*'"],
    ['no subject', '{ data: 1 }', 'DSL_KEY_MISSING'],
    ['a number as its subject', "{ event: '${{ 1 + 1 }}' }", 'DSL_EXPRESSION_TYPE'],
    ['data that nobody has', "{ event: a, data: '${{ steps.x.output }}' }", 'DSL_NAME_UNKNOWN'],
  ])('of %s is refused', (_, what, problem) => {
    expect(found(`{ id: s, emit: ${what} }`)[0]).toContain(problem)
  })

  test('yields the id of the event', () => {
    const step = "{ id: s, emit: { event: 'a.${{ run.id }}', data: { x: [1] }, key: k } }"
    expect(found(step, "{ id: t, let: '${{ steps.s.output.id }}' }")).toEqual([])
    expect(found(step, "{ id: t, let: '${{ steps.s.output.data }}' }")[0]).toContain(
      'DSL_FIELD_UNKNOWN',
    )
  })
})

describe('a subject', () => {
  test.each([
    ['orders.paid', 'orders.paid', true],
    ['orders.paid', 'orders.paid.late', false],
    ['orders.*', 'orders.paid', true],
    ['orders.*', 'orders', false],
    ['orders.*', 'orders.paid.late', false],
    ['*.paid', 'orders.paid', true],
    ['orders.>', 'orders.paid.late', true],
    ['orders.>', 'orders', false],
    ['orders.*.>', 'orders.7.paid', true],
    ['orders.*.>', 'orders.7', false],
  ])('%s stands for %s: %s', (heard, said, does) => {
    expect(fits(heard, said)).toBe(does)
  })

  test.each(['', '.', 'a.', '.a', 'a..b', 'a b', 'a.>.b', 'ä', `a${'.a'.repeat(200)}`])(
    'is not %j',
    (text) => {
      expect(isPattern(text)).toBe(false)
      expect(isSubject(text)).toBe(false)
    },
  )

  test('that is said has no wildcards', () => {
    expect([isSubject('a.*'), isSubject('a.>'), isSubject('a.b-1_c')]).toEqual([false, false, true])
  })
})
