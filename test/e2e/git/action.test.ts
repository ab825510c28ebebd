/**
 * Goal: the action does in a workflow what the command line does by hand, and tells the runner.
 * Method: its own steps in bash with real files, the events of GitHub, and GitHub on loopback.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { type JsonObject, wordOf } from '#engine/core/json.ts'
import { openGitHub, token, type FakeGitHub } from '#test/fake/github.ts'
import { repository, type Fixture } from '#test/fake/repository.ts'

import { pullRequestEvent, runAction, type StepEnd } from './runner.ts'

const flow = `dsl: flux/1
id: greet
inputs: { type: object, required: [name], properties: { name: { type: string } } }
permissions: { git: [read] }
steps:
  - { id: named, assert: "\${{ inputs.name != '' }}" }
  - { id: hello, let: "Hello \${{ inputs.name }}" }
outputs: { text: "\${{ steps.hello.output }}" }
`
const path = 'flows/greet.flow.yaml'

let fixture: Fixture
let forge: FakeGitHub
beforeAll(async () => {
  forge = await openGitHub()
  fixture = repository([
    { message: 'one', files: [{ path, content: flow }] },
    {
      message: 'two',
      branch: 'work',
      parents: [0],
      files: [{ path, content: flow.replace('git: [read]', 'git: [read], net: [b.example]') }],
    },
  ])
  fixture.git('checkout', '--quiet', '--force', 'main')
})
afterAll(async () => {
  fixture.remove()
  await forge[Symbol.asyncDispose]()
})

const act = async (
  inputs: Readonly<Record<string, string>>,
  more: { readonly event?: JsonObject; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<StepEnd> => await runAction({ cwd: fixture.dir, with: inputs, ...more })

test('runs a flow: outputs, summary with a picture, steps and output', async () => {
  const inputs = '{"name":"Ada\\nrun<<x\\nevil"}'
  const { code, outputs, summary } = await act({ flow: 'greet', inputs })
  expect(code).toBe(0)
  expect(outputs).toMatchObject({ status: 'done', run: expect.stringMatching(/^[0-9A-Z]{26}$/) })
  expect(JSON.parse(outputs['output'] ?? '')).toEqual({ text: 'Hello Ada\nrun<<x\nevil' })
  for (const words of ['✅ greet done', '```mermaid', '`hello`', '```json'])
    expect(summary).toContain(words)
})

test('a repository in a folder of the workspace is annotated by its place there', async () => {
  const folder = join(fixture.dir, 'deep/flows')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, '../ionflux.yaml'), 'namespace: me\n')
  writeFileSync(join(folder, 'greet.flow.yaml'), flow)
  writeFileSync(join(folder, 'odd.flow.yaml'), 'dsl: flux/1\nid: odd\nstepz: []\n')
  const env = { GITHUB_WORKSPACE: fixture.dir }
  const place = { 'working-directory': 'deep' }
  const checked = await act({ mode: 'check', ...place }, { env })
  expect(checked.log).toContain('::error file=deep/flows/odd.flow.yaml,line=3')
  const run = await act({ flow: 'greet', inputs: '{"name":""}', ...place }, { env })
  expect(run.log).toContain('::error file=deep/flows/greet.flow.yaml,line=6,')
  rmSync(join(fixture.dir, 'deep'), { recursive: true })
})

test('text of a workflow is never a command', async () => {
  const marker = join(fixture.dir, 'pwned')
  const evil = `greet"; touch ${marker}; echo "$(touch ${marker})`
  const { code, log } = await act({ flow: evil, inputs: '{"name":"x"}' })
  expect(code).toBe(2)
  expect(log).toContain('There is no flow')
  expect(existsSync(marker)).toBe(false)
})

test('a flow that may do more than the workflow grants does not start', async () => {
  const inputs = '{"name":"x"}'
  const { code, log, outputs } = await act({ flow: 'greet', inputs, grants: 'net:a.example' })
  expect(code).toBe(4)
  expect(log).toContain('git:read')
  expect(outputs).toEqual({})
  expect((await act({ flow: 'greet', inputs, grants: 'net:a.example\ngit:read' })).code).toBe(0)
})

test('a failed run is an annotation, and fails the step', async () => {
  const { code, log, outputs, summary } = await act({ flow: 'greet', inputs: '{"name":""}' })
  expect(code).toBe(1)
  expect(outputs).toMatchObject({ status: 'failed', output: 'null' })
  expect(log).toContain(
    '::error file=flows/greet.flow.yaml,line=6,title=RUN_ASSERTION_FAILED::step "named"',
  )
  expect(summary).toContain('❌ greet failed')
})

test('secrets of the environment are masked before anything else is said', async () => {
  const env = { IONFLUX_SECRET_TOKEN: 'line one\nline two' }
  const { log } = await act({ flow: 'greet', inputs: '{"name":"x"}' }, { env })
  expect(log.split('\n').slice(0, 2)).toEqual(['::add-mask::line one', '::add-mask::line two'])
})

test('checks with annotations, and holds what is checked out to its lock', async () => {
  expect((await act({ mode: 'check' })).code).toBe(0)
  const lock = join(fixture.dir, 'ionflux.lock')
  const text = `lock: 1\npackages: {}\nflows: {}\n`
  writeFileSync(
    lock,
    `# Written by \`ionflux lock\`. What runs is what these digests name.\n${text}`,
  )
  const inputs = '{"name":"x"}'
  const checked = await act({ mode: 'check' })
  const run = await act({ flow: 'greet', inputs })
  rmSync(lock)
  expect(checked).toMatchObject({
    code: 3,
    log: expect.stringContaining('::warning file=flows/'),
    summary: expect.stringContaining('### ❌ LOCK_STALE'),
  })
  expect(run).toMatchObject({ code: 3, log: expect.stringContaining('LOCK_STALE') })
})

test('check and test say in the summary what they found, and give it as JSON', async () => {
  const place = (name: string): string => join(fixture.dir, 'flows', name)
  const clean = await act({ mode: 'check' })
  expect(clean.summary).toContain('✅ No problems in 1 flow, 0 plugins, 0 test files')
  expect(JSON.parse(clean.outputs['output'] ?? '')).toMatchObject({ problems: [], flows: 1 })
  writeFileSync(place('odd.flow.yaml'), 'dsl: flux/1\nid: odd\n"st|epz @ada": []\n')
  const odd = await act({ mode: 'check', flow: 'flows/odd.flow.yaml' })
  rmSync(place('odd.flow.yaml'))
  expect(odd.code).toBe(3)
  expect(odd.summary).toMatch(/### ❌ \d errors?, 0 warnings/)
  expect(odd.summary).toContain('| ❌ | `flows/odd.flow.yaml:3` | `DSL_KEY_UNKNOWN` | ')
  expect(odd.summary).toContain('st\\|epz @&#8203;ada')

  const cases = ['Ada', 'Eve'].map(
    (name) =>
      `  - { name: ${name}, inputs: { name: ${name} }, expect: { output: { text: Hello Ada } } }`,
  )
  writeFileSync(place('greet.test.yaml'), `dsl: test/1\ncases:\n${cases.join('\n')}\n`)
  const tested = await act({ mode: 'test' })
  const one = await act({ mode: 'test', args: '--filter\nAda' })
  rmSync(place('greet.test.yaml'))
  expect([tested.code, one.code]).toEqual([1, 0])
  expect(tested.log).toContain('1 passed, 1 failed')
  expect(tested.summary).toContain('### ❌ 1 passed, 1 failed')
  expect(tested.summary).toContain('| ❌ | `flows/greet.test.yaml:4` | Eve | ')
  expect(JSON.parse(tested.outputs['output'] ?? '')).toMatchObject({ passed: 1, failed: 1 })
  expect(one.summary).toBe('### ✅ 1 passed, 0 failed\n\n\n')
})

test('plans a pull request in one comment that is edited in place', async () => {
  const api = async (url: string, body?: JsonObject): Promise<unknown> => {
    const answer = await fetch(`${forge.origin}${url}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `token ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return await answer.json()
  }
  const { number } = (await api('/repos/ada/shop/issues', { title: 'A change' })) as JsonObject
  const [base = '', head = ''] = fixture.ids
  const vector = join(import.meta.dirname, '../../vectors/github-webhooks/pull_request.json')
  const [payload = {}] = JSON.parse(readFileSync(vector, 'utf8')) as readonly JsonObject[]
  const event = pullRequestEvent(payload, base, head)
  const pull = event['pull_request'] as JsonObject
  const more = {
    event: { ...event, pull_request: { ...pull, number: number ?? 0 } },
    env: { GITHUB_API_URL: forge.origin },
  }
  const first = await act({ mode: 'plan', comment: 'true', token }, more)
  expect(first).toMatchObject({ code: 0, outputs: { changes: '1' } })
  expect(first.log).toContain('::warning file=flows/greet.flow.yaml')
  await act({ mode: 'plan', comment: 'true', token }, more)
  const comments = (await api(`/repos/ada/shop/issues/${wordOf(number)}/comments`)) as JsonObject[]
  expect(comments).toHaveLength(1)
  expect(comments[0]?.['body']).toContain(first.outputs['plan-digest'])
  expect(forge.strays).toEqual([])
})

test.each([
  [{ mode: 'rnu' }, 'Did you mean "run"?'],
  [{ flow: 'greet', inputs: 'name=x' }, 'is a JSON object'],
  [{ mode: 'run' }, 'needs `flow:`'],
])('%j is refused with a way out', async (inputs, words) => {
  const { code, log } = await act(inputs)
  expect(code).toBe(2)
  expect(log).toContain(words)
})
