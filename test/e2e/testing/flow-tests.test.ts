/**
 * Goal: `ionflux test` tells a person, a script and a CI system what came of the tests of
 * flows. Method: the real command line in folders of real files.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { worldPlugin } from '#test/fake/tests.ts'

import { call, folder, start, write } from '#test/e2e/cli.ts'

const flow = `dsl: flux/1
id: orders
inputs: { type: object, properties: { n: { type: integer, default: 1 } } }
steps:
  - id: ask
    use: lab/world/ask
  - id: gate
    if: \${{ inputs.n > 1 }}
    then:
      - id: post
        use: lab/world/post
        with: { n: "\${{ inputs.n }}" }
outputs: { n: "\${{ steps.ask.output.n }}" }
`
const good = `dsl: test/1
mocks: { ask: { output: { n: 7 } } }
cases:
  - name: asks once
    expect: { output: { n: 7 }, path: [ask, gate] }
`
const files = { 'ionflux.yaml': '', ...worldPlugin, 'flows/orders.flow.yaml': flow }

test('good tests end with 0 and are told on stderr', async () => {
  using place = folder({ ...files, 'flows/orders.test.yaml': good })
  const all = await call(['test'], { cwd: place.path })
  expect(all).toMatchObject({ code: 0, stdout: '' })
  expect(all.stderr).toMatch(
    /flows\/orders\.test\.yaml\n {2}✓ asks once \(\d+ ms\)\n1 passed, 0 failed/,
  )
  for (const name of ['orders', 'flows', 'flows/orders.flow.yaml', 'flows/orders.test.yaml']) {
    expect(await call(['test', name], { cwd: place.path })).toMatchObject({ code: 0 })
  }
  const checked = await call(['check'], { cwd: place.path })
  expect(checked).toMatchObject({ code: 0 })
  expect(checked.stderr).toContain('1 flow, 1 plugin, 1 test file')
})

test('what fails is shown at its place in the test file, and ends with 1', async () => {
  using place = folder({
    ...files,
    'flows/orders.test.yaml': good
      .replace('n: 7 }, path', 'n: 8 }, path')
      .replace('[ask, gate]', '[ask, post]'),
  })
  const { code, stderr } = await call(['test', '--coverage'], { cwd: place.path })
  expect(code).toBe(1)
  expect(stderr).toContain(`  ✕ asks once`)
  expect(stderr).toContain(`      The output is not the expected one.
       --> flows/orders.test.yaml:5:23
        |
      5 |     expect: { output: { n: 8 }, path: [ask, post] }
        |                       ^^^^^^^^
      at /n
      - 8
      + 7
      The run took another way.`)
  expect(stderr).toContain(`        ask
      - post
      + gate`)
  expect(stderr).toContain(`flows/orders.flow.yaml  steps 2/3, branches 1/2
  flows/orders.flow.yaml:9  "gate" never goes to then
  flows/orders.flow.yaml:10  the step "post" never runs`)
})

test('scripts get one document, CI systems a report', async () => {
  const more = `${good}  - { name: "a <b> & \\"c\\"", inputs: { n: 2 } }\n`
  using place = folder({ ...files, 'flows/orders.test.yaml': more })
  const args = ['test', '--json', '--coverage', '--junit', 'report.xml']
  const { code, stdout } = await call(args, { cwd: place.path })
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    passed: 1,
    failed: 1,
    files: [
      {
        file: 'flows/orders.test.yaml',
        flow: 'flows/orders.flow.yaml',
        cases: [
          { name: 'asks once', ok: true, line: 4, faults: [] },
          { ok: false, line: 6, faults: [{ at: '/cases/1', line: 6, column: 5 }] },
        ],
      },
    ],
    coverage: [{ flow: 'flows/orders.flow.yaml', steps: { covered: 3, all: 3 } }],
  })
  const report = readFileSync(join(place.path, 'report.xml'), 'utf8')
  expect(report).toContain('<testsuite name="flows/orders.test.yaml" tests="2" failures="1"')
  expect(report).toContain('name="a &lt;b&gt; &amp; &quot;c&quot;"')
  expect(report).toContain('flows/orders.test.yaml:6')
  const some = await call(['test', '--filter', 'ASKS'], { cwd: place.path })
  expect(some.code).toBe(0)
  const none = await call(['test', '--filter', 'zzz'], { cwd: place.path })
  expect(none.code).toBe(1)
  expect(none.stderr).toContain('No case has such a name')
})

test('mistakes in a test file end with 3, also in check', async () => {
  using place = folder({ ...files, 'flows/orders.test.yaml': good.replace('ask:', 'aks:') })
  for (const command of ['test', 'check']) {
    const { code, stdout, stderr } = await call([command], { cwd: place.path })
    expect(code).toBe(3)
    expect(stdout + stderr).toContain('error[DSL_NAME_UNKNOWN]: The flow has no step "aks".')
    expect(stdout + stderr).toContain('--> flows/orders.test.yaml:2:10')
    expect(stdout + stderr).toContain('Did you mean "ask"?')
  }
  const { code, stdout } = await call(['test', '--json'], { cwd: place.path })
  expect(code).toBe(3)
  expect(JSON.parse(stdout)).toMatchObject({ problems: [{ code: 'DSL_NAME_UNKNOWN' }] })
})

test('the file beside a flow is its test also where it says so wrongly', async () => {
  using place = folder({ ...files, 'flows/orders.test.yaml': 'flow: orders\n' })
  const { code, stdout, stderr } = await call(['test', 'orders'], { cwd: place.path })
  expect(code).toBe(3)
  expect(stdout + stderr).toContain('is not the relative path of a flow file')
})

test.each([
  [['test', 'ordres'], 'Did you mean "orders"?'],
  [['test', 'orders'], 'The flow "orders" has no tests: write flows/orders.test.yaml.'],
  [['test', '--watch', '--json'], '--watch has no end'],
])('%j is a wrong call', async (args, words) => {
  using place = folder(files)
  const { code, stderr } = await call(args, { cwd: place.path })
  expect(code).toBe(2)
  expect(stderr).toContain(words)
})

test(
  '--watch runs again when a file changes, until it is interrupted',
  { timeout: 30_000 },
  async () => {
    using place = folder({ ...files, 'flows/orders.test.yaml': good })
    const watch = start(['test', '--watch'], { cwd: place.path })
    await watch.said('1 passed, 0 failed')
    await watch.said('Waiting for a change')
    write(place.path, {
      'flows/orders.flow.yaml': flow.replace('ask.output.n }', 'ask.output.n + 1 }'),
    })
    await watch.said('0 passed, 1 failed')
    const more = `${good}  - { name: again }\n`.replace('{ n: 7 }, path', '{ n: 8 }, path')
    write(place.path, { 'flows/orders.test.yaml': more })
    await watch.said('2 passed, 0 failed')
    watch.child.kill('SIGINT')
    expect((await watch.ended).code).toBe(0)
  },
)
