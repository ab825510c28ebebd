/**
 * Goal: a fix changes the range it names and no other byte. Method: mistakes planted at
 * random in a flow that is right; whatever is fixed, the text outside the edits stays.
 */
import type { Problem } from '#engine/core/problem.ts'
import { checkFlow } from '#engine/dsl/check.ts'
import { applyFixes } from '#engine/dsl/patch/fix.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { world } from '#test/unit/dsl/world.ts'

const sound = `# A comment that stays.
dsl: flux/1
id: release   # odd   spacing stays too
description: "Ünïcode 👩‍👩‍👧 and 'quotes'"
permissions: {  git: [ read ]  }
inputs:
    type: object
    properties: { from: { type: string } }
steps:
  - id: log
    use: 'std/git/log@^1'
    retry: { max: 3, backoff: { first: 1s, jitter: true } }

  - id: each_one
    each: { in: "\${{ steps.log.output }}", as: commit, on_error: collect }
    steps:
      - id: pick
        let: \${{ commit.sha }}
  - id: later
    flow: child
outputs: { all: "\${{ steps.each_one.output }}" }\r
`

const check = (text: string): readonly Problem[] =>
  checkFlow(parseDocument({ file: 'flows/a.flow.yaml', text }), world).problems

test('the flow is right before anything is planted', () => {
  expect(check(sound)).toEqual([])
})

test('a fix changes only the ranges of its edits', () => {
  const words = [...sound.matchAll(/[a-z_]{4,}/g)].map(({ index }) => index)
  const plant = fc.record({
    at: fc.constantFrom(...words),
    kind: fc.constantFrom('swap', 'drop', 'double'),
  })
  let fixes = 0
  fc.assert(
    fc.property(fc.array(plant, { minLength: 1, maxLength: 4 }), (plants) => {
      const text = plants.reduce(planted, sound)
      const problems = check(text)
      const { text: after, applied } = applyFixes(text, problems, { withReview: true })
      fixes += applied.length
      const edits = applied
        .flatMap(({ fix }) => fix?.edits ?? [])
        .toSorted((a, b) => a.span.start - b.span.start)
      let [from, to] = [0, 0]
      for (const { span, text: by } of edits) {
        const kept = text.slice(from, span.start)
        expect(after.slice(to, to + kept.length)).toBe(kept)
        expect(after.slice(to + kept.length, to + kept.length + by.length)).toBe(by)
        from = span.end
        to += kept.length + by.length
      }
      expect(after.slice(to)).toBe(text.slice(from))
    }),
    { numRuns: 300 },
  )
  expect(fixes).toBeGreaterThan(100)
})

/** One slip of the keyboard. */
function planted(text: string, { at, kind }: { at: number; kind: string }): string {
  const [a, b] = [text.charAt(at + 1), text.charAt(at + 2)]
  const slip = kind === 'swap' ? b + a : kind === 'drop' ? b : a + a + b
  return text.slice(0, at + 1) + slip + text.slice(at + 3)
}

test('fixes that touch each other are not both applied', () => {
  const problem = (start: number, end: number, text: string): Problem => ({
    code: 'DSL_KEY_UNKNOWN',
    severity: 'error',
    message: 'x',
    at: '',
    fix: { title: 'x', applicability: 'safe', edits: [{ span: { start, end }, text }] },
  })
  const { text, applied, refused } = applyFixes('abcdef', [
    problem(4, 5, 'E'),
    problem(0, 2, 'X'),
    problem(1, 3, 'Y'),
    problem(0, 0, 'Z'),
    problem(9, 12, 'W'),
  ])
  expect(text).toBe('XcdEf')
  expect([applied.length, refused.length]).toEqual([2, 3])
})

test('a fix for review is applied only when that is asked for', () => {
  const text = 'dsl: flux/1\nid: a\nsteps:\n  - { id: s, use: std/git/log }\n'
  expect(applyFixes(text, check(text)).text).toBe(text)
  expect(applyFixes(text, check(text), { withReview: true }).text).toContain('git: [read]')
})
