/**
 * Goal: a release is what a tag of a merged commit names, built and tested, with a version that
 * promises no more than it keeps; and the same bytes whoever publishes it. Method: the real
 * command line, tags in a repository, a registry in a folder.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { digestOfBytes } from '#engine/core/digest.ts'
import { signerOf } from '#engine/host/registry/crypto.ts'
import { call, type Ended, git, write } from '#test/e2e/cli.ts'

import { beginIndex, newKey } from './index-folder.ts'

const manifest = (version: string, more = ''): string => `plugin: acme/shout
version: ${version}
description: Says it louder.
license: Apache-2.0
entry: ./main.ts
${more}actions:
  default:
    effects: pure
    input: { type: object, properties: { text: { type: string } } }
    output: { type: string }
`
const code = 'export default ({ text }: { text: string }): string => text.toUpperCase()\n'
const cases = `cases:
  - { action: default, name: shouts, input: { text: a }, output: A }
`

// Each test is many processes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let top: string
let source: string
let index: string
let day = 1_767_225_600

/** Where others get the repository. */
const url = (): string => `file://${source}`
const keyFile = (name: string): string => join(top, `${name}.pem`)

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-publish-'))
  source = join(top, 'source')
  index = join(top, 'index')
  for (const name of ['log', 'acme', 'other']) newKey(keyFile(name))
  await beginIndex(index, signerOf(readFileSync(keyFile('log'), 'utf8')))
  write(source, { 'ionflux.yaml': 'namespace: acme\n', '.gitignore': '.ionflux/\n' })
  git(source, 'init', '--quiet', '--initial-branch=main')
  git(source, 'remote', 'add', 'origin', url())
  await release('1.0.0')
})
afterAll(() => rmSync(top, { recursive: true, force: true }))

/** Commits a version and tags it. */
async function release(
  version: string,
  more: Parameters<typeof manifest>[1] = '',
  files = {},
): Promise<void> {
  write(source, {
    'plugins/shout/plugin.yaml': manifest(version, more),
    'plugins/shout/main.ts': code,
    'plugins/shout/cases/default.yaml': cases,
    ...files,
  })
  day += 60
  git(source, 'add', '.')
  git(source, 'commit', '--quiet', '-m', `release ${version}`)
  git(source, 'tag', '-a', '-m', version, `shout@${version}`)
}

const ionflux = async (args: readonly string[], cwd = source): Promise<Ended> =>
  await call(args, { cwd, env: { XDG_CACHE_HOME: join(top, 'cache') } })
const publish = async (...args: readonly string[]): Promise<Ended> =>
  await ionflux(['publish', ...keysOf('acme'), ...args])
/** The registry, the key of a publisher, and the key of the log. */
const keysOf = (name: string, registry = index): readonly string[] => [
  '--registry',
  registry,
  '--key',
  keyFile(name),
  '--log-key',
  keyFile('log'),
]

