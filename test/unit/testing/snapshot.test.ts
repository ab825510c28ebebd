/** Goal: a snapshot holds the whole run, is written on request only, and says what changed. */
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { faultsOf, testFolder, worldPlugin } from '#test/fake/tests.ts'

const flow = (value: string): string => `
dsl: flux/1
id: a
steps:
  - { id: ask, use: lab/world/ask, retry: 2 }
  - { id: gate, if: "\${{ steps.ask.output.n > 1 }}", then: [{ id: more, let: ${value} }] }
`
const cases = (names: readonly string[]): string => `
dsl: test/1
mocks: { ask: [{ error: CONN_TIMEOUT }, { output: { n: 2 } }] }
cases: [${names.map((name) => `{ name: ${name}, snapshot: true }`).join(', ')}]
`

test('a snapshot is missing, written, kept, changed and forgotten', async () => {
  using folder = testFolder({
    ...worldPlugin,
    'a.flow.yaml': flow('one'),
    'a.test.yaml': cases(['first', 'second']),
  })
  const file = join(folder.path, 'a.test.snapshot.json')
  expect(faultsOf(await folder.run())).toEqual([
    'first: /snapshot: There is no snapshot of this case yet.',
    'second: /snapshot: There is no snapshot of this case yet.',
  ])
  expect(existsSync(file)).toBe(false)

  const updated = await folder.run({ isUpdate: true, filter: 'first' })
  expect(updated.files[0]).toMatchObject({ updated: 'a.test.snapshot.json' })
  await folder.run({ isUpdate: true })
  expect((await folder.run({ isUpdate: true })).files[0]?.updated).toBeUndefined()
  expect(faultsOf(await folder.run())).toEqual([])
  const kept = JSON.parse(readFileSync(file, 'utf8')) as { cases: Record<string, unknown> }
  expect(kept.cases['second']).toMatchObject({
    status: 'done',
    steps: [
      { path: 'ask', kind: 'call', attempts: 2, output: { n: 2 } },
      { path: 'gate', kind: 'if', branch: 'then' },
      { path: 'gate/more', kind: 'let', output: 'one' },
    ],
    calls: [
      { path: 'ask', action: 'lab/world/ask', input: { of: 'all' } },
      { path: 'ask', attempt: 2 },
    ],
    output: 'one',
  })

  writeFileSync(join(folder.path, 'a.flow.yaml'), flow('two'))
  const [first] = (await folder.run()).files[0]?.cases ?? []
  expect(first?.faults).toMatchObject([
    {
      message: 'The run is not what its snapshot says.',
      differences: [
        { at: '/steps/2/output', expected: 'one', actual: 'two' },
        { at: '/output', expected: 'one', actual: 'two' },
      ],
    },
  ])
  writeFileSync(join(folder.path, 'a.test.yaml'), cases(['third']))
  await folder.run({ isUpdate: true })
  const left = JSON.parse(readFileSync(file, 'utf8')) as { cases: Record<string, unknown> }
  expect(Object.keys(left.cases)).toEqual(['third'])
  writeFileSync(join(folder.path, 'a.test.yaml'), cases(['third']).replace(', snapshot: true', ''))
  await folder.run({ isUpdate: true })
  expect(existsSync(file)).toBe(false)
})

test.each(['{', '[]', '{"snapshot":"test/9","cases":{}}', '{"snapshot":"test/1","cases":[]}'])(
  'a file that is no snapshot counts as none: %s',
  async (text) => {
    using folder = testFolder({
      'a.flow.yaml': 'dsl: flux/1\nid: a\nsteps: [{ id: one, let: 1 }]',
      'a.test.yaml': 'dsl: test/1\ncases: [{ name: c, snapshot: true }]',
      'a.test.snapshot.json': text,
    })
    expect(faultsOf(await folder.run())).toHaveLength(1)
  },
)

test('a snapshot is neither read nor written through a link', async () => {
  using folder = testFolder({
    'a.flow.yaml': 'dsl: flux/1\nid: a\nsteps: [{ id: one, let: 1 }]',
    'a.test.yaml': 'dsl: test/1\ncases: [{ name: c, snapshot: true }]',
    'elsewhere.json': 'mine',
  })
  symlinkSync(join(folder.path, 'elsewhere.json'), join(folder.path, 'a.test.snapshot.json'))
  expect(faultsOf(await folder.run())).toHaveLength(1)
  await expect(folder.run({ isUpdate: true })).rejects.toThrow('is a link')
  expect(readFileSync(join(folder.path, 'elsewhere.json'), 'utf8')).toBe('mine')
})
