/**
 * Goal: what the pages and comments point at exists. Method: follow every relative link
 * of our Markdown files, every decision that a comment names, and every file that the
 * map of the code names.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { expect, test } from 'vitest'

import { filesUnder, read, root, sources } from './tree.ts'

const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md']
  .concat(filesUnder('docs').filter((path) => path.endsWith('.md')))
  .filter((path) => existsSync(join(root, path)))

test('every relative link of a page leads to a file', () => {
  const links = pages.flatMap((path) =>
    [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => ({
      path,
      to: join(dirname(path), match[1] ?? ''),
    })),
  )
  expect(links.filter(({ to }) => !existsSync(join(root, to)))).toEqual([])
  expect(links.length).toBeGreaterThan(3)
})

test('the map of the code names folders and files that exist, and is short', () => {
  const map = read('docs/ARCHITECTURE.md')
  const named = [...map.matchAll(/`((?:engine|scripts|plugins|schemas|bin)\/[\w./-]+)`/g)]
  const missing = named.map((match) => match[1] ?? '').filter((to) => !existsSync(join(root, to)))
  expect(missing).toEqual([])
  expect(named.length).toBeGreaterThan(10)
  expect(map.split('\n').length).toBeLessThanOrEqual(250)
})

test('every decision that a comment names is written down', () => {
  const numbers = filesUnder('docs/decisions').map((path) =>
    path.slice('docs/decisions/'.length, 19),
  )
  const named = sources().flatMap((path) =>
    [...read(path).matchAll(/\bdecision (\d{4})\b/g)].map((match) => match[1] ?? ''),
  )
  expect([...new Set(named)].filter((number) => !numbers.includes(number))).toEqual([])
})

test('decisions are numbered without repetition and say what else was possible', () => {
  const files = filesUnder('docs/decisions').filter((path) => !path.endsWith('README.md'))
  const numbers = files.map((path) => path.slice('docs/decisions/'.length, 19))
  expect(new Set(numbers).size).toBe(numbers.length)
  expect(files.filter((path) => !/instead of|alternative/i.test(read(path)))).toEqual([])
})
