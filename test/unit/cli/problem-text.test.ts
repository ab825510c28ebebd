import { expect, test } from 'vitest'

import { problemForJson, problemsForGithub, problemsForSarif } from '#engine/cli/problem-formats.ts'
import { openSources, problemText } from '#engine/cli/problem-text.ts'
import { excerpt, printable, widthOf } from '#engine/cli/source.ts'
import type { Problem } from '#engine/core/problem.ts'

const text = 'id: a\nsteps:\n  - id: fetch\n\n\n\n\n\n\n    needs: [fech]\n'
const at = (word: string): { start: number; end: number } => ({
  start: text.indexOf(word),
  end: text.indexOf(word) + word.length,
})
const problem: Problem = {
  code: 'DSL_NAME_UNKNOWN',
  severity: 'error',
  message: 'There is no step "fech".',
  at: '/steps/0/needs/0',
  file: 'flows/a.flow.yaml',
  span: at('fech'),
  related: [{ message: 'the nearest is declared here', span: at('fetch') }],
  help: 'Did you mean "fetch"?',
  fix: {
    title: 'Write fetch',
    applicability: 'safe',
    edits: [{ span: at('fech'), text: 'fetch' }],
  },
}
const readText = (file: string): string | undefined =>
  file === 'flows/a.flow.yaml' ? text : undefined
const plain = { paint: (_: string, word: string) => word, columns: 100 }

test('shows the line, the mark below it, what it relates to, help, fix and docs', () => {
  expect(problemText(plain, problem, readText).split('\n')).toEqual([
    'error[DSL_NAME_UNKNOWN]: There is no step "fech".',
    '  --> flows/a.flow.yaml:10:13',
    '   |',
    ' 3 |   - id: fetch',
    '   |         ----- the nearest is declared here',
    '...',
    '10 |     needs: [fech]',
    '   |             ^^^^',
    '   = help: Did you mean "fetch"?',
    '   = fix: Write fetch  [ionflux check --fix]',
    '   = docs: ionflux explain DSL_NAME_UNKNOWN',
  ])
})

test('shows a place in another file below its own name', () => {
  const related = [{ message: 'it is taken here', file: 'b.flow.yaml', span: { start: 0, end: 2 } }]
  const lines = problemText(
    plain,
    { ...problem, related },
    (file) => readText(file) ?? 'id: b\n',
  ).split('\n')
  expect(lines).toContain('  ::: b.flow.yaml:1:1')
  expect(lines).toContain('   | -- it is taken here')
})

test('tells a problem whose file is not there without a line', () => {
  const lines = problemText(plain, { ...problem, related: [], file: 'gone.yaml' }, readText).split(
    '\n',
  )
  expect(lines[1]).toBe(' --> gone.yaml')
})

test.each([
  ['counts a wide character as two columns', 'a: 漢字 b', [3, 5], { before: 3, under: 4 }],
  ['counts a family of emoji as one character', 'a: 👩‍👩‍👧 b', [12, 13], { before: 6, under: 1 }],
  ['marks at least one column', 'abc', [3, 3], { before: 3, under: 1 }],
  ['stays in the line for a span of several', 'abc', [1, 90], { before: 1, under: 2 }],
])('%s', (_, line, [start = 0, end = 0], place) => {
  expect(excerpt(line, { start, end }, 80)).toMatchObject(place)
})

test('cuts a long line around the mark', () => {
  const line = 'x'.repeat(5_000) + 'MARK' + 'y'.repeat(5_000)
  const cut = excerpt(line, { start: 5_000, end: 5_004 }, 60)
  expect(widthOf(cut.text)).toBeLessThanOrEqual(60)
  expect(cut.text.slice(cut.before, cut.before + cut.under)).toBe('MARK')
})

test('no file can drive the terminal or turn its text around', () => {
  expect(printable('a\u001b[2Jb\u202ec\td')).toBe('a\\u{1b}[2Jb\\u{202e}c  d')
})

test('GitHub commands escape what would end them', () => {
  const tricky = { ...problem, message: 'a%\nb', help: 'c', file: 'a,b:c.yaml' }
  expect(problemsForGithub([tricky], () => undefined)).toBe(
    '::error file=a%2Cb%3Ac.yaml,title=DSL_NAME_UNKNOWN::a%25%0Ab%0Ac\n',
  )
  expect(problemsForGithub([problem], openSources(readText))).toContain(
    'line=10,endLine=10,col=13,endColumn=17',
  )
})

test('SARIF has place, rule, related place and fix', () => {
  const sarif = problemsForSarif([problem], openSources(readText), { version: '1' })
  const region = { startLine: 10, startColumn: 13, endLine: 10, endColumn: 17 }
  expect(sarif).toMatchObject({
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'ionflux', rules: [{ id: 'DSL_NAME_UNKNOWN' }] } },
        results: [
          {
            ruleId: 'DSL_NAME_UNKNOWN',
            level: 'error',
            locations: [
              { physicalLocation: { artifactLocation: { uri: 'flows/a.flow.yaml' }, region } },
            ],
            relatedLocations: [{ message: { text: 'the nearest is declared here' } }],
            fixes: [{ artifactChanges: [{ replacements: [{ deletedRegion: region }] }] }],
          },
        ],
      },
    ],
  })
})

test('JSON has lines and columns beside the span', () => {
  expect(problemForJson(problem, openSources(readText))).toMatchObject({
    span: problem.span,
    region: { startLine: 10, startColumn: 13 },
    fix: { applicability: 'safe' },
  })
})
