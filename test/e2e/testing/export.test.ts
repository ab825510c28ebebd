/**
 * Goal: what ran becomes a test that passes at once. Method: real runs of a flow with a real
 * plugin, exported by the command line, and then run as tests.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { worldPlugin } from '#test/fake/tests.ts'
import { call, folder, write } from '#test/e2e/cli.ts'

const flow = `dsl: flux/1
id: orders
inputs: { type: object, properties: { list: { type: array, default: [a, b] } } }
steps:
  - id: fan
    each: { in: "\${{ inputs.list }}", as: name }
    steps:
      - id: post
        use: lab/world/ask
        with: { of: "\${{ name }} costs $\${{5}}" }
  - id: chance
    transform: |
      export default () => ({ at: Date.now(), chance: Math.random() })
  - id: safe
    try: [{ id: broken, fail: { code: no_luck, message: No luck. } }]
    catch: [{ id: calm, let: calm }]
  - { id: odd, let: { secret: NAME, text: "$\${{ as it is }}" } }
outputs: { chance: "\${{ steps.chance.output }}", odd: "\${{ steps.odd.output }}", fan: "\${{ steps.fan.output }}" }
`
const files = { 'ionflux.yaml': '', ...worldPlugin, 'flows/orders.flow.yaml': flow }

test('a run becomes a test, chance and all', { timeout: 60_000 }, async () => {
  using place = folder(files)
  expect(await call(['run', 'orders'], { cwd: place.path })).toMatchObject({ code: 0 })
  const file = 'flows/orders.test.yaml'
  const args = ['runs', 'export', 'last', '--as-test', '-o', file, '--name', 'two orders']
  const made = await call(args, { cwd: place.path })
  expect(made).toMatchObject({ code: 0, stdout: '' })
  expect(made.stderr).toContain('the test passes')
  const text = readFileSync(join(place.path, file), 'utf8')
  expect(text).toContain('flow: ./orders.flow.yaml')
  expect(text).toContain('  - name: two orders')
  expect(text).toContain("      'fan[1]/post':")
  expect(text).toContain('path: [fan, post, chance, safe, broken, calm, odd]')
  const tested = await call(['test', '--coverage'], { cwd: place.path })
  expect(tested.stderr).toContain('1 passed, 0 failed')
  expect(tested.stderr).toContain('steps 7/7, branches 1/1')
  expect((await call(['check'], { cwd: place.path })).code).toBe(0)

  const again = await call(args, { cwd: place.path })
  expect(again).toMatchObject({ code: 2 })
  expect(again.stderr).toContain('is there already')

  write(place.path, {
    'flows/orders.flow.yaml': flow
      .replace('let: calm', 'let: angry')
      .replace('id: odd,', 'id: strange,')
      .replace('steps.odd', 'steps.strange'),
  })
  const changed = await call(['runs', 'export', 'last', '--as-test'], { cwd: place.path })
  expect(changed.code).toBe(3)
  expect(changed.stdout).toContain('dsl: test/1')
  expect(changed.stderr).toContain('The flow has no step "odd".')
  write(place.path, { 'flows/orders.flow.yaml': flow.replace('text: "$', 'text: "now $') })
  const differs = await call(['runs', 'export', 'last', '--as-test'], { cwd: place.path })
  const asked = ['runs', 'export', 'last', '--as-test', '--json']
  const { code, stdout } = await call(asked, { cwd: place.path })
  expect([code, JSON.parse(stdout)]).toMatchObject([
    1,
    { isPassed: false, text: differs.stdout, faults: [expect.any(String)], problems: [] },
  ])
  expect(differs.code).toBe(1)
  expect(differs.stderr).toContain('does not do what the run did')
})

test(
  'a run that failed and was retried becomes a test of what counts',
  { timeout: 60_000 },
  async () => {
    const steps = (more: string): string => `dsl: flux/1
id: tries
steps:
  - { id: post, use: lab/world/post }
  - { id: nap, sleep: 50ms }
  - { id: check, assert: "\${{ ${more} }}" }
`
    using place = folder({
      ...files,
      'flows/tries.flow.yaml': steps('steps.post.output != null && false'),
    })
    expect((await call(['run', 'tries'], { cwd: place.path })).code).toBe(1)
    const { code, stdout } = await call(['runs', 'export', 'last', '--as-test'], {
      cwd: place.path,
    })
    expect(code).toBe(0)
    expect(stdout).toContain('code: RUN_ASSERTION_FAILED')
    write(place.path, { 'flows/tries.test.yaml': stdout })
    expect((await call(['test'], { cwd: place.path })).stderr).toContain('1 passed, 0 failed')
  },
)

test.each([
  [['runs', 'export', 'last'], 'Say what to make of the run: --as-test.'],
  [['runs', 'export', 'last', '--as-test', '-o', 'x.yaml'], 'name one that ends in .test.yaml'],
  [['runs', 'export', 'last', '--as-test', '-o', '../x.test.yaml'], 'is no test file of'],
  [['runs', 'export', 'nothing', '--as-test'], 'no run "nothing"'],
])('%j is a wrong call', async (args, words) => {
  using place = folder(files)
  const { code, stderr } = await call(args, { cwd: place.path })
  expect(code).toBe(2)
  expect(stderr).toContain(words)
})
