/**
 * Goal: an author gets from a name to a plugin that works, and is told what does not.
 * Method: call the real command line on real files, through the real sandbox.
 */
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { call, folder, git, start, write, type Ended } from './cli.ts'

type Place = ReturnType<typeof folder>

/** A marked folder with one plugin `my/it` of one action `go`. */
function place(code: string, more: Readonly<Record<string, string>> = {}): Place {
  return folder({
    'ionflux.yaml': 'namespace: my\n',
    'plugins/my/it/plugin.yaml': manifest(),
    'plugins/my/it/main.ts': code,
    ...more,
  })
}

const manifest = (capabilities = '{}', input = '{}'): string => `plugin: my/it
version: 1.0.0
entry: main.ts
capabilities: ${capabilities}
actions: { go: { effects: pure, input: ${input} } }
`

const plugin = async ({ path }: Place, ...args: readonly string[]): Promise<Ended> =>
  await call(['plugin', ...args], { cwd: path })

const json = ({ stdout }: Ended): unknown => JSON.parse(stdout)

test('a new plugin of each kind builds, passes its cases and is used by a flow', async () => {
  using at = folder({ 'ionflux.yaml': 'namespace: my\n' })
  git(at.path, 'init', '--quiet', '--initial-branch=main')
  git(at.path, 'commit', '--quiet', '--allow-empty', '-m', 'feat: begin')
  expect((await plugin(at, 'new', 'my/words')).code).toBe(0)
  expect((await plugin(at, 'new', 'my/news', '--kind', 'action')).code).toBe(0)
  expect((await plugin(at, 'new', 'my/tally', '--kind', 'wasm')).code).toBe(0)
  const all = ['words', 'news', 'tally']
  const tested = await plugin(at, 'test', ...all.map((name) => `plugins/my/${name}`), '--json')
  expect(json(tested)).toMatchObject({ passed: 10, failed: 0 })
  const here = await plugin(at, 'test', '--json')
  expect(json(here)).toMatchObject({ passed: 10, failed: 0 })
  const flows = all.map((name) => {
    const page = readFileSync(join(at.path, `plugins/my/${name}/README.md`), 'utf8')
    return [`${name}.flow.yaml`, /```yaml\n([^]*?)```/.exec(page)?.[1] ?? ''] as const
  })
  write(at.path, Object.fromEntries(flows))
  const ran = await call(['run', 'my-words', '--json'], { cwd: at.path })
  expect(json(ran)).toMatchObject({ run: { status: 'done', output: { words: 3 } } })
  const tallied = await call(['run', 'my-tally', '--json'], { cwd: at.path })
  expect(json(tallied)).toMatchObject({ run: { status: 'done', output: { words: 3 } } })
  const read = await call(['run', 'my-news', '--json'], { cwd: at.path })
  expect(json(read)).toMatchObject({ run: { output: { newest: ['feat: begin'] } } })
}, 90_000)

test('new never overwrites and refuses names that cannot be', async () => {
  using at = folder({ 'ionflux.yaml': 'namespace: my\n', 'here/README.md': 'mine\n' })
  const made = await plugin(at, 'new', 'my/words', 'here')
  expect(made).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('kept     here/README.md'),
  })
  expect(made.stderr).toContain('Flows do not find it there yet')
  expect(readFileSync(join(at.path, 'here/README.md'), 'utf8')).toBe('mine\n')
  for (const args of [['my/words', 'here'], ['std/words'], ['Words'], ['my/x', '--kind', 'wat']]) {
    const refused = await plugin(at, 'new', ...args)
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('CLI_USAGE') })
  }
})

