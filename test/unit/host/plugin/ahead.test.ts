import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { expect, onTestFinished, test } from 'vitest'

import { startAhead, startForRun, threadAhead } from '#engine/host/plugin/sandbox.ts'
import { takeBorn } from '#engine/sandbox/threads/born.ts'

/** Threads are numbered as they are started: one from before has a lower number than one from now. */
async function startsAThread(begin: () => Promise<void>): Promise<boolean> {
  await begin()
  const now = new Worker('', { eval: true })
  const { threadId } = now
  const { worker } = takeBorn()
  const isEarlier = worker.threadId < threadId
  await Promise.all([now.terminate(), worker.terminate()])
  return isEarlier
}

test.each([
  ['a step that uses a plugin', 'steps:\n  - id: a\n    use: std/git/log\n', true],
  ['a transform in braces', 'steps: [{ id: a, transform: "export default 1" }]', true],
  ['a step on one line', 'steps:\n  - { use: std/git/log, id: a }\n', true],
  ['expressions only', 'steps:\n  - { id: a, let: "${{ 1 }}" } # use: nothing\n', false],
  ['no file', undefined, false],
])('a thread is started ahead for %s: %#', async (_, text, isStarted) => {
  expect(await startsAThread(async () => await startAhead(text))).toBe(isStarted)
})

test.each([
  [['calls.yaml', '--json'], true],
  [['-i', 'n=1', 'calls'], true],
  [['plain'], false],
  [['folder.yaml'], false],
  [['pipe.yaml'], false],
  [['nowhere', '--repo', 'x'], false],
])('a run of %j starts one before the program is loaded: %s', async (args, isStarted) => {
  const dir = mkdtempSync(join(tmpdir(), 'ionflux-ahead-'))
  const before = process.cwd()
  onTestFinished(() => {
    process.chdir(before)
    rmSync(dir, { recursive: true })
  })
  process.chdir(dir)
  const calls = 'steps:\n  - { use: std/git/log, id: a }\n'
  mkdirSync('flows')
  mkdirSync('folder.yaml')
  execFileSync('sh', ['-c', 'mkfifo pipe.yaml'])
  writeFileSync('calls.yaml', calls)
  writeFileSync('flows/calls.flow.yaml', calls)
  writeFileSync('flows/plain.flow.yaml', 'steps:\n  - { id: a, let: 1 }\n')
  expect(await startsAThread(async () => await startForRun(args))).toBe(isStarted)
})

test('a thread is started ahead, once, for what is sure to call code', async () => {
  const begin = async (): Promise<void> => {
    await threadAhead()
    await threadAhead()
  }
  expect(await startsAThread(begin)).toBe(true)
  expect(await startsAThread(async () => {})).toBe(false)
})
