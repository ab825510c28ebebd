/**
 * Goal: who only looks at the runs of another process does them no harm, and does not wait
 * without a word. Method: an owner that is stopped, and Ctrl-C in a second terminal.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { call, type Call, repository, start } from './cli.ts'

let repo: ReturnType<typeof repository>
const begin = (...args: readonly string[]): Call => start(args, { cwd: repo.path })

beforeAll(() => {
  repo = repository()
})
afterAll(() => repo[Symbol.dispose]())

test('Ctrl-C in resume leaves the run to the process that executes it', async () => {
  const owner = begin('run', 'nap', '-i', 'for=60s')
  await owner.said('waits until')
  const visitor = begin('resume')
  await visitor.said('waits until')
  visitor.child.kill('SIGINT')
  const { code, stderr } = await visitor.ended
  expect(code).toBe(130)
  expect(stderr).toContain(`Following 1 run, which process ${owner.child.pid} executes`)
  expect(stderr).toContain(`The run goes on in process ${owner.child.pid}.`)
  const { stdout } = await call(['runs', 'ls', '--json'], { cwd: repo.path })
  expect(JSON.parse(stdout).runs).toMatchObject([{ status: 'parked', isOwned: true }])
  owner.child.kill('SIGTERM')
  await owner.ended
})

test('an owner that is stopped is named, and its answer waited for', async () => {
  const owner = begin('run', 'nap', '-i', 'for=60s')
  await owner.said('waits until')
  owner.child.kill('SIGSTOP')
  const guest = begin('run', 'nap', '-i', 'for=1s')
  try {
    await guest.said(`Process ${owner.child.pid}, which holds`)
  } finally {
    owner.child.kill('SIGCONT')
  }
  expect(await guest.ended).toMatchObject({ code: 0, stdout: 'rested\n' })
  owner.child.kill('SIGTERM')
  await owner.ended
})