test('equal files give an equal digest wherever they are, and other files another', async () => {
  const code = "import { word } from './word.ts'\nexport const go = () => word\n"
  using at = place(code, { 'plugins/my/it/word.ts': "export const word: string = 'a'\n" })
  mkdirSync(join(at.path, 'copy'))
  cpSync(join(at.path, 'plugins/my/it'), join(at.path, 'copy/it'), { recursive: true })
  const first = await plugin(at, 'build', 'plugins/my/it', '--json', '-o', 'code.js')
  const second = await plugin(at, 'build', 'copy/it', '--json')
  expect(json(first)).toEqual(json(second))
  expect(json(first)).toMatchObject({ plugin: 'my/it', actions: ['go'], types: 'absent' })
  expect(readFileSync(join(at.path, 'code.js'), 'utf8')).toContain('go')
  write(at.path, { 'copy/it/word.ts': "export const word: string = 'b'\n" })
  expect(json(await plugin(at, 'build', 'copy/it', '--json'))).not.toEqual(json(first))
})

test('mistakes in code and manifest are told with their places', async () => {
  using at = place("import x from 'left-pad'\nexport const go = () => x\n")
  const built = await plugin(at, 'build', 'plugins/my/it')
  expect(built).toMatchObject({ code: 3, stdout: '' })
  expect(built.stderr).toContain('error[PLAN_CODE_MALFORMED]')
  expect(built.stderr).toContain('--> plugins/my/it/main.ts:1:')
  write(at.path, { 'plugins/my/it/plugin.yaml': manifest().replace('entry', 'enter') })
  const checked = await plugin(at, 'build', 'plugins/my/it', '--json')
  expect(checked.code).toBe(3)
  expect(json(checked)).toMatchObject({
    problems: expect.arrayContaining([
      expect.objectContaining({ code: 'DSL_KEY_UNKNOWN', file: 'plugins/my/it/plugin.yaml' }),
    ]) as unknown,
  })
  expect((await plugin(at, 'build', 'my/at')).stderr).toContain('Did you mean "my/it"')
})

test('types that the manifest has left behind are said, and are never taken from the author', async () => {
  using at = place('export const go = () => 1\n')
  await plugin(at, 'types', 'my/it')
  expect((await plugin(at, 'types', 'my/it', '--check')).code).toBe(0)
  write(at.path, { 'plugins/my/it/plugin.yaml': manifest('{}', '{ type: object, required: [a] }') })
  expect((await plugin(at, 'types', 'my/it', '--check')).code).toBe(1)
  expect((await plugin(at, 'build', 'my/it')).stderr).toContain('stale')
  await plugin(at, 'types', 'my/it')
  expect(readFileSync(join(at.path, 'plugins/my/it/types.ts'), 'utf8')).toContain(
    'readonly a: Json',
  )
  write(at.path, { 'plugins/my/it/types.ts': '// mine\n' })
  expect(await plugin(at, 'types', 'my/it')).toMatchObject({ code: 2 })
})

const doubling = 'export const go = ({ n }: { n: number }) => ({ n: n * 2, list: [1] })\n'

test('a case that fails shows where the output differs', async () => {
  using at = place(doubling, {
    'plugins/my/it/cases/go.yaml': `cases:
  - { name: right, action: go, input: { n: 1 }, output: { n: 2, list: [1] } }
  - { name: wrong, action: go, input: { n: 1 }, output: { n: 3, list: [1, 2] } }
  - { name: part, action: go, input: { n: 1 }, part: { list: [1] } }
  - { name: code, action: go, input: { n: 1 }, error: too_big }
`,
  })
  const tested = await plugin(at, 'test', 'my/it')
  expect(tested).toMatchObject({ code: 1, stdout: '' })
  expect(tested.stderr).toContain('at /n\n      - 3\n      + 2\n')
  expect(tested.stderr).toContain('at /list/1\n      - 2\n      + (nothing)\n')
  expect(tested.stderr).toContain('plugins/my/it/cases/go.yaml:3')
  expect(tested.stderr).toContain('2 passed, 2 failed')
  const filtered = await plugin(at, 'test', 'my/it', '--json', '--filter', 'WRONG')
  expect(json(filtered)).toMatchObject({
    passed: 0,
    failed: 1,
    cases: [{ name: 'wrong', differences: [{ at: '/n', expected: 3, actual: 2 }, {}] }],
  })
})

