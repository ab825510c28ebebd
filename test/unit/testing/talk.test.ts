/**
 * Goal: what people and other systems tell a run, and what undoes it, are tested like the rest.
 */
import { expect, test } from 'vitest'

import { faultsOf, testFolder, worldPlugin } from '#test/fake/tests.ts'

async function run(steps: string, cases: string) {
  using folder = testFolder({
    ...worldPlugin,
    'a.flow.yaml': `dsl: flux/1\nid: a\nsteps:\n${steps}`,
    'a.test.yaml': `dsl: test/1\ncases:\n${cases}`,
  })
  const done = await folder.run()
  expect(done.problems).toEqual([])
  return { faults: faultsOf(done), coverage: done.coverage[0] }
}

const waits = `
  - id: paid
    await:
      signal: paid
      where: \${{ event.data.amount > 1 }}
      timeout: 30d
      on_timeout: [{ id: late, let: late }]
  - id: shipped
    await: { event: "orders.*.shipped", match: { id: 7 }, timeout: 9d }
`

test('signals and events reach the run at their moments', async () => {
  const { faults, coverage } = await run(
    waits,
    `
  - name: all comes
    when:
      - { at: 3d, signal: { name: paid, data: { amount: 1 } } }
      - { at: 4d, signal: { name: paid, data: { amount: 2 }, by: ada } }
      - { after: paid, delay: 1d, event: { subject: orders.x.shipped, data: { id: 8 } } }
      - { after: paid, delay: 2d, event: { subject: orders.x.shipped, data: { id: 7 } } }
    expect: { path: [paid, shipped], part: { data: { id: 7 } }, budget: { time: 6d } }
  - name: nobody pays
    when: [{ after: late, event: { subject: orders.x.shipped, data: { id: 7 } } }]
    expect: { path: [paid, late, shipped], budget: { time: 30d } }
  - name: nobody ships
    when: [{ at: 1d, signal: { name: paid, data: { amount: 2 } } }]
    expect: { error: { code: RUN_STEP_TIMEOUT, step: shipped }, budget: { time: 10d } }
  - name: a crash while it waits
    when:
      - { at: 1d, signal: { name: paid, data: { amount: 2 } } }
      - { at: 2d, crash: true }
      - { at: 3d, event: { subject: orders.x.shipped, data: { id: 7 } } }
    expect: { budget: { time: 3d } }`,
  )
  expect(faults).toEqual([])
  expect(coverage).toMatchObject({
    steps: { covered: 3, all: 3 },
    branches: { covered: 1, all: 1 },
  })
})

test('a wait without an end is parked, and says what it waits for', async () => {
  const { faults, coverage } = await run(
    '  - { id: paid, await: { signal: paid } }',
    `
  - { name: forgets }
  - { name: expects it, expect: { status: parked } }`,
  )
  expect(faults).toEqual([
    'forgets: : The run must be done and is parked. The step "paid" waits for something that does not come.',
  ])
  expect(coverage?.steps).toEqual({ covered: 1, all: 1 })
})

test('what undoes a step is mocked, expected and counted by its path', async () => {
  const undone = `
  - id: book
    use: lab/world/post
    with: { n: 1 }
    compensate: { use: lab/world/post, with: { undo: "\${{ steps.book.output }}" } }
  - { id: pay, use: lab/world/post }
`
  const { faults, coverage } = await run(
    undone,
    `
  - name: undoes
    mocks: { book: { output: 7 }, book/compensate: { output: 0 }, pay: { error: no_money } }
    expect:
      error: no_money
      path: [book, pay, book/compensate]
      calls: { book/compensate: [{ undo: 7 }], lab/world/post: 3 }`,
  )
  expect(faults).toEqual([])
  expect(coverage?.steps).toEqual({ covered: 3, all: 3 })
  const half = await run(undone, '  - { name: pays, mocks: { lab/world/post: { output: 1 } } }')
  expect(half.coverage?.missedSteps.map(({ id }) => id)).toEqual(['book/compensate'])
})

test('steps of a component go by the step that uses it', async () => {
  using folder = testFolder({
    ...worldPlugin,
    'tell.component.yaml': `
dsl: flux/1
id: tell
inputs: { type: object, properties: { n: { type: integer } } }
steps:
  - { id: ask, use: lab/world/ask }
  - { id: sum, let: "\${{ steps.ask.output.n + inputs.n }}" }
`,
    'a.flow.yaml': `
dsl: flux/1
id: a
steps:
  - { id: ask, use: lab/world/ask }
  - { id: told, component: ./tell.component.yaml, with: { n: 5 } }
`,
    'a.test.yaml': `
dsl: test/1
cases:
  - name: both
    mocks: { ask: { output: { n: 1 } }, told/ask: { output: { n: 2 } } }
    expect: { output: 7, path: [ask, told, told/ask, told/sum], calls: { ask: 1, told/ask: 1 } }
  - { name: one, mocks: { ask: { output: { n: 1 } } } }
`,
  })
  const run = await folder.run()
  expect(run.problems).toEqual([])
  expect(faultsOf(run)).toEqual([
    'one: : The step "told/ask" calls "lab/world/ask", which reads the world, and has no mock.',
  ])
  expect(run.coverage[0]?.steps).toEqual({ covered: 2, all: 2 })
})

test('people approve and deny at their moments', async () => {
  const { faults, coverage } = await run(
    `
  - id: ok
    approve:
      ask: Go on?
      by: [team:finance, user:ann]
      quorum: 2
      form: { type: object, required: [note], properties: { note: { type: string } } }
      timeout: 3d
      on_timeout: [{ id: nobody, let: nobody }]
  - { id: end, let: "\${{ steps.ok.output }}" }
`,
    `
  - name: two say yes
    when:
      - { at: 1d, approve: { step: ok, by: user:bob, of: [team:finance], form: { note: fine } } }
      - { at: 2d, approve: { step: ok, form: { note: too } } }
    expect: { path: [ok, end], budget: { time: 2d } }
  - name: one says no
    when: [{ at: 1d, reject: { step: ok, by: user:ann, reason: Never. } }]
    expect: { error: { step: ok } }
  - name: as soon as it asks
    when:
      - { approve: { step: ok, by: user:ann, form: { note: fine } } }
      - { approve: { step: ok, by: user:bob, of: [team:finance], form: { note: fine } } }
    expect: { path: [ok, end], budget: { time: 0s } }
  - { name: nobody answers, expect: { path: [ok, nobody, end], budget: { time: 3d } } }
  - name: somebody who is not asked
    when: [{ at: 1d, approve: { step: ok, by: user:eve, form: { note: me } } }]
    expect: { path: [ok, nobody, end] }`,
  )
  expect(faults).toHaveLength(1)
  expect(faults[0]).toContain('somebody who is not asked: /when/0: "ok" does not ask user:eve')
  expect(coverage).toMatchObject({
    steps: { covered: 3, all: 3 },
    branches: { covered: 1, all: 1 },
  })
})

test('what a flow remembers begins as the case says, and is forgotten with it', async () => {
  const { faults } = await run(
    `
  - { id: seen, state: { get: seen, default: 0 } }
  - id: count
    state: { set: seen, value: "\${{ steps.seen.output.value + 1 }}", expected: "\${{ steps.seen.output.version }}" }
  - { id: again, state: { get: seen } }
  - { id: sum, let: "\${{ steps.again.output.value }}" }
`,
    `
  - { name: begins with nothing, expect: { output: 1 } }
  - { name: knows, state: { seen: 41 }, expect: { output: 42 } }
  - { name: has forgotten, expect: { output: 1 } }`,
  )
  expect(faults).toEqual([])
})
