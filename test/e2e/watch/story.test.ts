/**
 * Goal: a change goes from a fork to a run, and nothing on the way happens without somebody
 * who may say so. Method: real Git over HTTP, a forge on loopback, and the watcher as a user
 * starts it.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { type JsonObject, wordOf } from '#engine/core/json.ts'
import { openMirrors } from '#engine/durable/sqlite/mirrors.ts'
import { call, type Ended, folder } from '#test/e2e/cli.ts'
import { type FakeForge, openForge, pullOf } from '#test/fake/git/forge.ts'
import { openRemotes, type Remote, type RemotesLab } from '#test/fake/git/remotes.ts'
import { runGitIn } from '#test/fake/git/run-git.ts'

import { watching, type Watching } from './watching.ts'

const flow = (cron: string, hosts: string): string => `dsl: flux/1
id: report
on: { schedule: { cron: "${cron}", inputs: { at: "\${{ event.time }}" } } }
inputs: { type: object, required: [at], properties: { at: { type: string } } }
permissions: { net: [${hosts}] }
steps:
  - { id: told, let: "\${{ inputs.at }}" }
`
const path = 'flows/report.flow.yaml'

let lab: RemotesLab
let forge: FakeForge
let remote: Remote
let place: ReturnType<typeof folder>
let watcher: Watching
let args: readonly string[]
beforeAll(async () => {
  lab = await openRemotes()
  forge = await openForge()
  remote = lab.remote('acme/flows')
  place = folder({ '.ionflux/.gitignore': '*\n' })
  args = ['--forge', forge.origin, '--token', 'FORGE_TOKEN', '--data-dir', data()]
})
afterAll(async () => {
  await watcher[Symbol.asyncDispose]()
  await forge[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
  place[Symbol.dispose]()
})

const data = (): string => join(place.path, 'data')
const ionflux = async (...words: readonly string[]): Promise<Ended> =>
  await call([...words, '--data-dir', data()], { cwd: place.path })
const held = async (): Promise<string> => {
  const { planDigest } = await watcher.next({ event: 'held' })
  return wordOf(planDigest ?? '')
}
const activeCommit = (): string => {
  const mirrors = openMirrors(data())
  try {
    const id = mirrors.find('acme/flows')?.id ?? ''
    return mirrors.facts(id).active.commit ?? ''
  } finally {
    mirrors.close()
  }
}

test('from a fork to a run, with a bad commit and a way back', { timeout: 60_000 }, async () => {
  const first = remote.push({ [path]: flow('0 9 * * *', 'a.example') })
  expect((await ionflux('mirror', 'add', remote.url, '--no-sync')).code).toBe(0)
  watcher = await watching({ cwd: place.path, args })

  // Discovery activates nothing: the operator begins.
  expect((await ionflux('plan', 'approve', await held(), '--as', 'user:root')).code).toBe(0)
  await watcher.next({ event: 'activated', commit: first })

  // A contributor proposes: another host, and a schedule that fires every minute.
  const fork = join(lab.root, 'fork')
  runGitIn(lab.root, 'clone', '-q', remote.bare, fork)
  writeFileSync(join(fork, path), flow('* * * * *', 'a.example, b.example'))
  runGitIn(fork, 'commit', '-q', '-a', '-m', 'feat: more often, and b')
  const proposed = runGitIn(fork, 'rev-parse', 'HEAD').trim()
  runGitIn(fork, 'push', '-q', remote.bare, 'HEAD:refs/pull/1/head')
  forge.pulls.push(pullOf(1, proposed))
  expect(await watcher.deliver(remote.url, { action: 'opened' })).toBe(202)
  const planned = await watcher.next({ event: 'planned', pull: 1 })
  const [comment] = forge.comments
  for (const words of ['b.example', '1440 times a day', wordOf(planned['planDigest'] ?? '')])
    expect(comment?.body).toContain(words)
  const remark = {
    path,
    annotation_level: 'warning',
    message: expect.stringContaining('b.example'),
  }
  expect(forge.checks).toMatchObject([
    {
      head_sha: proposed,
      name: 'ionflux/plan',
      conclusion: 'neutral',
      output: {
        title: expect.stringContaining('needs approval'),
        summary: comment?.body,
        annotations: expect.arrayContaining([expect.objectContaining(remark)]),
      },
    },
  ])

  // A maintainer merges. That alone is no approval of a new host.
  remote.git('fetch', '-q', remote.bare, 'refs/pull/1/head')
  remote.git('merge', '-q', '--no-ff', '-m', 'merge: more often', 'FETCH_HEAD')
  remote.git('push', '-q', remote.bare, 'HEAD:refs/heads/main')
  forge.pulls.length = 0
  const merged = remote.git('rev-parse', 'HEAD').trim()
  await watcher.deliver(remote.url, { ref: 'refs/heads/main' })
  expect(await held()).toBe(planned['planDigest'])
  expect(activeCommit()).toBe(first)

  // The plan that was shown is approved, and becomes active.
  await ionflux('plan', 'approve', wordOf(planned['planDigest'] ?? ''))
  await watcher.next({ event: 'activated', commit: merged })
  await watcher.next({ event: 'reported', state: 'success' })
  expect(forge.statuses.slice(-2)).toMatchObject([
    { sha: merged, context: 'ionflux/active', state: 'pending' },
    { sha: merged, context: 'ionflux/active', state: 'success' },
  ])

  // The watcher is killed and comes back just before the next minute.
  await watcher.kill()
  const shiftMs = 57_000 - (Date.now() % 60_000)
  watcher = await watching({ cwd: place.path, args, shiftMs: Math.max(shiftMs, 0) })
  const started = await watcher.next({ event: 'started', flow: 'report' })
  const shown = await ionflux('runs', 'show', wordOf(started['run'] ?? ''), '--json')
  expect(shown.stdout).toMatch(/"told"|T\d\d:\d\d:00\.000Z/)

  // A commit that breaks the flow is held, and the schedule goes on as it was.
  remote.push({ [path]: 'dsl: flux/1\nid: report\nsteps: 7\n' })
  await watcher.deliver(remote.url)
  expect(await watcher.next({ event: 'held' })).toMatchObject({
    reasons: [expect.any(String)],
  })
  await watcher.next({ event: 'reported', state: 'failure' })
  expect(activeCommit()).toBe(merged)
  expect(forge.statuses.at(-1)).toMatchObject({ state: 'failure' })

  // Back to the version before.
  expect((await ionflux('mirror', 'rollback', 'acme/flows')).stdout).toContain(first)
  expect(activeCommit()).toBe(first)
  expect(await watcher.stop()).toBe(0)
  expect(forge.strays).toEqual([])
  expect(problemsOf(watcher)).toEqual([])
})

function problemsOf({ events }: Watching): readonly JsonObject[] {
  return events.filter(({ event }) => event === 'problem')
}
