/**
 * Goal: a case runs the flow as it would run, in no time and without the world. Method: small
 * flows with mocks, moments and bounds, through the same door as the command line.
 */
import { expect, test } from 'vitest'

import { faultsOf, testFolder, worldPlugin } from '#test/fake/tests.ts'
import { cpuMs } from '#test/unit/cpu.ts'

const flow = (steps: string, more = ''): Record<string, string> => ({
  ...worldPlugin,
  'a.flow.yaml': `dsl: flux/1\nid: a\n${more}steps:\n${steps}`,
})

async function faults(files: Record<string, string>, cases: string): Promise<readonly string[]> {
  using folder = testFolder({ ...files, 'a.test.yaml': `dsl: test/1\ncases:\n${cases}` })
  const run = await folder.run()
  expect(run.problems).toEqual([])
  return faultsOf(run)
}

const asks = flow(`
  - { id: ask, use: lab/world/ask, retry: { max: 3, backoff: { first: 1s, jitter: false } } }
  - { id: twice, use: lab/world/double, with: { n: "\${{ steps.ask.output.n }}" } }
`)

test('a mock answers, pure code is really called', async () => {
  const found = await faults(
    asks,
    `
  - name: answers
    mocks: { ask: { output: { n: 21 } } }
    expect: { output: 42, path: [ask, twice], calls: { ask: [{ of: all }], twice: [{ n: 21 }] } }`,
  )
  expect(found).toEqual([])
})

test('what reads or changes the world and has no mock stops the case, and says how to mock it', async () => {
  using folder = testFolder({
    ...asks,
    'a.test.yaml': 'dsl: test/1\ncases: [{ name: forgets }]',
  })
  const run = await folder.run()
  const [fault] = run.files[0]?.cases[0]?.faults ?? []
  expect(fault).toMatchObject({
    at: '/cases/0',
    message: 'The step "ask" calls "lab/world/ask", which reads the world, and has no mock.',
  })
  expect(fault?.help).toContain('mocks: { ask: { output: … } }')
})

test('a failure that a flow would catch cannot hide a forgotten mock', async () => {
  const found = await faults(
    flow(`
  - id: safe
    try: [{ id: post, use: lab/world/post }]
    catch: [{ id: quiet, let: quiet }]`),
    '  - { name: forgets }',
  )
  expect(found).toEqual([
    'forgets: : The step "safe/post" calls "lab/world/post", which changes the world, and has no mock.',
  ])
})

test.each(['ask', 'lab/world/ask'])('allow: [%s] really calls it', async (name) => {
  const found = await faults(asks, `  - { name: real, allow: [${name}], expect: { output: 2 } }`)
  expect(found).toEqual([])
})

test('a list answers calls in order, time passes between attempts', async () => {
  const found = await faults(
    asks,
    `
  - name: third
    mocks: { ask: [{ error: CONN_TIMEOUT }, { error: { code: busy, message: Later. } }, { output: { n: 1 }, delay: 5s }] }
    expect: { output: 2, calls: { ask: 3 }, budget: { time: 8s, calls: 4, steps: 2 } }
  - name: all fail
    mocks: { ask: { error: { code: busy, message: Later. } } }
    expect: { error: { code: busy, message: Later, step: ask }, path: { includes: [ask], excludes: [twice] } }
  - name: too few
    mocks: { ask: [{ error: CONN_TIMEOUT }] }`,
  )
  expect(found).toEqual([
    'too few: /mocks/ask: The mock "ask" has one answer, and "ask" makes call 2 of it.',
  ])
})

test('an answer may be an expression over the input', async () => {
  const found = await faults(
    flow(`
  - id: fan
    each: { in: [a, bb, ccc], as: word, concurrency: 2 }
    steps: [{ id: ask, use: lab/world/ask, with: { of: "\${{ word }}" } }]
    output: "\${{ steps.ask.output.n }}"`),
    `
  - name: measures
    mocks:
      lab/world/ask: { output: { n: "\${{ input.of.size() * 10 + call }}" } }
      "fan[1]/ask": { output: { n: -1 } }
    expect: { output: [11, -1, 32], path: [fan, ask], calls: { "fan[1]/ask": [{ of: bb }] } }`,
  )
  expect(found).toEqual([])
})

test('an answer that the action would never give stops the case', async () => {
  const found = await faults(
    asks,
    `  - { name: lies, mocks: { ask: { output: { n: "\${{ inputs.word }}" } } }, inputs: { word: x } }`,
  )
  expect(found).toEqual([
    'lies: /mocks/ask/output: "lab/world/ask" never gives what the mock "ask" says: its output at "/n" must be a whole number.',
  ])
})

test('a wait of thirty days takes no time', async () => {
  const began = cpuMs()
  const found = await faults(
    flow(`
  - { id: nap, sleep: 30d }
  - { id: until, until: "2026-03-01T00:00:00Z" }
  - { id: day, let: "\${{ run.startedAt }}" }`),
    `
  - { name: waits, expect: { output: "2026-01-01T00:00:00.000Z", budget: { time: 59d } } }
  - { name: later, start: "2026-06-01T00:00:00Z", expect: { budget: { time: 30d } } }`,
  )
  expect(found).toEqual([])
  expect(cpuMs() - began).toBeLessThan(5_000)
})

