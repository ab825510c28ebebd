import type { Flow } from '#engine/dsl/flow.ts'
import { formatDocument } from '#engine/dsl/format/format.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { compile } from '#engine/plan/compile.ts'
import { semDigest } from '#engine/plan/meaning.ts'
import { layout } from '#test/fuzz/layout.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { chooser, someFlow } from '#test/fuzz/edits.ts'

function digest(text: string): string {
  const flow = parseDocument({ file: 'f.flow.yaml', text }).value as unknown as Flow
  const { plan, problems } = compile(flow, {
    action: () => undefined,
    transform: () => undefined,
    flow: () => undefined,
  })
  return plan === undefined ? JSON.stringify(problems) : semDigest(plan)
}

const flow = (value: string): string => `dsl: flux/1\nid: f\nsteps: [{ id: a, let: ${value} }]\n`

test.each([
  ['the order of keys', "{ x: '${{ 1 }}', y: 2 }", "{ y: 2, x: '${{ 1 }}' }"],
  ['space in an expression', "'${{ inputs.a + 1 }}'", "'${{inputs.a+1}}'"],
  ['a comment in an expression', '"${{ 1 // one\\n + 2 }}"', "'${{ 1+2 }}'"],
  ['the style of the file', "'x'", 'x'],
])('does not count %s', (_, a, b) => {
  expect(digest(flow(a))).toBe(digest(flow(b)))
})

test.each([
  ['space inside a string', `'\${{ "a b" }}'`, `'\${{ "ab" }}'`],
  ['a word', "'${{ 1 in inputs.a }}'", "'${{ 1 in inputs.b }}'"],
  ['the order of a list', '[1, 2]', '[2, 1]'],
  ['text around an expression', "'a ${{ 1 }}'", "'a  ${{ 1 }}'"],
])('counts %s', (_, a, b) => {
  expect(digest(flow(a))).not.toBe(digest(flow(b)))
})

test('formatting a flow keeps its digest, whatever style it was in', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_003), { minLength: 24, maxLength: 60 }), (numbers) => {
      const text = layout(someFlow(chooser(numbers)), chooser(numbers, 11))
      const done = formatDocument(parseDocument({ file: 'f.flow.yaml', text }))
      expect(done.problems ?? digest(done.text)).toBe(digest(text))
    }),
    { numRuns: 50 },
  )
})
