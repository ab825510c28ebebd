/**
 * Goal: `git merge` itself brings two changes of one flow together, and says so when it cannot.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, expect, test } from 'vitest'

import { call } from '#test/e2e/cli.ts'
import { repository, type Fixture } from '#test/fake/repository.ts'

const path = 'flows/a.flow.yaml'
const base = 'dsl: flux/1\nid: a\nsteps:\n  - { id: one, let: 1 }\n  - { id: two, let: 2 }\n'

let fixture: Fixture
afterEach(() => fixture.remove())

async function merge(ours: string, theirs: string): Promise<{ said: string; text: string }> {
  fixture = repository([
    { message: 'one', files: [{ path, content: base }] },
    { message: 'theirs', branch: 'theirs', parents: [0], files: [{ path, content: theirs }] },
    { message: 'ours', parents: [0], files: [{ path, content: ours }] },
  ])
  fixture.git('checkout', '--quiet', '--force', 'main')
  const installed = await call(['merge-driver', '--install'], { cwd: fixture.dir })
  expect(installed).toMatchObject({ code: 0, stderr: expect.stringContaining('.gitattributes') })
  let said = ''
  try {
    fixture.git(
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@b.c',
      'merge',
      '--quiet',
      '-m',
      'm',
      'theirs',
    )
  } catch (thrown) {
    said = (thrown as Error).message
  }
  return { said, text: readFileSync(join(fixture.dir, path), 'utf8') }
}

test('neighbouring lines that each side changed', async () => {
  const { said, text } = await merge(
    base.replace('let: 1', 'let: 10'),
    base.replace('let: 2', 'let: 20'),
  )
  expect(said).toBe('')
  expect(text).toBe(base.replace('let: 1', 'let: 10').replace('let: 2', 'let: 20'))
})

test('one value that both changed stays ours, without marks, and is a conflict for Git', async () => {
  const { said, text } = await merge(
    base.replace('let: 1', 'let: 10'),
    base.replace('let: 1', 'let: 20'),
  )
  expect(said).toContain('steps.one.let')
  expect(text).toBe(base.replace('let: 1', 'let: 10'))
  expect(fixture.git('status', '--short')).toContain(`UU ${path}`)
})

test('a merge that breaks what each side alone did not is a conflict that says why', async () => {
  const { said } = await merge(
    base.replace('let: 2 }', 'let: "${{ steps.one.output }}" }'),
    base.replace(/.*id: one.*\n/, ''),
  )
  expect(said).toContain('"one"')
  expect(fixture.git('status', '--short')).toContain(`UU ${path}`)
})

test('a clone whose settings cannot be written is not called one without Git', async () => {
  fixture = repository([{ message: 'one', files: [{ path, content: base }] }])
  writeFileSync(join(fixture.dir, '.git/config.lock'), '')
  const installed = await call(['merge-driver', '--install'], { cwd: fixture.dir })
  expect(installed).toMatchObject({ code: 69, stdout: '' })
  expect(installed.stderr).toContain('could not lock config file')
  expect(await call(['init'], { cwd: fixture.dir })).toMatchObject({ code: 0 })
})

test('without Git only the file is written, and it is said', async () => {
  fixture = repository([{ message: 'one', files: [{ path, content: base }] }])
  writeFileSync(join(fixture.dir, 'ionflux.yaml'), 'namespace: my\n')
  rmSync(join(fixture.dir, '.git'), { recursive: true })
  const installed = await call(['merge-driver', '--install'], { cwd: fixture.dir })
  expect(installed).toMatchObject({ code: 0 })
  expect(installed.stderr).toContain('there is no Git repository here')
})
