/**
 * Goal: a registry is the same wherever its files lie, and what this user saw of it is never
 * taken back. Method: one registry, written to a folder, read from there, from a static host,
 * from a Git repository and from a bundle.
 */
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { openSource } from '#engine/host/registry/address.ts'
import { openFolder } from '#engine/host/registry/folder.ts'
import { forget, recall } from '#engine/host/registry/memory.ts'
import { openIndex } from '#engine/host/registry/open.ts'
import { serveRegistry, type ServedRegistry } from '#engine/host/registry/serve.ts'
import { openFiles } from '#engine/host/registry/write.ts'
import { resolveRelease } from '#registry/lookup.ts'
import { RegistryLab } from '#test/fake/registry.ts'
import { openGitServer, type GitServer } from '#test/fake/git/server.ts'

const top = mkdtempSync(join(tmpdir(), 'ionflux-registry-'))
const folder = join(top, 'work', 'index')
let lab: RegistryLab
let site: ServedRegistry
let forge: GitServer
const addresses: Record<string, string> = {}

function git(...args: readonly string[]): void {
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
  execFileSync('git', [...who, ...args], { cwd: join(top, 'work'), stdio: 'pipe' })
}

/** Writes the registry of the lab to the folder and everywhere else. */
async function publishEverywhere(): Promise<void> {
  const files = openFolder(folder)
  for (const [path, bytes] of lab.files.files) await files.write(path, bytes)
  git('add', '-A')
  git('commit', '-q', '--allow-empty', '-m', 'index')
  git('push', '-q', '--force', join(top, 'served', 'index.git'), 'HEAD:refs/heads/main')
  git('bundle', 'create', '-q', join(top, 'index.bundle'), 'HEAD')
}

beforeAll(async () => {
  vi.stubEnv('XDG_STATE_HOME', join(top, 'state'))
  vi.stubEnv('XDG_CACHE_HOME', join(top, 'cache'))
  mkdirSync(join(top, 'work'), { recursive: true })
  mkdirSync(join(top, 'served'))
  git('init', '-q', '-b', 'main', '.')
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', join(top, 'served', 'index.git')])
  lab = await RegistryLab.begin()
  await lab.claim('acme')
  await lab.publish('acme/ledger', '1.0.0')
  await publishEverywhere()
  site = await serveRegistry(folder)
  forge = await openGitServer(join(top, 'served'))
  Object.assign(addresses, {
    'a folder': folder,
    'a static host': site.origin,
    'a Git repository': `git+${forge.origin}/index.git//index@main`,
  })
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await site[Symbol.asyncDispose]()
  await forge[Symbol.asyncDispose]()
  rmSync(top, { recursive: true, force: true })
})

async function ledger(address: string): Promise<string> {
  await using opened = await openIndex({ address, from: top })
  const { release } = await resolveRelease(opened.registry, { name: 'acme/ledger' })
  return release.version
}

describe.each(['a folder', 'a static host', 'a Git repository'])('%s', (place) => {
  test('gives what is in the log, and what is new later', async () => {
    expect(await ledger(addresses[place]!)).toMatch(/^1\.\d\.0$/)
    await lab.publish('acme/ledger', `1.${lab.day}.0`)
    await publishEverywhere()
    expect(await ledger(addresses[place]!)).toBe(`1.${lab.day - 1}.0`)
  })

  test('is remembered, and refused when it shows less', async () => {
    const address = addresses[place]!
    await ledger(address)
    const key = place === 'a folder' ? folder : address
    expect(recall(key)?.size).toBeGreaterThanOrEqual(2)
    const kept = new Map(lab.files.files)
    const old = await RegistryLab.begin()
    await old.claim('acme')
    lab.files.files.clear()
    for (const [path, bytes] of old.files.files) lab.files.files.set(path, bytes)
    await publishEverywhere()
    await expect(ledger(address)).rejects.toMatchObject({ code: 'REG_ROLLED_BACK' })
    for (const [path, bytes] of kept) lab.files.files.set(path, bytes)
    await publishEverywhere()
    expect(await ledger(address)).toMatch(/^1\./)
  })

  test('has no file outside of a registry', async () => {
    const { source, close } = await openSource(addresses[place]!, top)
    for (const path of [
      '.git/config',
      '../secret',
      'log/../../x',
      'log/%2e%2e/x',
      '/etc/passwd',
      '',
    ])
      expect(await source.read(path)).toBeUndefined()
    await close()
  })
})

