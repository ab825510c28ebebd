/**
 * Goal: a case says exactly what differs, records what the host answers, and is rewritten
 * without touching the rest of its file.
 */
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { readGrant } from '#engine/host/plugin/call.ts'
import type { Case, CaseFile } from '#engine/host/plugin/case-file.ts'
import { differences } from '#engine/testing/difference.ts'
import { buildFolder, openPlugin } from '#engine/host/plugin/folder.ts'
import { openHistory } from '#engine/host/plugin/history.ts'
import { CaseRunner } from '#engine/host/plugin/run-cases.ts'
import { updatedText } from '#engine/host/plugin/update-cases.ts'

const plugins = join(import.meta.dirname, '../../../../plugins')

async function runnerOf(name: string): Promise<CaseRunner> {
  const { built, problems } = await buildFolder(openPlugin(join(plugins, name)))
  if (built === undefined) throw new Error(JSON.stringify(problems))
  return new CaseRunner(built)
}

const git = await runnerOf('std/git')
afterAll(async () => await git[Symbol.asyncDispose]())

function fileOf(text: string): CaseFile {
  const document = parseDocument({ file: 'cases/a.yaml', text })
  return { ...(document.value as unknown as CaseFile), path: 'cases/a.yaml', document }
}

const caseOf = (rest: Partial<Case>): Case => ({ name: 'n', action: 'diff', ...rest })
const file = fileOf('cases: []\n')

test.each<[string, Json, Json, 'whole' | 'part', readonly string[]]>([
  ['equal values', { a: [1, { b: null }] }, { a: [1, { b: null }] }, 'whole', []],
  ['a key too many', { a: 1 }, { a: 1, b: 2 }, 'whole', ['/b']],
  ['a key too many in a part', { a: 1 }, { a: 1, b: 2 }, 'part', []],
  ['a key that is missing in a part', { a: 1, c: 1 }, { a: 1 }, 'part', ['/c']],
  ['a longer list in a part', { a: [1] }, { a: [1, 2] }, 'part', ['/a/1']],
  ['another type', { a: [] }, { a: {} }, 'part', ['/a']],
  ['null and nothing', { a: null }, {}, 'whole', ['/a']],
  ['a key with a slash', { 'a/b': 1 }, { 'a/b': 2 }, 'whole', ['/a~1b']],
  ['a key of every object', { toString: 1 }, {}, 'part', ['/toString']],
])('%s differ where they differ', (_, expected, actual, manner, places) => {
  expect(differences(expected, actual, manner).map(({ at }) => at)).toEqual(places)
})

test('recorded replies answer in their order, and each must be asked for', async () => {
  const reply = { op: 'git.diff', args: { from: 'a' }, output: { from: '1', to: '2', changes: [] } }
  const one = caseOf({ input: { from: 'a' }, replies: [reply], part: { to: '2' } })
  expect(await git.run(file, one)).toMatchObject({ ok: true, usage: { hostCalls: 1 } })
  const other = await git.run(file, { ...one, input: { from: 'b' } })
  expect(other.reason).toMatch(/RUN_STEP_FAILED.*other arguments/)
  const another = await git.run(file, { ...one, replies: [{ op: 'git.log' }] })
  expect(another.reason).toContain('no reply for "git.diff"')
  const left = await git.run(file, { ...one, replies: [reply, { op: 'git.tags' }] })
  expect(left.reason).toContain('did not ask for the reply "git.tags"')
  const failing = { op: 'git.diff', error: { code: 'MIRROR_REF_UNKNOWN', message: 'No.' } }
  const failed = await git.run(
    file,
    caseOf({ input: { from: 'a' }, replies: [failing], error: 'MIRROR_REF_UNKNOWN' }),
  )
  expect(failed.ok).toBe(true)
})

test('a case without a world gets no answer, and one without grants no power', async () => {
  const bare = await git.run(file, caseOf({ input: { from: 'a' } }))
  expect(bare.result).toMatchObject({ error: { code: 'RUN_STEP_FAILED' } })
  const denied = await git.run(file, caseOf({ input: { from: 'a' }, grants: {} }))
  expect(denied.result).toMatchObject({ error: { code: 'CAP_NOT_GRANTED' } })
})

test('the commits of a case have the same ids everywhere, and no text of theirs is a command', async () => {
  const commits = [
    {
      message: 'one',
      author: 'A\ncommit refs/heads/evil',
      files: [{ path: 'ä "b"\n', content: 'x' }],
    },
    { message: 'two', tags: ['v1', '@v2'], files: [{ path: 'ä "b"\n' }] },
  ]
  const log = caseOf({ action: 'log', input: {} })
  const [first, second] = await Promise.all(
    ['a', 'b'].map(async (path) => await git.run({ ...file, path, commits }, log)),
  )
  expect(first?.result).toMatchObject({ ok: true })
  expect({ ...first?.result, usage: 0 }).toEqual({ ...second?.result, usage: 0 })
  const branches = await git.run({ ...file, path: 'a', commits }, { ...log, input: { to: 'evil' } })
  expect(branches.result).toMatchObject({ error: { code: 'MIRROR_REF_UNKNOWN' } })
  const unnameable = [{ message: 'x', tags: ['a..b'] }]
  expect(() => openHistory(unnameable)).toThrow(
    expect.objectContaining({ code: 'MIRROR_READ_FAILED' }),
  )
})

test('outputs are written into cases, and every other byte stays', async () => {
  const text = `# kept
cases:
  - { name: a, action: log, input: {}, output: 1 } # kept, too
  - name: b
    action: log
    input: { limit: 1 }   # and this
    output:
      a: 1
      b: [2]
  - { name: c, action: log }
  - name: d
    action: tags
  - { name: e, action: log, part: 1 }
  - { name: f, action: log, input: { since: 1 } }
`
  const cases = fileOf(text)
  const runner = await runnerOf('std/git')
  const results = await Promise.all(
    cases.cases.map(
      async (one) => await runner.run({ ...cases, commits: [{ message: 'm' }] }, one),
    ),
  )
  await runner[Symbol.asyncDispose]()
  const written = updatedText(cases, results)
  expect(written).toContain('# kept\n')
  expect(written).toContain('} # kept, too\n')
  expect(written).toContain('# and this\n')
  expect(written).toContain('part: 1 }\n')
  expect(written).toContain('error: RUN_INPUT_REFUSED }\n')
  const again = fileOf(written)
  expect(again.document.problems).toEqual([])
  const outputs = again.cases.map(({ output }) => output)
  const came = results.map(({ result }) => (result.ok ? result.output : undefined))
  expect(outputs).toEqual([...came.slice(0, 4), undefined, undefined])
})

test.each([
  ['git:read', { power: 'git', value: 'read' }],
  ['net:api.example.com', { power: 'net', value: 'api.example.com' }],
  ['net:http://localhost:8080', { power: 'net', value: 'http://localhost:8080' }],
  ['git:all', undefined],
  ['net:', undefined],
  ['net:not a host', undefined],
  ['files:read', { power: 'files', value: 'read' }],
  ['git:write:ionflux/*', { power: 'git', value: 'write:ionflux/*' }],
  ['state:erase', undefined],
  ['secrets:TOKEN', undefined],
])('the grant %s is read as %o', (text, grant) => {
  expect(readGrant(text)).toEqual(grant)
})
