/**
 * An `ionflux.yaml` with a mistake stops what acts by it, and nothing that mends it: it says
 * which registry a name is bound to, so its defaults are no safe stand-in.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { call, folder, git } from '#test/e2e/cli.ts'

const flow = 'dsl: flux/1\nid: hello\nsteps:\n  - { id: one, let: 1 }\n'
const tests = 'dsl: test/1\nflow: ./hello.flow.yaml\ncases:\n  - { name: it ends }\n'

test.each([
  ['garbage: [', 'DSL_YAML_SYNTAX'],
  ['registrys: {}', 'DSL_KEY_UNKNOWN'],
])('%s is told by whatever acts by the file', { timeout: 120_000 }, async (marker, code) => {
  using place = folder({
    'ionflux.yaml': `${marker}\n`,
    'hello.flow.yaml': flow,
    'hello.test.yaml': tests,
  })
  git(place.path, 'init', '--quiet')
  git(place.path, 'add', '.')
  git(place.path, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'one')
  const calls = [
    ['run', 'hello'],
    ['run', 'hello.flow.yaml'],
    ['run', 'hello', '--at', 'HEAD'],
    ['run', 'helo'],
    ['graph', 'hello'],
    ['test'],
    ['lock'],
    ['add', 'acme/csv@^1'],
    ['plan'],
    ['check'],
  ]
  for (const args of calls) {
    const ended = await call(args, { cwd: place.path })
    expect([args, ended.code]).toEqual([args, 3])
    expect([args, ended.stdout + ended.stderr]).toEqual([args, expect.stringContaining(code)])
  }
  expect(existsSync(join(place.path, 'ionflux.lock'))).toBe(false)
  const json = await call(['run', 'hello', '--json'], { cwd: place.path })
  expect(JSON.parse(json.stdout).problems).toMatchObject([{ code, file: 'ionflux.yaml' }])
})

test('fmt, doctor and check --fix work beside it', async () => {
  using place = folder({ 'ionflux.yaml': 'namespac: acme\n', 'hello.flow.yaml': flow })
  const at = { cwd: place.path }
  expect(await call(['fmt', 'hello.flow.yaml'], at)).toMatchObject({ code: 0 })
  expect((await call(['doctor'], at)).stdout).toContain('"namespac"')
  expect(await call(['check', '--fix'], at)).toMatchObject({ code: 0 })
  expect(await call(['run', 'hello'], at)).toMatchObject({ code: 0, stdout: '1\n' })
})

test('an unknown flow is answered with those of the repository alone', async () => {
  using empty = folder({ 'ionflux.yaml': '' })
  const none = await call(['run', 'xyzzy'], { cwd: empty.path })
  expect(none.stderr).toContain('It has no flow of its own; `ionflux init` makes a first one.')
  using place = folder({ 'ionflux.yaml': '', 'hello.flow.yaml': flow })
  const { stderr } = await call(['run', 'xyzzy'], { cwd: place.path })
  expect(stderr).toMatch(/ There is hello\.\s/)
})
