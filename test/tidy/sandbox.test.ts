/**
 * Goal: the page about what the sandbox withstands is true. Method: every test that it
 * names is looked for where the page says it is.
 */
import { expect, test } from 'vitest'

import { filesUnder, read } from './tree.ts'

const rows = read('docs/reference/sandbox.md')
  .split('\n')
  .flatMap((line) => {
    const [, file = '', name = ''] = /\| `(test\/[^`]+)`: (.+) \|$/.exec(line) ?? []
    return file === '' ? [] : [[file, name] as const]
  })

test.each(rows)('%s has a test for: %s', (file, name) => {
  expect(read(file)).toContain(name)
})

test('the page has its rows', () => {
  expect(rows.length).toBeGreaterThanOrEqual(28)
})

test('nothing is disposed and no bytecode is read', () => {
  const files = filesUnder('engine/sandbox').filter((path) => path.endsWith('.ts'))
  expect(files.length).toBeGreaterThan(40)
  const forbidden = /_QTS_(?:Free(?:Context|Runtime)|bjson)|JS_ReadObject|\.dispose\(\)/
  expect(files.filter((path) => forbidden.test(read(path)))).toEqual([])
})