test('mistakes in cases are problems with their places', async () => {
  using at = place(doubling, {
    'plugins/my/it/cases/go.yaml': 'cases:\n  - { name: a, action: gone }\n',
    'plugins/my/it/cases/odd.yaml': 'cases:\n  - { name: a, action: go, ouput: 1 }\n',
  })
  const tested = await plugin(at, 'test', 'my/it')
  expect(tested.code).toBe(3)
  expect(tested.stderr).toContain('--> plugins/my/it/cases/go.yaml:2:')
  expect(tested.stderr).toContain('error[DSL_REFERENCE_UNKNOWN]')
  expect(tested.stderr).toContain('--> plugins/my/it/cases/odd.yaml:2:')
})

test('--watch runs again with every change until it is interrupted', async () => {
  const cases = (n: number): string =>
    `cases: [{ name: n, action: go, input: { n: 1 }, part: { n: ${n} } }]\n`
  using at = place(doubling, { 'plugins/my/it/cases/go.yaml': cases(2) })
  const watching = start(['plugin', 'test', 'my/it', '--watch'], { cwd: at.path })
  await watching.said('1 passed, 0 failed')
  await watching.said('Waiting')
  write(at.path, { 'plugins/my/it/cases/go.yaml': cases(3) })
  await watching.said('0 passed, 1 failed')
  watching.child.kill('SIGINT')
  expect((await watching.ended).code).toBe(1)
})

test('inspect tells what a plugin offers, asks for and is, also of a built-in one', async () => {
  using at = folder()
  const inspected = await plugin(at, 'inspect', 'std/git', '--json')
  expect(json(inspected)).toMatchObject({
    plugin: 'std/git',
    capabilities: { git: ['read', 'write', 'tag'] },
    reasons: { git: expect.any(String) as string },
    actions: expect.arrayContaining([
      expect.objectContaining({ address: 'std/git/log', effects: 'read' }),
    ]) as unknown,
    files: [{ path: 'main.ts', isBundled: true }],
    dependencies: [],
    digests: { alias: expect.stringMatching(/^bafkrei/) as string },
  })
  expect((await plugin(at, 'inspect', 'std/git')).stdout).toContain('takes { from?: string | null')
})

test('a failure comes back with its code and the place in the source', async () => {
  using at = place(
    'export const go = () => {\n  console.log("begun")\n  throw new TypeError("broken")\n}\n',
  )
  const failed = await plugin(at, 'call', 'my/it', 'go', '--json')
  expect(failed.code).toBe(1)
  expect(json(failed)).toMatchObject({
    ok: false,
    error: { code: 'SANDBOX_GUEST_THREW', message: 'TypeError: broken' },
    usage: { hostCalls: 0, inputBytes: 2, logLines: 1, peakBytes: expect.any(Number) },
  })
  expect(failed.stderr).toMatch(/begun/)
  expect(failed.stderr).toContain('main.ts:3:')
  expect((await plugin(at, 'call', 'my/it', 'gone')).code).toBe(2)
  write(at.path, { 'it.flow.yaml': 'dsl: flux/1\nid: it\nsteps:\n  - { id: go, use: my/it/go }\n' })
  const ran = await call(['run', 'it'], { cwd: at.path })
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringMatching(/\n {2}at .*main\.ts:3:\d+/) })
})

test('input comes as JSON, from a file or by names, and is checked by the schema', async () => {
  using at = place('export const go = (input: unknown) => input\n', { 'in.json': '[1]' })
  const echo = async (input: string): Promise<unknown> =>
    json(await plugin(at, 'call', 'my/it', 'go', '-i', input, '--json'))
  expect(await echo('{"a":1}')).toMatchObject({ output: { a: 1 } })
  expect(await echo('@in.json')).toMatchObject({ output: [1] })
  write(at.path, {
    'plugins/my/it/plugin.yaml': manifest(
      '{}',
      '{ type: object, required: [n], properties: { n: { type: integer } } }',
    ),
  })
  expect(await echo('n=2')).toMatchObject({ output: { n: 2 } })
  expect(await echo('{"n":"x"}')).toMatchObject({ error: { code: 'RUN_INPUT_REFUSED' } })
})

