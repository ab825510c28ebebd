/** Goal: a test file is checked like any other file, against the flow that it tests. */
import { expect, test } from 'vitest'

import { problemsOf, testFolder, worldPlugin } from '#test/fake/tests.ts'

const flow = `
dsl: flux/1
id: a
steps:
  - { id: ask, use: lab/world/ask }
  - { id: gate, if: "\${{ steps.ask.output.n > 1 }}", then: [{ id: post, use: lab/world/post }] }
`

async function problems(text: string): Promise<readonly string[]> {
  using folder = testFolder({ ...worldPlugin, 'a.flow.yaml': flow, 'a.test.yaml': text })
  const run = await folder.run()
  expect(run.files).toEqual([])
  return problemsOf(run)
}

const one = (more: string): string => `dsl: test/1\ncases: [{ name: one, ${more} }]`

test.each([
  [
    'an unknown key',
    one('expects: {}'),
    '/cases/0/expects: The key "expects" is not known here. Did you mean "expect"?',
  ],
  [
    'an unknown step in a mock',
    one('mocks: { aks: { output: { n: 1 } } }'),
    '/cases/0/mocks/aks: The flow has no step "aks". Did you mean "ask"?',
  ],
  [
    'an unknown action',
    one('mocks: { lab/world/posts: { output: 1 } }'),
    '/cases/0/mocks/lab~1world~1posts: The flow has no step or action "lab/world/posts". Did you mean "lab/world/post"?',
  ],
  [
    'a mock of a step that calls nothing',
    one('mocks: { gate: { output: 1 } }'),
    '/cases/0/mocks/gate: The step "gate" calls nothing. Mocks answer steps that call an action, a transform or a flow.',
  ],
  [
    'an output that the action never gives',
    one('mocks: { ask: { output: { n: x } } }'),
    '/cases/0/mocks/ask/output/n: "lab/world/ask" never gives this: its output at "/n" must be a whole number.',
  ],
  [
    'an output of a list that the action never gives',
    one('mocks: { ask: [{ error: busy }, { output: 3 }] }'),
    '/cases/0/mocks/ask/1/output: "lab/world/ask" never gives this: its output must be an object.',
  ],
  [
    'a mock without an answer',
    one('mocks: { ask: { delay: 3s } }'),
    '/cases/0/mocks/ask: The mock does not say what comes back. Give it an "output" or an "error".',
  ],
  [
    'a mock with two answers at once',
    one('mocks: { ask: { output: { n: 1 }, error: busy } }'),
    '/cases/0/mocks/ask: The mock has "output" and "error"; a call ends one way. Give it an "output" or an "error".',
  ],
  [
    'a broken expression',
    one('mocks: { post: { output: "${{ input. }}" } }'),
    '/cases/0/mocks/post/output: This is not a CEL expression: Expected IDENTIFIER, got EOF.',
  ],
  [
    'an unknown step in a path',
    one('expect: { path: [ask, gate, pots] }'),
    '/cases/0/expect/path/2: The flow has no step "pots". Did you mean "post"?',
  ],
  [
    'an unknown step in a part of a path',
    one('expect: { path: { excludes: [pots] } }'),
    '/cases/0/expect/path/excludes/0: The flow has no step "pots". Did you mean "post"?',
  ],
  [
    'an unknown step in calls',
    one('expect: { calls: { nothing: 1 } }'),
    '/cases/0/expect/calls/nothing: The flow has no step "nothing".',
  ],
  [
    'an unknown step of an error',
    one('expect: { error: { step: aks } }'),
    '/cases/0/expect/error/step: The flow has no step "aks". Did you mean "ask"?',
  ],
  [
    'an unknown step that is allowed',
    one('allow: [aks]'),
    '/cases/0/allow/0: The flow has no step "aks". Did you mean "ask"?',
  ],
  [
    'a moment without a thing',
    one('when: [{ at: 3d }]'),
    '/cases/0/when/0: The moment does not say what happens. Give it one of: cancel, signal, event, approve, reject, settle, crash.',
  ],
  [
    'a moment with two things',
    one('when: [{ at: 3d, cancel: x, crash: true }]'),
    '/cases/0/when/0: A moment is one thing only. Give it one of: cancel, signal, event, approve, reject, settle, crash.',
  ],
  [
    'a moment with two times',
    one('when: [{ at: 3d, after: ask, crash: true }]'),
    '/cases/0/when/0/after: The moment has "at" and "after"; it comes once. Write "delay" for a time after a step.',
  ],
  [
    'a jump of ten thousand years',
    one('when: [{ at: 3650000d, crash: true }]'),
    '/cases/0/when/0/at: "3650000d" is longer than 100 years, and no test waits longer.',
  ],
  [
    'two cases of one name',
    'dsl: test/1\ncases: [{ name: one }, { name: one }]',
    '/cases/1/name: Another case of this file is called "one" too.',
  ],
  [
    'an error of a run that is done',
    one('expect: { status: done, error: busy }'),
    '/cases/0/expect/error: A run that is done has no error; expect one of the two.',
  ],
  [
    'a flow that is not there',
    'dsl: test/1\nflow: ./b.flow.yaml\ncases: [{ name: one }]',
    '/flow: There is no flow file "b.flow.yaml" to test. Did you mean "a.flow.yaml"?',
  ],
  [
    'a flow outside of the repository',
    'dsl: test/1\nflow: ../../etc/x.yaml\ncases: [{ name: one }]',
    '/flow: There is no flow file "../../etc/x.yaml" to test. Name it relative to this file: flow: ./x.flow.yaml.',
  ],
])('%s is a problem with its place', async (_, text, expected) => {
  expect(await problems(text)).toEqual([expected])
})

test('what is wrong with the flow is told with the flow', async () => {
  using folder = testFolder({
    'a.flow.yaml': 'dsl: flux/1\nid: a\nsteps: [{ id: one, lte: 1 }]',
    'a.test.yaml': one('inputs: {}'),
  })
  const run = await folder.run()
  expect(run.problems).toMatchObject([{ code: 'DSL_STEP_KIND', file: 'a.flow.yaml' }])
})
