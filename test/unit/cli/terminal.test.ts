import { expect, test } from 'vitest'

import { duration } from '#engine/cli/duration.ts'
import { exitOfCode, exitOfFailure, exitOfProblems } from '#engine/cli/exit.ts'
import { mayColor, showsUnicode } from '#engine/cli/terminal.ts'
import { codes, type Code } from '#engine/core/codes.ts'

test.each([
  ['a terminal', 'auto', {}, true, true],
  ['a pipe', 'auto', {}, false, false],
  ['NO_COLOR', 'auto', { NO_COLOR: '1' }, true, false],
  ['an empty NO_COLOR, which means nothing', 'auto', { NO_COLOR: '' }, true, true],
  ['FORCE_COLOR', 'auto', { FORCE_COLOR: '1' }, false, true],
  ['FORCE_COLOR=0', 'auto', { FORCE_COLOR: '0' }, true, false],
  ['a dumb terminal', 'auto', { TERM: 'dumb' }, true, false],
  ['a flag over NO_COLOR', 'always', { NO_COLOR: '1' }, false, true],
  ['a flag over a terminal', 'never', {}, true, false],
] as const)('colour on %s', (_, wish, env, isTerminal, expected) => {
  expect(mayColor(wish, env, isTerminal)).toBe(expected)
})

test.each([
  [{ LANG: 'de_DE.UTF-8' }, true],
  [{ LANG: 'C.utf8' }, true],
  [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, false],
  [{ LANG: 'POSIX' }, false],
  [{}, true],
  [{ TERM: 'linux' }, false],
])('glyphs beyond ASCII with %o: %s', (env, expected) => {
  expect(showsUnicode(env)).toBe(expected)
})

test('every code has an exit code of the list', () => {
  const known = new Set([1, 2, 3, 4, 69, 70, 130])
  const others = (Object.keys(codes) as Code[]).filter((code) => !known.has(exitOfCode(code)))
  expect(others).toEqual([])
})

test.each([
  ['CAP_NOT_GRANTED', 4],
  ['PLAN_PERMISSION_MISSING', 4],
  ['RUN_ASSERTION_FAILED', 1],
  ['out_of_stock', 1],
])('a run that failed with %s ends with %i', (code, exit) => {
  expect(exitOfFailure(code)).toBe(exit)
})

test('only missing permissions end with 4, any other mistake with 3, warnings with 0', () => {
  const problem = (code: Code, severity: 'error' | 'warning' = 'error') => ({
    code,
    severity,
    message: '.',
    at: '',
  })
  expect(exitOfProblems([problem('PLAN_PERMISSION_MISSING')])).toBe(4)
  expect(exitOfProblems([problem('PLAN_PERMISSION_MISSING'), problem('DSL_KEY_UNKNOWN')])).toBe(3)
  expect(exitOfProblems([problem('PLAN_EFFECT_UNGUARDED', 'warning')])).toBe(0)
})

test.each([
  [412, '0.41 s'],
  [12_340, '12.3 s'],
  [125_000, '2 min 5 s'],
  [3_600_000, '1 h'],
  [273_600_000, '3 d 4 h'],
])('%i ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})
