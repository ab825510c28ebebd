/**
 * Goal: what the commands say of runs, children and empty places is true. Method: a parent
 * whose child fails although it has `retry`, and what a killed process leaves.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { call, type Ended, folder, main, repository, start } from './cli.ts'

let repo: ReturnType<typeof repository>
const ionflux = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, { cwd: repo.path })

beforeAll(() => {
  repo = repository({
    'flows/above.flow.yaml': 'dsl: flux/1\nid: above\nsteps:\n  - { id: down, flow: below }\n',
    'flows/below.flow.yaml': `dsl: flux/1
id: below
steps:
  - id: bad
    retry: 3
    transform: |
      export default () => { throw new Error('no') }
`,
  })
})
afterAll(() => repo[Symbol.dispose]())

test('a run is found through its parent, and last means what a person started', async () => {
  const failed = await ionflux('run', 'above')
  const [, child = ''] = /Next: ionflux runs show (\w{26})/.exec(failed.stderr) ?? []
  const { runs } = JSON.parse((await ionflux('runs', 'ls', '--json')).stdout)
  expect(runs).toMatchObject([{ flow: 'above', parent: null, isOwned: false }])
  const all = JSON.parse((await ionflux('runs', 'ls', '--all', '--json')).stdout).runs
  expect(all).toHaveLength(2)
  expect(all).toContainEqual(expect.objectContaining({ id: child, parent: runs[0].id }))
  const shown = await ionflux('runs', 'show', 'last')
  expect(shown.stdout).toContain(`↳ ${child}`)
  expect(shown.stdout).toContain('working tree on commit')
  const below = await ionflux('runs', 'show', child)
  expect(below.stdout).toContain('not retried: SANDBOX_GUEST_THREW is not transient')
  expect(below.stdout).toContain(`started by ${runs[0].id}`)
})

test('a run that a killed process left is called interrupted', async () => {
  using place = repository({
    'flows/slow.flow.yaml': `dsl: flux/1
id: slow
steps:
  - { id: first, let: 1 }
  - { id: spin, transform: 'export default () => { for (;;) {} }' }
`,
  })
  const run = start(['run', 'slow'], { cwd: place.path })
  await run.said('✓ first')
  run.child.kill('SIGKILL')
  await run.ended
  const { stdout, stderr } = await call(['runs', 'ls'], { cwd: place.path })
  expect(stdout).toContain('⚠ interrupted')
  expect(stderr).toContain('ionflux resume')
})

test('check says that it found nothing, and refuses paths that name nothing', async () => {
  using place = folder()
  const empty = await call(['check'], { cwd: place.path })
  expect([empty.code, empty.stderr]).toEqual([0, expect.stringContaining('no flows found under')])
  mkdirSync(join(repo.path, 'empty'))
  expect(await ionflux('check', 'empty')).toMatchObject({ code: 2, stdout: '' })
})

test('check and graph take --json like every command that prints data', async () => {
  expect(JSON.parse((await ionflux('check', '--json')).stdout)).toMatchObject({ problems: [] })
  expect(JSON.parse((await ionflux('graph', 'above', '--json')).stdout)).toHaveProperty(
    'execDigest',
  )
})

test('retry says that the files have changed since', async () => {
  const failed = JSON.parse((await ionflux('run', 'strict', '--json')).stdout).run.id
  expect((await ionflux('runs', 'retry', failed)).stderr).not.toContain('have changed')
  const path = join(repo.path, 'flows/strict.flow.yaml')
  writeFileSync(path, readFileSync(path, 'utf8').replace('Nothing left', 'Sold out'))
  const { stderr } = await ionflux('runs', 'retry', failed)
  expect(stderr).toContain('A new run uses the new files: ionflux run strict')
})

test.runIf(existsSync('/dev/full'))('a full disk under the output is told without a trace', () => {
  const full = openSync('/dev/full', 'w')
  const { status, stderr } = spawnSync(process.execPath, [main, 'runs', 'ls', '--json'], {
    cwd: repo.path,
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  })
  closeSync(full)
  expect(status).toBe(69)
  expect(stderr).toBe('error: The output cannot be written: ENOSPC.\n')
})
