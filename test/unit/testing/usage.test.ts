/** Mocks say what calls spend: a budget holds in a test as it holds outside. */
import { expect, test } from 'vitest'

import { faultsOf, testFolder } from '#test/fake/tests.ts'

const files = {
  'x.agent.yaml': 'dsl: flux/1\nid: x\ninstructions: Answer.\n',
  'a.flow.yaml': `dsl: flux/1
id: a
permissions: { budget: { usd: 0.3 } }
steps:
  - { id: l, each: { in: [1, 2, 3, 4], concurrency: 1 }, steps: [{ id: q, agent: ./x.agent.yaml }] }
`,
}

async function faults(cases: string): Promise<readonly string[]> {
  using folder = testFolder({ ...files, 'a.test.yaml': `dsl: test/1\ncases:\n${cases}` })
  const run = await folder.run()
  expect(run.problems).toEqual([])
  return faultsOf(run)
}

test('a budget that is used up fails the run before the next call', async () => {
  const found = await faults(`
  - name: spends
    mocks: { q: { output: fine, usage: { usd: 0.15, tokens: 10, turns: 1 } } }
    expect: { error: RUN_BUDGET_EXCEEDED, calls: { q: 2 }, budget: { usd: 0.3, tokens: 20, turns: 2 } }`)
  expect(found).toEqual([])
})

test('what is spent is held against what the case expects', async () => {
  const found = await faults(`
  - name: spends more
    mocks: { q: { output: fine, usage: { usd: 0.05, tokens: 10 } } }
    expect: { budget: { usd: 0.1, tokens: 39, turns: 0 } }`)
  expect(found).toEqual([
    'spends more: /expect/budget/usd: The run spends 0.2 usd on models, more than 0.1.',
    'spends more: /expect/budget/tokens: The run spends 40 tokens on models, more than 39.',
  ])
})

test('usage that is none is a problem of the file', async () => {
  using folder = testFolder({
    ...files,
    'a.test.yaml':
      'dsl: test/1\ncases: [{ name: c, mocks: { q: { output: y, usage: { usd: -1 } } } }]',
  })
  const { problems } = await folder.run()
  expect(problems.map(({ code, at }) => `${code} ${at}`)).toEqual([
    'DSL_VALUE_FORMAT /cases/0/mocks/q/usage/usd',
  ])
})