test('a bundle is a whole registry in one file', async () => {
  const whole = join(top, 'whole')
  cpSync(folder, whole, { recursive: true })
  const run = (...args: readonly string[]): void => {
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], {
      cwd: whole,
      stdio: 'pipe',
    })
  }
  run('init', '-q', '-b', 'main', '.')
  run('add', '-A')
  run('commit', '-q', '-m', 'index')
  run('bundle', 'create', '-q', join(top, 'whole.bundle'), 'main')
  expect(await ledger('whole.bundle')).toMatch(/^1\./)
})

test('what a static host has said is asked for by its ETag, and a full tile only once', async () => {
  const { source, close } = await openSource(addresses['a static host']!, top)
  const first = await source.read('log/checkpoint')
  await close()
  const response = await fetch(`${site.origin}/log/checkpoint`)
  const etag = response.headers.get('etag')!
  const again = await fetch(`${site.origin}/log/checkpoint`, { headers: { 'if-none-match': etag } })
  expect([response.status, again.status]).toEqual([200, 304])
  const later = await openSource(addresses['a static host']!, top)
  expect(Buffer.from((await later.source.read('log/checkpoint'))!)).toEqual(Buffer.from(first!))
  await later.close()
  const cached = readdirSync(join(top, 'cache', 'ionflux', 'registries'), { recursive: true })
  expect(cached.map(String)).toContainEqual(expect.stringMatching(/log\/checkpoint$/))
})

test.each([
  ['POST', '/log/checkpoint', 405],
  ['GET', '/log/nothing', 404],
  ['GET', '/.git/config', 404],
  ['GET', '/log/..%2f..%2fwork', 404],
  ['HEAD', '/trust/root.1.json', 200],
])('the server answers %s %s with %d', async (method, path, status) => {
  const response = await fetch(site.origin + path, { method })
  expect(response.status).toBe(status)
})

test.each(['./nowhere', 'https://127.0.0.1:1/index', 'git+https://127.0.0.1:1/x.git'])(
  '%s is REG_UNREACHABLE',
  async (address) => {
    await expect(ledger(address)).rejects.toMatchObject({ code: 'REG_UNREACHABLE' })
  },
)

test('a link in a folder leads nowhere', async () => {
  const linked = join(top, 'linked')
  mkdirSync(join(linked, 'log'), { recursive: true })
  writeFileSync(join(top, 'secret'), 'secret')
  symlinkSync(join(top, 'secret'), join(linked, 'log/checkpoint'))
  symlinkSync(top, join(linked, 'view'))
  const files = openFolder(linked)
  expect([await files.read('log/checkpoint'), await files.read('view/secret')]).toEqual([
    undefined,
    undefined,
  ])
})

test('a memory that cannot be read is not forgotten by itself', async () => {
  await ledger(folder)
  const [file = ''] = readdirSync(join(top, 'state/ionflux/registries'))
  for (const one of readdirSync(join(top, 'state/ionflux/registries')))
    writeFileSync(join(top, 'state/ionflux/registries', one), '{')
  await expect(ledger(folder)).rejects.toMatchObject({ code: 'REG_ROLLED_BACK' })
  expect(readFileSync(join(top, 'state/ionflux/registries', file), 'utf8')).toBe('{')
  expect([forget(folder), forget(folder)]).toEqual([true, false])
  expect(await ledger(folder)).toMatch(/^1\./)
})

test('one process writes into a folder at a time, however it is named', async () => {
  const link = join(top, 'a-link')
  symlinkSync(folder, link)
  await using opened = await openFiles(folder, top)
  await using other = await openFiles(link, top)
  const before = readdirSync(folder)
  {
    using _ = opened.hold()
    expect(() => other.hold()).toThrow(expect.objectContaining({ code: 'REG_LOG_MOVED' }))
  }
  using _ = other.hold()
  expect(readdirSync(folder)).toEqual(before)
})
