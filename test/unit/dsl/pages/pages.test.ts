import { checkFlow } from '#engine/dsl/check.ts'
import { withNames } from '#engine/dsl/pages/names.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { world } from '#test/unit/dsl/world.ts'
import { describe, expect, test } from 'vitest'

function codes(
  pages: string,
  steps = '[{ id: one, let: "${{ item.sha }}" }]',
  more = '',
): readonly string[] {
  const text = `dsl: flux/1\nid: f\npermissions: { git: [read] }\nsteps:\n  - id: all\n    each: { pages: ${pages}${more} }\n    steps: ${steps}\n`
  const { problems } = checkFlow(parseDocument({ file: 'flows/f.flow.yaml', text }), world)
  return problems.map(({ code }) => code)
}
const good =
  '{ use: std/git/log, with: { at: "${{ cursor }}" }, items: "${{ page }}", next: "${{ null }}" }'

test('the items have the type that the page gives them', () => {
  expect(codes(good)).toEqual([])
  expect(codes(good, '[{ id: one, let: "${{ item.shaa }}" }]')).toEqual(['DSL_FIELD_UNKNOWN'])
})

describe('refuses', () => {
  test.each([
    ['an action that is not there', good.replace('git/log', 'git/logs'), 'DSL_REFERENCE_UNKNOWN'],
    [
      'items that are no list',
      good.replace('${{ page }}', '${{ size(page) }}'),
      'DSL_EXPRESSION_TYPE',
    ],
    [
      'the page in what asks for it',
      good.replace('${{ cursor }}', '${{ page }}'),
      'DSL_NAME_UNKNOWN',
    ],
    ['nothing that leads on', good.replace(', next: "${{ null }}"', ''), 'DSL_KEY_MISSING'],
    ['no page at all', good.replace('next:', 'max: 0, next:'), 'DSL_VALUE_FORMAT'],
    [
      'an effect that each page repeats',
      '{ use: acme/pay, items: "${{ page }}", next: null }',
      'PLAN_EFFECT_UNGUARDED',
    ],
  ])('%s', (_, pages, code) => {
    expect(codes(pages)).toContain(code)
  })

  test('the page and the cursor in the steps', () => {
    expect(codes(good, '[{ id: one, let: "${{ page }}" }]')).toEqual(['DSL_NAME_UNKNOWN'])
  })

  test('a list and pages at once', () => {
    expect(codes(good, '[{ id: one, let: 1 }]', ', in: [1]')).toEqual(['DSL_KEY_UNKNOWN'])
  })
})

test.each([
  ['page.a + page["b"]', 'p.a + p["b"]'],
  ['[1].map(page, page + 1)', '[1].map(page, page + 1)'],
  ['page.map(page, page.x)', 'p.map(page, page.x)'],
  ['x.page + "page"', 'x.page + "page"'],
])('in %s only free names are replaced', (source, after) => {
  expect(withNames({ kind: 'expression', source }, { page: 'p' })).toEqual({
    kind: 'expression',
    source: after,
  })
})
