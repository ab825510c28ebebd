/** `ionflux fmt` as a user calls it: on files, on folders, in CI, from an editor. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { call, compileCache, folder, main } from '#test/e2e/cli.ts'

const odd = 'dsl:  flux/1 # version\nid: "odd"\nsteps:\n- {id: a,let: 1}\n'
const formed = 'dsl: flux/1 # version\nid: odd\nsteps:\n  - { id: a, let: 1 }\n'
const files = {
  'ionflux.yaml': 'namespace: fixture\n',
  'flows/odd.flow.yaml': odd,
  'notes.yaml': 'a:   1\n',
}

test('writes what changes, and nothing the second time', async () => {
  using at = folder(files)
  const first = await call(['fmt'], { cwd: at.path })
  expect(first).toMatchObject({ code: 0, stdout: 'flows/odd.flow.yaml\n' })
  expect(readFileSync(join(at.path, 'flows/odd.flow.yaml'), 'utf8')).toBe(formed)
  expect(await call(['fmt', '--check'], { cwd: at.path })).toMatchObject({ code: 0, stdout: '' })
})

test('--check and --diff change nothing, and say what would', async () => {
  using at = folder(files)
  const json = await call(['fmt', '--check', '--json'], { cwd: at.path })
  expect(json.code).toBe(3)
  expect(JSON.parse(json.stdout)).toEqual({
    files: 2,
    changed: ['flows/odd.flow.yaml'],
    problems: [],
  })
  const { code, stdout } = await call(['fmt', '--diff', 'flows'], { cwd: at.path })
  expect(code).toBe(0)
  expect(readFileSync(join(at.path, 'flows/odd.flow.yaml'), 'utf8')).toBe(odd)
  execFileSync('git', ['apply', '-'], { cwd: at.path, input: stdout })
  expect(readFileSync(join(at.path, 'flows/odd.flow.yaml'), 'utf8')).toBe(formed)
})

test('a file that is named is formatted whatever it is; one with mistakes is told and left', async () => {
  using at = folder({ ...files, 'flows/bad.flow.yaml': 'id: [\n' })
  const { code, stdout, stderr } = await call(['fmt', 'notes.yaml', 'flows'], { cwd: at.path })
  expect({ code, stdout }).toEqual({ code: 3, stdout: 'flows/odd.flow.yaml\nnotes.yaml\n' })
  expect(stderr).toContain('DSL_YAML_SYNTAX')
  expect(readFileSync(join(at.path, 'flows/bad.flow.yaml'), 'utf8')).toBe('id: [\n')
})

test('an editor formats through stdin', () => {
  const output = execFileSync(process.execPath, [main, 'fmt', '--stdin'], {
    input: odd,
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    stdio: 'pipe',
  })
  expect(output.toString()).toBe(formed)
})
