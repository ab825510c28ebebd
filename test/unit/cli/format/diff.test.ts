/**
 * Goal: what `fmt --diff` prints is what `git apply` makes of it. Method: random texts, and
 * git itself.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { unifiedDiff } from '#engine/cli/format/diff.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('equal texts have no difference', () => {
  expect(unifiedDiff('a', 'x\n', 'x\n')).toBe('')
})

test('shows the lines around a change', () => {
  const before = ['1', '2', '3', '4', '5', '6', '7', '8', ''].join('\n')
  expect(unifiedDiff('a.yaml', before, before.replace('6', 'six'))).toBe(
    '--- a/a.yaml\n+++ b/a.yaml\n@@ -3,6 +3,6 @@\n 3\n 4\n 5\n-6\n+six\n 7\n 8\n',
  )
})

test('git makes the second text of the first', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ionflux-diff-'))
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', '', 'dd'), { maxLength: 30 })
  const text = fc
    .tuple(lines, fc.boolean())
    .map(([all, isEnded]) => all.join('\n') + (isEnded ? '\n' : ''))
  try {
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before !== after && before !== '' && after !== '')
        writeFileSync(join(folder, 'f'), before)
        const input = unifiedDiff('f', before, after)
        execFileSync('git', ['apply', '--unidiff-zero', '-'], { cwd: folder, input, stdio: 'pipe' })
        expect(readFileSync(join(folder, 'f'), 'utf8')).toBe(after)
      }),
      { numRuns: 60 },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