test('a call is over at its deadline and at the bound of its memory', async () => {
  using at = place(
    'export const go = (s: string) => { for (const a = [];;) if (s) a.push(s + a.length) }\n',
  )
  const slow = await plugin(at, 'call', 'my/it', 'go', '-i', '""', '--deadline', '80ms', '--json')
  expect(json(slow)).toMatchObject({ error: { code: 'SANDBOX_TIME_EXCEEDED' } })
  const big = await plugin(at, 'call', 'my/it', 'go', '-i', '"x"', '--memory', '8mb', '--json')
  expect(json(big)).toMatchObject({ error: { code: 'SANDBOX_MEMORY_EXCEEDED' } })
  expect((await plugin(at, 'call', 'my/it', 'go', '--memory', 'much')).code).toBe(2)
})

test('nothing is granted that was not named, and what to name is said', async () => {
  using at = place(
    'export const go = async (_: unknown, { git }: any) => (await git.tree()).entries\n',
    {
      'plugins/my/it/plugin.yaml': manifest('{ git: [read] }'),
    },
  )
  const denied = await plugin(at, 'call', 'my/it', 'go', '--json')
  expect(denied.code).toBe(4)
  expect(json(denied)).toMatchObject({
    error: { code: 'CAP_NOT_GRANTED', data: { grant: '--grant git:read' } },
  })
  git(at.path, 'init', '--quiet')
  git(at.path, 'commit', '--quiet', '--allow-empty', '-m', 'feat: begin')
  const granted = await plugin(at, 'call', 'my/it', 'go', '--grant', 'git:read', '--json')
  expect(json(granted)).toMatchObject({ ok: true, output: [], usage: { hostCalls: 1 } })
  expect((await plugin(at, 'call', 'my/it', 'go', '--grant', 'all')).code).toBe(2)
  expect((await plugin(at, 'call', 'my/it', 'go', '--secret', 'TOKEN=NOT_THERE')).code).toBe(2)
})

test('a host and a secret are granted by name, and the value of the secret stays hidden', async () => {
  const server = createServer(({ headers }, response) => void response.end(headers.authorization))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  using at = place(
    `export const go = async (_: unknown, { http }: any) => {
  const answer = await http.fetch('${host}/', { headers: { authorization: { $secret: 'TOKEN' } } })
  return await answer.text()
}
`,
    { 'plugins/my/it/plugin.yaml': manifest(`{ net: ['${host}'], secrets: [TOKEN] }`) },
  )
  const env = { MY_TOKEN: 'a-value-of-some-length' }
  const go = async (...args: readonly string[]): Promise<Ended> =>
    await call(['plugin', 'call', 'my/it', 'go', '--json', ...args], { cwd: at.path, env })
  expect(await go().then(json)).toMatchObject({
    error: {
      code: 'CAP_NOT_GRANTED',
      data: { grant: `--grant ${host.replace('http', 'net:http')}` },
    },
  })
  const hostOnly = await go('--grant', `net:${host}`)
  expect(hostOnly.code).toBe(4)
  expect(json(hostOnly)).toMatchObject({ error: { data: { grant: '--secret TOKEN=ENVVAR' } } })
  const both = await go('--grant', `net:${host}`, '--secret', 'TOKEN=MY_TOKEN')
  server.close()
  expect(json(both)).toMatchObject({ ok: true, usage: { hostCalls: 1 } })
  expect(both.stdout).toContain('TOKEN')
  expect(both.stdout + both.stderr).not.toContain(env.MY_TOKEN)
})

test('the completion knows the commands below plugin', async () => {
  using at = folder()
  const { stdout } = await call(['completion', 'bash'], { cwd: at.path })
  expect(stdout).toContain("'plugin call') words=''")
  expect(stdout).toContain('--deadline')
  expect(stdout).toMatch(/^ +(?:\w+\|)*plugin[|)]/m)
})
