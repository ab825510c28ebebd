/** A step that is renamed keeps its tests: they name it where they did, and still pass. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { openWorkingTree } from '#engine/host/repository/files.ts'
import { renameStep } from '#engine/host/testing/rename.ts'
import { faultsOf, testFolder, worldPlugin } from '#test/fake/tests.ts'

const files = {
  ...worldPlugin,
  'kid.flow.yaml':
    'dsl: flux/1\nid: kid\nsteps:\n  - { id: ask, use: lab/world/ask } # of the kid\n',
  'a.flow.yaml': `dsl: flux/1
id: a
steps:
  - { id: ask, use: lab/world/ask, retry: { max: 2, backoff: { first: 1s } } }
  - id: all
    each: { in: [1, 2] }
    steps: [{ id: twice, use: lab/world/double, with: { n: "\${{ steps.ask.output.n }}" } }]
  - { id: call, flow: kid }
  - { id: nap, sleep: 1s }
`,
  'a.test.yaml': `dsl: test/1
# ask is the first step
mocks: { "ask": { output: { n: 2 } }, lab/world/ask: { output: { n: 5 } } }
cases:
  - name: ask and twice
    mocks: { call/ask: { output: { n: 3 } } }
    when: [{ after: ask, signal: nothing }]
    expect:
      path: { includes: [ask, 'all[1]/twice', call] }
      calls: { ask: 1, call/ask: 1, 'all[0]/twice': [{ n: 2 }] }
  - name: fails
    mocks: { ask: { error: down } }
    expect: { error: { code: down, step: ask } }
`,
  'other.test.yaml':
    'dsl: test/1\nflow: ./kid.flow.yaml\nmocks: { ask: { output: { n: 1 } } }\ncases: [{ name: kid }]\n',
}

test('its id changes in the flow and in its tests, and nowhere else', async () => {
  using folder = testFolder(files)
  expect(faultsOf(await folder.run())).toEqual([])
  const tree = openWorkingTree(folder.path)
  const { texts } = renameStep(tree, { flow: 'a.flow.yaml', from: 'ask', to: 'question' }) as {
    readonly texts: ReadonlyMap<string, string>
  }
  expect([...texts.keys()]).toEqual(['a.flow.yaml', 'a.test.yaml'])
  for (const [path, text] of texts) writeFileSync(join(folder.path, path), text)
  const after = readFileSync(join(folder.path, 'a.test.yaml'), 'utf8')
  expect(after).toBe(
    files['a.test.yaml']
      .replace('"ask"', '"question"')
      .replace('after: ask', 'after: question')
      .replace('includes: [ask', 'includes: [question')
      .replace('calls: { ask', 'calls: { question')
      .replace('mocks: { ask', 'mocks: { question')
      .replace('step: ask', 'step: question'),
  )
  const run = await folder.run()
  expect(run.problems).toEqual([])
  expect(faultsOf(run)).toEqual([])
})

test('steps inside of loops are renamed in paths', () => {
  using folder = testFolder(files)
  const tree = openWorkingTree(folder.path)
  const made = renameStep(tree, { flow: 'a.flow.yaml', from: 'twice', to: 'double' })
  const text = made.problem === undefined ? made.texts.get('a.test.yaml') : undefined
  expect(text).toContain("'all[1]/double'")
  expect(text).toContain("'all[0]/double'")
  expect(text).toContain('name: ask and twice')
})

test.each([
  ['a name that is taken', { from: 'ask', to: 'call' }, 'a.flow.yaml'],
  ['a step that is not there', { from: 'nope', to: 'yes' }, 'a.flow.yaml'],
  ['a name that is none', { from: 'ask', to: 'No way' }, 'a.flow.yaml'],
])('%s is refused', (_, wish, file) => {
  using folder = testFolder(files)
  const made = renameStep(openWorkingTree(folder.path), { flow: 'a.flow.yaml', ...wish })
  expect(made.problem).toMatchObject({ code: 'DSL_EDIT_REFUSED', file })
})
