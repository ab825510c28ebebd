/**
 * Goal: formatting changes no meaning and loses no comment, and doing it twice changes
 * nothing more. Method: the documents of the YAML test suite, generated flows in random
 * styles, and every flow and manifest of the project.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { findComments } from '#engine/dsl/format/comments.ts'
import { formatDocument } from '#engine/dsl/format/format.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { filesUnder, root } from '#test/tidy/tree.ts'
import { suiteCases } from '#test/unit/dsl/text/yaml-suite.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { chooser, someFlow } from './edits.ts'
import { layout } from './layout.ts'

const numRuns = process.env['IONFLUX_DEEP'] === undefined ? 200 : 20_000
const read = (text: string) => parseDocument({ file: 'a.flow.yaml', text })

interface Facts {
  readonly value: string
  readonly comments: readonly string[]
}

function facts(text: string): Facts {
  const { value, tree } = read(text)
  const comments = findComments(text, tree).map((comment) => comment.text)
  return { value: JSON.stringify(value), comments: comments.toSorted() }
}

/** What formatting `text` gives, and what formatting that gives; the text itself where it is refused. */
function twice(text: string): { once: string; again: string } {
  const done = formatDocument(read(text))
  if (done.problems !== undefined)
    return { once: text, again: `refused: ${JSON.stringify(done.problems)}` }
  const again = formatDocument(read(done.text))
  return { once: done.text, again: again.problems === undefined ? again.text : 'refused' }
}

test('generated flows keep their meaning and their comments, and have one form', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_003), { minLength: 24, maxLength: 60 }), (numbers) => {
      const value = someFlow(chooser(numbers))
      const text = layout(value, chooser(numbers, 11))
      const { once, again } = twice(text)
      expect({ text, again, ...facts(once) }).toEqual({ text, again: once, ...facts(text) })
    }),
    { numRuns },
  )
}, 600_000)

test('documents of the YAML suite keep their meaning, and have one form', () => {
  const readable = suiteCases().filter(({ yaml }) => {
    const { value, problems } = read(yaml)
    return value !== undefined && problems.every(({ severity }) => severity !== 'error')
  })
  const wrong = readable.flatMap(({ id, yaml }) => {
    const { once, again } = twice(yaml)
    const [before, after] = [facts(yaml), facts(once)]
    return again === once && JSON.stringify(before) === JSON.stringify(after)
      ? []
      : [{ id, yaml, once, again }]
  })
  expect(readable.length).toBeGreaterThan(150)
  expect(wrong).toEqual([])
})

test('every flow and manifest of the project can be formatted', () => {
  const files = [...filesUnder('flows'), ...filesUnder('plugins'), ...filesUnder('bench')].filter(
    (path) => path.endsWith('.yaml'),
  )
  const wrong = files.flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    const { once, again } = twice(text)
    return again === once && JSON.stringify(facts(once)) === JSON.stringify(facts(text))
      ? []
      : [{ path, again }]
  })
  expect(files.length).toBeGreaterThan(10)
  expect(wrong).toEqual([])
})
