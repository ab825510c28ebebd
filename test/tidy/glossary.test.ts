/**
 * Goal: one word, one meaning. Method: the glossary must hold every word that the house
 * relies on, and the words it rules out must not be names in our own code or headings.
 */
import { expect, test } from 'vitest'
import { filesUnder, read } from './tree.ts'

const glossary = read('docs/glossary.md')
const words = [...glossary.matchAll(/\*\*([^*]+)\*\*/g)].map((match) => match[1] ?? '')

const needed = [
  'flow step plan wave run attempt journal record event trigger signal timer plugin transform',
  'agent blueprint manifest capability grant connection secret mirror activation digest lock',
  'lease registry entry release ledger thread trace problem error',
].flatMap((line) => line.split(' '))

test('the glossary holds every word of the house, each with a meaning', () => {
  expect(needed.filter((word) => !words.includes(word))).toEqual([])
  const rows = glossary.split('\n').filter((line) => line.startsWith('| **'))
  expect(rows.filter((row) => row.split('|').length !== 4 || row.length < 25)).toEqual([])
})

const code = [...filesUnder('engine'), ...filesUnder('registry')].filter((path) =>
  path.endsWith('.ts'),
)
const declared = /\b(?:const|let|function|class|interface|type)\s+([A-Za-z_]\w*)/g
const outlaws = new Set(
  'workflow pipeline checksum execution cid util utils helper helpers'.split(' '),
)

function isRuledOut(name: string): boolean {
  const parts = name.split(/(?<=[a-z\d])(?=[A-Z])|_/)
  return parts.some((part) => outlaws.has(part.toLowerCase()))
}

test.each([
  ['startWorkflow', true],
  ['PipelineStep', true],
  ['fileChecksum', true],
  ['planCid', true],
  ['decide', false],
  ['flowDigest', false],
])('the name %s is ruled out: %s', (name, expected) => {
  expect(isRuledOut(name)).toBe(expected)
})

test('no declared name uses a word that the glossary rules out', () => {
  const found = code.flatMap((path) =>
    [...read(path).matchAll(declared)]
      .map((match) => match[1] ?? '')
      .filter(isRuledOut)
      .map((name) => `${path}: ${name}`),
  )
  expect(found).toEqual([])
  expect(code.length).toBeGreaterThan(20)
})

test('no file or folder is named for nothing', () => {
  const found = ['engine', 'plugins', 'scripts', 'test'].flatMap(filesUnder)
  const vague = /(?:^|\/)(?:utils?|helpers?|common|misc|shared)(?:\.ts|\/)/
  expect(found.filter((path) => vague.test(path))).toEqual([])
})

test('no heading of a page uses a word that the glossary rules out', () => {
  const pages = ['README.md'].concat(filesUnder('docs')).filter((path) => path.endsWith('.md'))
  const headings = pages
    .filter((path) => path !== 'README.md' || filesUnder('.').includes(path))
    .flatMap((path) => read(path).match(/^#+ .*$/gm) ?? [])
  expect(headings.filter((line) => /workflow|pipeline|checksum/i.test(line))).toEqual([])
})
