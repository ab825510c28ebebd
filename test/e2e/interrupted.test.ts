/**
 * What a user does in the middle of a run: Ctrl-C, kill -9, a second terminal.
 *
 * Promise 2 (nothing acknowledged is lost) through the real process; `test/sim` and the
 * kill rounds look at every point of a run, this file at what a person sees.
 */
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { call, type Call, repository, start } from './cli.ts'

interface Run {
  readonly id: string
  readonly status: string
  readonly output: unknown
  readonly records: readonly { readonly record: { readonly kind: string } }[]
}
/** What the commands print with `--json`; each has its own part of it. */
interface Document {
  readonly run: Run
  readonly runs: readonly Run[]
  readonly ok: boolean
}

let repo: ReturnType<typeof repository>
const begin = (...args: readonly string[]): Call => start(args, { cwd: repo.path })
const json = async (
  ...args: readonly string[]
): Promise<{ code: number | null; document: Document }> => {
  const { code, stdout } = await call([...args, '--json'], { cwd: repo.path })
  return { code, document: JSON.parse(stdout) as Document }
}
const runIdIn = async (one: Call): Promise<string> => {
  await one.said('waits until')
  const { document } = await json('runs', 'ls', '--limit', '1')
  return document.runs[0]?.id ?? ''
}

beforeAll(() => {
  repo = repository()
})
beforeEach(() => rmSync(join(repo.path, '.ionflux'), { recursive: true, force: true }))
afterAll(() => repo[Symbol.dispose]())

test('the first Ctrl-C cancels in order, runs finally blocks and ends with 130', async () => {
  const run = begin('run', 'nap')
  const id = await runIdIn(run)
  run.child.kill('SIGINT')
  const { code, stdout, stderr } = await run.ended
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
  expect(stderr).toContain('Cancelling')
  expect(stderr).toMatch(/✓ guarded\/tidy/)
  const { document } = await json('runs', 'show', id)
  expect(document.run).toMatchObject({ status: 'cancelled', error: { code: 'RUN_CANCELLED' } })
})

test('a run that was cancelled goes on with retry', async () => {
  const run = begin('run', 'nap', '-i', 'for=3s')
  const id = await runIdIn(run)
  run.child.kill('SIGINT')
  await run.ended
  const { code, document } = await json('runs', 'retry', id)
  expect({ code, status: document.run.status, output: document.run.output }).toEqual({
    code: 0,
    status: 'done',
    output: 'rested',
  })
})

test('a second Ctrl-C leaves at once, and resume finishes', async () => {
  const run = begin('run', 'stubborn')
  await run.said('run ')
  await run.said('waits until')
  run.child.kill('SIGINT')
  await run.said('Ctrl-C again')
  run.child.kill('SIGINT')
  const { code, stderr } = await run.ended
  expect(code).toBe(130)
  expect(stderr).toContain('ionflux resume')
  const { document } = await json('resume')
  expect(document.runs[0]).toMatchObject({ flow: 'stubborn', status: 'cancelled' })
})

test('after kill -9 resume finishes the run without doing again what was done', async () => {
  const run = begin('run', 'nap', '-i', 'for=2s')
  const id = await runIdIn(run)
  run.child.kill('SIGKILL')
  await run.ended
  const { code, document } = await json('resume', id)
  expect({ code, status: document.run.status, output: document.run.output }).toEqual({
    code: 0,
    status: 'done',
    output: 'rested',
  })
  const { document: shown } = await json('runs', 'show', id)
  const kinds = shown.run.records.map((one) => one.record.kind)
  expect(kinds.filter((kind) => kind === 'timer.set')).toHaveLength(1)
  expect((await json('runs', 'verify', id)).document.ok).toBe(true)
})

test('two runs at once in one data directory both finish', async () => {
  const [first, second] = [begin('run', 'nap', '-i', 'for=1s'), begin('run', 'many', '--json')]
  const [one, two] = await Promise.all([first.ended, second.ended])
  expect([one.code, one.stdout]).toEqual([0, 'rested\n'])
  expect(JSON.parse(two.stdout).run).toMatchObject({ status: 'done', output: { list: [2, 4, 6] } })
})

test('a second process follows its run live and takes over when the first one is killed', async () => {
  const first = begin('run', 'nap', '-i', 'for=60s')
  await first.said('waits until')
  const second = begin('run', 'nap', '-i', 'for=2s')
  await second.said('waits until')
  first.child.kill('SIGKILL')
  const { code, stdout } = await second.ended
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'rested\n' })
  const { document } = await json('runs', 'ls')
  expect(document.runs.map((run) => run.status).toSorted()).toEqual(['done', 'parked'])
})

test('several followers finish when their owner is killed, and each record chain holds', async () => {
  const owner = begin('run', 'nap', '-i', 'for=60s')
  await owner.said('waits until')
  const followers = ['1s', '1500ms', '2s', '2s'].map((span) =>
    begin('run', 'nap', '-i', `for=${span}`),
  )
  await Promise.all(followers.map(async (one) => await one.said('waits until')))
  owner.child.kill('SIGKILL')
  const ended = await Promise.all(followers.map(async (one) => await one.ended))
  expect(ended.map(({ code, stdout }) => [code, stdout])).toEqual(
    followers.map(() => [0, 'rested\n']),
  )
  const { document } = await json('runs', 'ls')
  const verified = await Promise.all(
    document.runs.map(async ({ id }) => await json('runs', 'verify', id)),
  )
  expect(verified.map(({ code }) => code)).toEqual(document.runs.map(() => 0))
})

test('an owner that is done leaves, and who followed it carries on', async () => {
  const owner = begin('run', 'nap', '-i', 'for=1s')
  await owner.said('waits until')
  const follower = begin('run', 'nap', '-i', 'for=3s')
  const [first, second] = await Promise.all([owner.ended, follower.ended])
  expect([first.code, second.code, second.stdout]).toEqual([0, 0, 'rested\n'])
})

test('a run that another process executes can be cancelled from a second terminal', async () => {
  const first = begin('run', 'nap')
  const id = await runIdIn(first)
  const { code, document } = await json('runs', 'cancel', id)
  expect({ code, status: document.run.status }).toEqual({ code: 0, status: 'cancelled' })
  expect(await first.ended).toMatchObject({ code: 1 })
})

test('a closed stdout is no reason to fail', async () => {
  const run = begin('run', 'many')
  run.child.stdout?.destroy()
  const [code] = await once(run.child, 'exit')
  expect(code).toBe(0)
})
