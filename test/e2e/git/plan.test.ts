/**
 * Goal: `ionflux plan` tells a reviewer of a pull request what it would do, in every format.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { repository, type Fixture } from '#test/fake/repository.ts'

import { call, type Ended } from '#test/e2e/cli.ts'

const flow = (cron: string, hosts: string): string => `dsl: flux/1
id: watch
on: { schedule: { cron: "${cron}" } }
permissions: { net: [${hosts}] }
steps:
  - { id: fetch, use: std/http/get@^1, with: { url: "https://api.example.com/" } }
  - { id: shown, let: 1 }
`

let fixture: Fixture
beforeAll(() => {
  const path = 'flows/watch.flow.yaml'
  const content = flow('0 9 * * 1-5', 'api.example.com')
  fixture = repository([
    { message: 'one', files: [{ path, content }] },
    {
      message: 'two',
      branch: 'work',
      parents: [0],
      files: [{ path, content: flow('*/5 * * * *', 'api.example.com, "*.example.org"') }],
    },
  ])
  fixture.git('checkout', '--quiet', '--force', 'main')
})
afterAll(() => fixture.remove())

const plan = async (...args: readonly string[]): Promise<Ended> =>
  await call(['plan', ...args], { cwd: fixture.dir })

test('text says what changes and what a reviewer must know', async () => {
  const { code, stdout } = await plan('main..work')
  expect(code).toBe(0)
  for (const words of [
    '~ watch',
    'every host under "*.example.org"',
    '288 times a day',
    'plan sha256:',
  ])
    expect(stdout).toContain(words)
})

test('the exit code can tell that something changes', async () => {
  expect((await plan('main..work', '--detailed-exitcode')).code).toBe(5)
  const same = await plan('main..main', '--detailed-exitcode')
  expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('No flow changes') })
})

test('JSON, Markdown, SARIF and annotations say the same', async () => {
  const json = JSON.parse((await plan('main..work', '--json')).stdout) as {
    planDigest: string
    findings: readonly { code: string; line?: number }[]
  }
  expect(json.findings).toMatchObject([
    { code: 'PLAN_HOST_ADDED', severity: 'escalation', line: 4 },
    { code: 'PLAN_TRIGGER_CHANGED', severity: 'review', line: 3 },
    { code: 'LOCK_STALE', severity: 'review', file: 'ionflux.lock' },
  ])
  const markdown = (await plan('main..work', '--format', 'markdown')).stdout
  expect(markdown).toContain(json.planDigest)
  expect(markdown.length).toBeLessThan(60_000)
  const sarif = (await plan('main..work', '--format', 'sarif')).stdout
  expect(JSON.parse(sarif)).toMatchObject({ version: '2.1.0', runs: [{ results: [{}, {}, {}] }] })
  const annotations = (await plan('main..work', '--format', 'github')).stdout.trim().split('\n')
  expect(annotations).toHaveLength(3)
  expect(annotations[0]).toMatch(/^::warning file=flows\/watch\.flow\.yaml,line=4,/)
})

test('a picture of a changed step is in the Markdown', async () => {
  const path = join(fixture.dir, 'flows/watch.flow.yaml')
  const content = flow('0 9 * * 1-5', 'api.example.com')
  writeFileSync(path, `${content}  - { id: more, let: 2 }\n`)
  const { stdout } = await plan('--format', 'markdown')
  writeFileSync(path, content)
  expect(stdout).toMatch(/```mermaid\nflowchart TD[\s\S]*class \w+ added/)
})

test('a change that breaks a flow ends with 3', async () => {
  const path = join(fixture.dir, 'flows/watch.flow.yaml')
  const content = flow('0 9 * * 1-5', 'api.example.com')
  writeFileSync(path, `${content}  - { id: bad, let: "\${{ steps.none.output }}" }\n`)
  const { code, stdout } = await plan()
  writeFileSync(path, content)
  expect(code).toBe(3)
  expect(stdout).toContain('PLAN_FLOW_BROKEN')
})

test.each([
  [['main..work', '--base', 'main'], 'not both'],
  [['--format', 'marckdown'], 'Did you mean "markdown"?'],
  [['--base', 'wrok'], 'wrok'],
])('%j is refused with a way out', async (args, words) => {
  const { code, stderr } = await plan(...args)
  expect(code).toBe(2)
  expect(stderr).toContain(words)
})

const sum = (more: string): string => `dsl: flux/1
id: sum
inputs: { type: object, required: [n], properties: { n: { type: integer } } }
steps:
  - { id: twice, let: "\${{ inputs.n * 2 }}" }
  - { id: wait, if: "\${{ steps.twice.output > 10 }}", then: [{ id: nap, sleep: 30d }] }${more}
`

test(
  'runs that are recorded here are replayed against the new plan',
  { timeout: 60_000 },
  async () => {
    const path = join(fixture.dir, 'flows/sum.flow.yaml')
    writeFileSync(path, sum(''))
    fixture.git('add', 'flows/sum.flow.yaml')
    fixture.git('commit', '--quiet', '--message', 'sum')
    for (const n of [1, 4, 7]) {
      await call(['run', 'sum', '--no-wait', '--input', `n=${n}`], { cwd: fixture.dir })
    }
    writeFileSync(path, sum('').replace('> 10', '> 6'))
    const [{ stdout }, { stdout: text }, { stdout: markdown }] = await Promise.all([
      plan('--json'),
      plan(),
      plan('--format', 'markdown'),
    ])
    expect(JSON.parse(stdout)).toMatchObject({
      flows: [
        {
          id: 'sum',
          runs: {
            underWay: 1,
            replayed: [
              { status: 'parked', verdict: 'same' },
              {
                verdict: 'different',
                path: 'wait',
                what: 'branch.taken',
                before: 'none',
                after: 'then',
              },
              { status: 'done', verdict: 'same' },
            ],
          },
        },
      ],
    })
    expect(text).toContain('one run under way keeps the plan')
    expect(text).toContain('replay of the last 3 runs: 2 same, 1 different')
    expect(text).toMatch(/different at "wait": .*branch\s+"none" → "then"/)
    expect(markdown).toMatch(/different at "wait"/)
    expect(markdown).not.toContain('"none"')

    writeFileSync(path, sum('').replace('type: integer', 'type: integer, minimum: 2'))
    const refused = (await plan()).stdout
    expect(refused).toMatch(/1 cannot be told[\s\S]*cannot: The input at "\/n"/)
    expect((await plan('--replay', '0')).stdout).not.toContain('replay of')
    expect((await plan('--replay', '-1')).code).toBe(2)
  },
)

test.each([
  ['ionflux.lock', 'xx\n', 'LOCK_MALFORMED'],
  ['ionflux.yaml', 'flows: [\n', 'DSL_YAML_SYNTAX'],
])('a broken %s blocks, whatever else changes', async (name, text, code) => {
  const path = join(fixture.dir, name)
  writeFileSync(path, text)
  const ended = await plan()
  rmSync(path)
  expect(ended).toMatchObject({ code: 3, stdout: expect.stringContaining(code) })
})

test('a lock that is taken out is told', async () => {
  await call(['lock'], { cwd: fixture.dir })
  fixture.git('add', 'ionflux.lock')
  fixture.git('commit', '--quiet', '--message', 'lock')
  rmSync(join(fixture.dir, 'ionflux.lock'))
  const { stdout } = await plan('--json')
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly object[] }
  const expected = { code: 'PLAN_PACKAGE_CHANGED', severity: 'escalation', file: 'ionflux.lock' }
  expect(findings).toContainEqual(expect.objectContaining(expected))
})
