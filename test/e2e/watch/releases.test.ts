/**
 * Goal: a tag that is pushed to a repository that somebody named becomes a release without a
 * person, one that may not is told on its commit, and one that is moved is an incident and an
 * event of the log. Method: the watcher as a user starts it, real Git over HTTP for sources, a
 * registry in a folder, a forge on loopback.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { signerOf } from '#engine/host/registry/crypto.ts'
import { call, type Ended, folder } from '#test/e2e/cli.ts'
import { beginIndex, newKey } from '#test/e2e/release/index-folder.ts'
import { type FakeForge, openForge } from '#test/fake/git/forge.ts'
import { openRemotes, type Remote, type RemotesLab } from '#test/fake/git/remotes.ts'
import { shoutCode, shoutManifest } from '#test/fake/shout.ts'

import { watching, type Watching } from './watching.ts'

const files = (version: string, more = ''): Readonly<Record<string, string>> => ({
  'ionflux.yaml': 'namespace: acme\n',
  'plugins/shout/plugin.yaml': shoutManifest({ version, more }),
  'plugins/shout/main.ts': shoutCode(),
  'plugins/shout/cases/all.yaml':
    'cases:\n  - { action: default, name: shouts, input: { text: a }, output: A }\n',
})

let lab: RemotesLab
let forge: FakeForge
let remote: Remote
let place: ReturnType<typeof folder>
let watcher: Watching
const at = (name: string): string => join(place.path, name)
const ionflux = async (...words: readonly string[]): Promise<Ended> =>
  await call(words, { cwd: place.path })
const keys = (): readonly string[] => [
  '--registry',
  at('index'),
  '--key',
  at('acme.pem'),
  '--log-key',
  at('log.pem'),
]
const args = (): readonly string[] => [
  '--publish',
  'acme/plugins',
  ...keys(),
  '--forge',
  forge.origin,
  '--token',
  'FORGE_TOKEN',
]
function tag(name: string, ...more: readonly string[]): void {
  remote.git('tag', ...more, name)
  remote.git('push', '-q', '--force', remote.bare, `refs/tags/${name}`)
}

beforeAll(async () => {
  lab = await openRemotes()
  forge = await openForge()
  remote = lab.remote('acme/plugins')
  place = folder({ 'ionflux.yaml': 'namespace: me\n' })
  for (const name of ['log', 'acme']) newKey(at(`${name}.pem`))
  await beginIndex(at('index'), signerOf(readFileSync(at('log.pem'), 'utf8')))
  await ionflux('release', 'claim', 'acme', ...keys())
  remote.push(files('0.9.0'))
  tag('shout@0.9.0')
  await ionflux('mirror', 'add', remote.url, '--no-sync')
})
afterAll(async () => {
  await watcher[Symbol.asyncDispose]()
  await forge[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
  place[Symbol.dispose]()
})

test('tags become releases, or are told to be none', { timeout: 120_000 }, async () => {
  const nobody = await ionflux('watch', '--once', '--publish', 'acme/plugin', ...keys())
  expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('acme/plugins') })
  watcher = await watching({ cwd: place.path, args: args() })
  await watcher.next({ event: 'synced', mirror: 'acme/plugins' })

  // What was there before the watcher is a person's to publish.
  const first = remote.push(files('1.0.0'))
  tag('shout@1.0.0', '-a', '-m', 'one')
  await watcher.deliver(remote.url)
  expect(await watcher.next({ event: 'published' })).toMatchObject({
    tag: 'shout@1.0.0',
    release: 'acme/shout@1.0.0',
    leaf: 1,
  })
  await watcher.next({ event: 'reported', commit: first, state: 'success' })
  expect(forge.statuses.at(-1)).toMatchObject({ sha: first, context: 'ionflux/publish' })

  // A new power wants a major step; the commit hears it.
  const small = remote.push(files('1.1.0', 'capabilities: { net: [api.example.com] }\n'))
  tag('shout@1.1.0')
  await watcher.deliver(remote.url)
  expect(await watcher.next({ event: 'unpublished' })).toMatchObject({
    code: 'REG_BUMP_TOO_SMALL',
    isAgain: false,
  })
  await watcher.next({ event: 'reported', commit: small, state: 'failure' })

  // A commit of nobody's branch is no release.
  remote.push(files('1.0.1'), { branch: 'stray', from: first })
  tag('shout@1.0.1')
  await watcher.deliver(remote.url)
  expect(await watcher.next({ event: 'unpublished' })).toMatchObject({ code: 'REG_TAG_REFUSED' })

  // The watcher ends and comes back: what was told is not told again, what is moved is.
  expect(await watcher.stop()).toBe(0)
  watcher = await watching({ cwd: place.path, args: args() })
  tag('shout@1.0.0', '--force')
  await watcher.deliver(remote.url)
  await watcher.next({ event: 'incident', kind: 'tag-moved' })
  await watcher.next({ event: 'tag-told', release: 'acme/shout@1.0.0' })
  expect(watcher.events.filter(({ event }) => event === 'unpublished')).toEqual([])
  expect(await watcher.stop()).toBe(0)
  const shown = await ionflux('info', 'acme/shout@1.0.0', '--registry', at('index'), '--json')
  expect(JSON.parse(shown.stdout)).toMatchObject({ release: { version: '1.0.0', leaf: 1 } })
  const checked = await ionflux('registry', 'check', at('index'), '--json')
  expect(JSON.parse(checked.stdout)).toMatchObject({ leaves: 3, entries: 1 })
  expect(forge.strays).toEqual([])
})