describe('publish', () => {
  test('tries out without a key and writes nothing', async () => {
    const tried = await ionflux(['publish', 'shout@1.0.0', '--dry-run', '--json'])
    expect(tried.code).toBe(0)
    expect(JSON.parse(tried.stdout)).toMatchObject({
      release: {
        name: 'acme/shout',
        version: '1.0.0',
        kind: 'plugin',
        caps: {},
        source: { url: url(), path: 'plugins/shout' },
      },
      branch: 'main',
      tests: { passed: 1, failed: [] },
    })
  })

  test('needs a namespace that somebody claimed', async () => {
    const early = await publish('shout@1.0.0')
    expect(early.code).toBe(69)
    expect(early.stderr).toContain('REG_NOT_FOUND')
    const claimed = await ionflux(['release', 'claim', 'acme', ...keysOf('acme')])
    expect(claimed).toMatchObject({ code: 0 })
  })

  test('gives the same bytes to another person in another folder', async () => {
    const clone = join(top, 'elsewhere')
    const copy = join(top, 'copy')
    git(top, 'clone', '--quiet', url(), clone)
    cpSync(index, copy, { recursive: true })
    const first = await publish('shout@1.0.0', '--json')
    expect(first.code).toBe(0)
    expect(JSON.parse(first.stdout)).toMatchObject({ leaf: 1, isNew: true })
    const second = await call(['publish', 'shout@1.0.0', ...keysOf('acme', copy)], {
      cwd: clone,
      env: {
        USER: 'someone',
        HOME: join(top, 'home'),
        TZ: 'Asia/Tokyo',
        XDG_CACHE_HOME: join(top, 'other-cache'),
      },
    })
    expect(second).toMatchObject({ code: 0 })
    expect(allOf(copy)).toEqual(allOf(index))
    const again = await publish('shout@1.0.0', '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({ leaf: 1, isNew: false })
    expect(allOf(copy)).toEqual(allOf(index))
  })

  test('refuses a key that does not speak for the namespace', async () => {
    await release('1.0.1')
    const stolen = await ionflux(['publish', ...keysOf('other')])
    expect(stolen.code).toBe(3)
    expect(stolen.stderr).toContain('REG_EVENT_REFUSED')
  })

  test.each([
    ['key', 'other', 'log', 3, 'REG_EVENT_REFUSED'],
    ['log key', 'acme', 'other', 4, 'REG_UNTRUSTED'],
  ])('asks for the %s also of what was published before', async (_, key, log, code, words) => {
    const keys = ['--key', keyFile(key), '--log-key', keyFile(log)]
    const ended = await ionflux(['publish', 'shout@1.0.0', '--registry', index, ...keys])
    expect(ended.code).toBe(code)
    expect(ended.stderr).toContain(words)
    expect(ended.stderr).not.toContain('published before')
  })

  test('refuses a new power that is no major step, and takes it as one', async () => {
    await release('1.1.0', 'capabilities: { net: [api.example.com] }\n')
    const small = await publish()
    expect(small.code).toBe(3)
    expect(small.stderr).toContain('REG_BUMP_TOO_SMALL')
    expect(small.stderr).toContain('2.0.0')
    await release('2.0.0', 'capabilities: { net: [api.example.com] }\n')
    const taken = await publish()
    expect(taken.stderr).toContain('a major step from 1.0.0')
    expect(taken.code).toBe(0)
  })

  test('refuses what fails its own tests', async () => {
    await release('2.0.1', '', {
      'plugins/shout/cases/default.yaml': cases.replace('output: A', 'output: B'),
    })
    const failed = await publish()
    expect(failed.code).toBe(3)
    expect(failed.stderr).toContain('REG_RELEASE_REFUSED')
    expect(failed.stderr).toContain('shouts')
  })

  test.each([
    ['a commit that no branch has', 'shout@2.0.2', 'on none of'],
    ['a version that the manifest does not say', 'shout@3.0.0', 'says version'],
    ['a name that the commit does not have', 'whisper@2.0.0', 'no package "whisper"'],
    ['a word that is no release', 'latest', 'is tagged'],
  ])('refuses %s', async (_, tag, why) => {
    if (tag === 'shout@2.0.2') {
      git(source, 'checkout', '--quiet', '--detach')
      await release('2.0.2')
      git(source, 'checkout', '--quiet', 'main')
    } else git(source, 'tag', tag)
    const refused = await publish(tag)
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('REG_TAG_REFUSED')
    expect(refused.stderr).toContain(why)
  })
})

describe('who does not keep the log', () => {
  test('signs, and the keeper takes it', async () => {
    const file = join(top, 'submission.json')
    await release('2.1.0', 'capabilities: { net: [api.example.com] }\n')
    const half = ['--registry', index, '--key', keyFile('acme')]
    const signed = await ionflux(['publish', ...half, '--out', file])
    expect(signed).toMatchObject({ code: 0 })
    const keeper = ['--registry', index, '--log-key', keyFile('log')]
    const taken = await ionflux(['release', 'accept', file, ...keeper, '--json'])
    expect(taken).toMatchObject({ code: 0 })
    const nobody = await ionflux(['publish', 'shout@1.0.1', ...half])
    expect(nobody.code).toBe(2)
  })

  test('signs with a key of SSH', async () => {
    const ssh = join(top, 'id_ed25519')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', ssh])
    const keys = ['--registry', index, '--log-key', keyFile('log')]
    const added = await ionflux([
      'release',
      'key-add',
      'acme',
      '--key',
      keyFile('acme'),
      '--new-key',
      ssh,
      ...keys,
    ])
    expect(added).toMatchObject({ code: 0 })
    const said = await ionflux([
      'release',
      'yank',
      'acme/shout@1.0.0',
      '--reason',
      'It is too loud.',
      '--key',
      ssh,
      ...keys,
    ])
    expect(said).toMatchObject({ code: 0 })
  })
})

function allOf(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  )
  return Object.fromEntries(
    files.map((one) => {
      const path = join(one.parentPath, one.name)
      return [path.slice(folder.length), digestOfBytes(readFileSync(path))]
    }),
  )
}