test('moments cancel, and crash without harm', async () => {
  const files = flow(`
  - { id: first, use: lab/world/post, with: { n: 1 } }
  - { id: nap, sleep: 3d }
  - id: guarded
    try: [{ id: second, use: lab/world/post, with: { n: 2 } }]
    finally: [{ id: last, let: tidy }]`)
  const found = await faults(
    files,
    `
  - name: cancelled in the middle
    mocks: { lab/world/post: { output: 1, delay: 2h } }
    when: [{ after: nap, delay: 1h, cancel: enough }]
    expect: { status: cancelled, path: { includes: [first, second, last] }, budget: { time: 3d3h } }
  - name: crashed three times
    mocks: { lab/world/post: { output: 1 } }
    when: [{ after: first, crash: true }, { at: 1d, crash: true }, { at: 2d, crash: true }]
    expect: { calls: { first: 1, second: 1 } }
  - name: crashed in an unsafe call
    mocks: { lab/world/post: { output: 1, delay: 1h } }
    when: [{ at: 30m, crash: true }]
    expect: { status: uncertain }
  - name: crashed in an unsafe call, and somebody knows
    mocks: { first: { output: 1, delay: 1h }, second: { output: 2 } }
    when: [{ at: 30m, crash: true }, { at: 2h, settle: { step: first, as: happened, output: 9 } }]
    expect: { calls: { first: 1, second: 1 } }
  - name: crashed, and nobody is asked
    mocks: { lab/world/post: { output: 1 } }
    when: [{ settle: { step: first, as: retry } }]
  - name: crashed, and tried again as soon as it is known
    mocks: { first: [{ output: 1, delay: 1h }, { output: 2 }], second: { output: 3 } }
    when: [{ at: 30m, crash: true }, { settle: { step: first, as: retry } }]
    expect: { calls: { first: 2, second: 1 } }
  - name: never comes
    mocks: { lab/world/post: { output: 1 } }
    when: [{ at: 9d, cancel: too late }]
  - name: never ends
    mocks: { lab/world/post: { error: broken } }
    when: [{ after: nap, cancel: too late }]
    expect: { error: broken }`,
  )
  expect(found).toEqual([
    'crashed, and nobody is asked: /when/0: The step "first" never waited for this.',
    'never comes: /when/0: The run was over before "9d", when this was to happen.',
    'never ends: /when/0: The step "nap" has not ended, after which this was to happen.',
  ])
})

test('inputs that the flow refuses are an error to expect', async () => {
  const found = await faults(
    flow(
      '  - { id: one, let: "${{ inputs.n }}" }',
      'inputs: { type: object, required: [n], properties: { n: { type: integer, maximum: 3 } } }\n',
    ),
    `
  - { name: refused, inputs: { n: 4 }, expect: { error: RUN_INPUT_REFUSED } }
  - { name: forgotten }
  - { name: fits, inputs: { n: 3 }, expect: { output: 3 } }`,
  )
  expect(found).toEqual([
    'forgotten: : The run must be done and is failed. RUN_INPUT_REFUSED: The input must have "n".',
  ])
})

test('a flow that is called runs for real, or a mock answers for it', async () => {
  const files = {
    ...flow('  - { id: call, flow: child, with: { n: 2 } }'),
    'child.flow.yaml': `
dsl: flux/1
id: child
inputs: { type: object, properties: { n: { type: integer } } }
steps:
  - { id: ask, use: lab/world/ask }
  - { id: sum, let: "\${{ inputs.n + steps.ask.output.n }}" }`,
  }
  const found = await faults(
    files,
    `
  - name: by action
    mocks: { lab/world/ask: { output: { n: 5 } } }
    expect: { output: 7, path: [call], calls: { call/ask: 1 } }
  - name: by path
    mocks: { call/ask: { output: { n: 6 } } }
    expect: { output: 8 }
  - name: as a whole
    mocks: { call: { output: 9 } }
    expect: { output: 9, calls: { call: [{ n: 2 }] } }
  - name: forgets
  - name: fails as a whole
    mocks: { call: { error: RUN_CHILD_FAILED } }
    expect: { error: { code: RUN_CHILD_FAILED, step: call } }`,
  )
  expect(found).toEqual([
    'forgets: : The step "call/ask" calls "lab/world/ask", which reads the world, and has no mock.',
  ])
})

test.each([
  [
    'turns without end',
    '{ id: spin, while: true, max: 1000000, steps: [{ id: one, let: 1 }] }',
    'does not come to an end',
  ],
  [
    'calls without end',
    '{ id: spin, while: true, max: 1000000, steps: [{ id: ask, use: lab/world/ask }] }',
    'than',
  ],
  [
    'waits without end',
    '{ id: spin, while: true, max: 1000000, steps: [{ id: nap, sleep: 900d }] }',
    'longer than 100 years',
  ],
])('a run with %s is stopped', { timeout: 60_000 }, async (_, step, words) => {
  const found = await faults(
    flow(`  - ${step}`),
    '  - { name: ends, mocks: { lab/world/ask: { output: { n: 1 } } } }'.replace(
      step.includes('lab/') ? '' : ', mocks: { lab/world/ask: { output: { n: 1 } } }',
      '',
    ),
  )
  expect(found).toHaveLength(1)
  expect(found[0]).toContain(words)
})
