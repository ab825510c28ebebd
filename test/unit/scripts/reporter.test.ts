/**
 * Goal: the closing line is the last one and never looks better than the suite was.
 * Method: run the real runner on small suites in a folder of their own.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { closingLine } from '#scripts/reporter.ts'
import { afterEach, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..', '..', '..')
let folder: string | undefined

afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  folder = undefined
})

function suite(files: Readonly<Record<string, string>>): { status: number | null; last: string } {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ionflux-suite-')))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const [name, body] of Object.entries(files)) {
    writeFileSync(
      join(folder, `${name}.test.ts`),
      `import { test, beforeAll } from 'vitest'\n${body}\n`,
    )
  }
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      `--reporter=${join(root, 'scripts/reporter.ts')}`,
    ],
    { cwd: folder, encoding: 'utf8', env: { PATH: process.env['PATH'], CI: 'true' } },
  )
  return { status, last: stdout.trimEnd().split('\n').at(-1) ?? '' }
}

test.each([
  [{ passed: 3, failed: 0, skipped: 0 }, '3 passed, 0 failed'],
  [{ passed: 0, failed: 2, skipped: 1 }, '0 passed, 2 failed, 1 skipped'],
])('prints %o', (tally, line) => {
  expect(closingLine(tally)).toBe(line)
})

const good = "test('good', () => {})"
const bad = "test('bad', () => { throw new Error('no') })"

test.each([
  ['a good suite', { a: good }, 0, '1 passed, 0 failed'],
  ['a failing test', { a: good, b: bad }, 1, '1 passed, 1 failed'],
  [
    'a skipped test',
    { a: `${good}\ntest.skip('later', () => {})` },
    0,
    '1 passed, 0 failed, 1 skipped',
  ],
  [
    'a file that cannot be loaded',
    { a: good, b: "import './nothing.ts'" },
    1,
    '1 passed, 1 failed',
  ],
  [
    'a hook that throws',
    { a: `beforeAll(() => { throw new Error('no') })\n${good}` },
    1,
    '0 passed, 1 failed, 1 skipped',
  ],
  [
    'an error outside of a test',
    { a: `${good}\nvoid Promise.reject(new Error('no'))` },
    1,
    '1 passed, 1 failed',
  ],
])('closes %s', (_, files, status, last) => {
  expect(suite(files)).toEqual({ status, last })
})
