/**
 * Goal: a tool changes one place of a flow the way a careful person would. Method: edits of
 * a flow with comments and odd spacing, and the text that must come of each; generated flows
 * and edits are in `test/fuzz/patch.test.ts`.
 */
import type { JsonObject } from '#engine/core/json.ts'
import { patch, type Edit } from '#engine/dsl/patch/patch.ts'
import { parseDocument, type Document } from '#engine/dsl/text.ts'
import { describe, expect, test } from 'vitest'

const read = (text: string): Document => parseDocument({ file: 'a.flow.yaml', text })
const apply = (text: string, edit: Edit): string => {
  const done = patch(read(text), edit)
  if (done.problem !== undefined) throw new Error(`${done.problem.code}: ${done.problem.message}`)
  return done.text
}

const flow = `# Digest of the week
dsl: flux/1
id:   digest   # aligned
steps:
  # Reads the feed.
  - id: fetch
    use: std/http/request
    with: { url: 'https://example.com' }

  # Shortens it.
  - id: clean
    let: "\${{ steps.fetch.output.body }}"   # keep
  - id: gate
    if: \${{ size(steps.clean.output) > 3 }}
    then:
      - id: note   # the first
        let: |
          Fetched \${{ steps.fetch.output.status }}
outputs: \${{ steps.gate.output }}
`

describe('by hand', () => {
  test('a value is replaced in its place, with its comment', () => {
    expect(apply(flow, { kind: 'set', at: '/id', value: 'weekly' })).toBe(
      flow.replace('id:   digest   #', 'id:   weekly   #'),
    )
  })

  test('a value keeps the quotes it had', () => {
    const url = 'https://example.org/a'
    expect(apply(flow, { kind: 'set', at: '/steps/0/with/url', value: url })).toBe(
      flow.replace('https://example.com', url),
    )
  })

  test('a new key of a flow stands where it belongs, one of a step at its end', () => {
    expect(apply(flow, { kind: 'set', at: '/timeout', value: '5m' })).toBe(
      flow.replace('# aligned\n', '# aligned\ntimeout: 5m\n'),
    )
    expect(apply(flow, { kind: 'set', at: '/steps/0/retry', value: { max: 3 } })).toBe(
      flow.replace("com' }\n", "com' }\n    retry:\n      max: 3\n"),
    )
  })

  test('a step goes with the comment above it and the line between', () => {
    expect(apply(flow, { kind: 'removeStep', id: 'clean' })).toBe(
      flow.replace(/ {2}# Shortens[^]*# keep\n/, ''),
    )
  })

  test('the last step of a list leaves an empty one', () => {
    expect(apply(flow, { kind: 'removeStep', id: 'note' })).toBe(
      flow.replace(/then:\n[^]*(?=outputs)/, 'then: []\n'),
    )
  })

  test('a step moves with its comments and style', () => {
    const edit: Edit = { kind: 'moveStep', id: 'clean', into: '/steps/2/then', index: 0 }
    expect(apply(flow, edit)).toContain(
      `    then:\n      # Shortens it.\n      - id: clean\n        let: "\${{ steps.fetch.output.body }}"   # keep\n      - id: note`,
    )
  })

  test('a step is added in the style of the list', () => {
    const step = { id: 'wait', sleep: '5m' }
    expect(apply(flow, { kind: 'addStep', into: '/steps', index: 1, step })).toBe(
      flow.replace('  # Shortens', '  - id: wait\n    sleep: 5m\n  # Shortens'),
    )
    expect(apply('steps: []\n', { kind: 'addStep', into: '/steps', index: 0, step })).toBe(
      'steps:\n  - id: wait\n    sleep: 5m\n',
    )
  })

  test('a step is renamed with all that names it, and with nothing that looks like it', () => {
    const text = flow
      .replace('# Reads the feed.', '# fetch reads steps.fetch')
      .replace('dsl:', 'description: "uses steps.fetch"\ndsl:')
    expect(apply(text, { kind: 'renameStep', id: 'fetch', to: 'load' })).toBe(
      text
        .replace('id: fetch', 'id: load')
        .replace('${{ steps.fetch.output.body', '${{ steps.load.output.body')
        .replace('${{ steps.fetch.output.status', '${{ steps.load.output.status'),
    )
  })

  test.each([
    ['${{ steps["a"].output }}', '${{ steps["b"].output }}'],
    ['${{ [steps.a.output].map(steps, steps.a) }}', '${{ [steps.b.output].map(steps, steps.a) }}'],
    ['${{ inputs.a + steps . a . output.a }}', '${{ inputs.a + steps . b . output.a }}'],
    ['a steps.a ${{ "steps.a" }} $${{ steps.a }}', 'a steps.a ${{ "steps.a" }} $${{ steps.a }}'],
    ['${{ steps.ab.output }}', '${{ steps.ab.output }}'],
  ])('renames in %s only what means the step', (before, after) => {
    const steps = (id: string, text: string): JsonObject => ({ steps: [{ id, let: text }] })
    const renamed = apply(JSON.stringify(steps('a', before)), {
      kind: 'renameStep',
      id: 'a',
      to: 'b',
    })
    expect(JSON.parse(renamed)).toEqual(steps('b', after))
  })
})

test.each<[string, string, Edit]>([
  ['a file with mistakes', 'a: [', { kind: 'set', at: '/a', value: 1 }],
  ['an anchor', 'a: &x 1\nb: 2\n', { kind: 'set', at: '/b', value: 1 }],
  ['a place that is not there', 'a: 1\n', { kind: 'delete', at: '/b' }],
  ['a key of a list', 'a: [1]\n', { kind: 'set', at: '/a/x', value: 1 }],
  ['the whole of a file', 'a: 1\n', { kind: 'delete', at: '/a' }],
  ['a step that is not there', flow, { kind: 'removeStep', id: 'none' }],
  ['a name that is taken', flow, { kind: 'renameStep', id: 'fetch', to: 'clean' }],
  ['a name that is none', flow, { kind: 'renameStep', id: 'fetch', to: 'No' }],
  ['a move into itself', flow, { kind: 'moveStep', id: 'gate', into: '/steps/2/then', index: 0 }],
  [
    'a list that is not there',
    flow,
    { kind: 'moveStep', id: 'gate', into: '/steps/0/then', index: 0 },
  ],
  ['a key that is explicit', '? a\n: 1\nb: 2\n', { kind: 'set', at: '/a', value: { c: 1 } }],
])('refuses %s', (_, text, edit) => {
  expect(patch(read(text), edit)).toMatchObject({ problem: { code: 'DSL_EDIT_REFUSED' } })
})
