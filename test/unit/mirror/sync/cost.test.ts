/**
 * What following repositories costs, in figures that hold on a busy machine: requests,
 * bytes, and time of the processor. `npm run bench:mirrors` has the rest.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { openMirrorHost, type Mirror, type MirrorHost } from '#engine/host/mirror/open.ts'
import { openSync } from '#engine/host/mirror/sync.ts'
import { runGitIn } from '#test/fake/git/run-git.ts'

vi.setConfig({ testTimeout: 60_000 })

const count = 12
let server: ChildProcess
let origin: string
let served: string
let dir: string
let host: MirrorHost
let mirrors: readonly Mirror[]

beforeAll(async () => {
  const script = join(import.meta.dirname, '../../../../bench/mirrors/served.ts')
  server = spawn(process.execPath, [script, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(server.stdout?.setEncoding('utf8') ?? server, 'data')) as [string]
  ;[origin = '', served = ''] = line.trim().split(' ')
  dir = mkdtempSync(join(tmpdir(), 'ionflux-cost-'))
  host = openMirrorHost(dir, {})
  mirrors = Array.from({ length: count }, (_, i): Mirror => {
    const mirror = { id: `m${i}`, name: `r${i}`, url: `${origin}/r${i}.git`, paths: [], addedAt: 0 }
    host.store.add(mirror)
    return mirror
  })
})
afterAll(async () => {
  await host[Symbol.asyncDispose]()
  server.kill('SIGTERM')
  rmSync(dir, { recursive: true, force: true })
})

async function counted(query = ''): Promise<{ readonly requests: number; readonly bytes: number }> {
  const answer: unknown = await (await fetch(`${origin}/counted${query}`)).json()
  return answer as Awaited<ReturnType<typeof counted>>
}

async function syncAll(some = mirrors): Promise<void> {
  const sync = openSync(host)
  await Promise.all(
    some.map(async ({ id, name }) => {
      const { failure, facts } = await sync(host.store.find(id) as Mirror)
      expect(failure).toBeUndefined()
      expect({ name, flows: facts.compiled.flows }).toEqual({ name, flows: 10 })
    }),
  )
}

test('a first sync is two requests, an unchanged repository is one and at most 3 ms', async () => {
  await counted()
  await syncAll()
  expect((await counted()).requests).toBe(2 * count)
  const looks: number[] = []
  for (let i = 0; i < 4; i++) {
    await counted()
    const cpu = process.cpuUsage()
    await syncAll()
    const { user, system } = process.cpuUsage(cpu)
    looks.push((user + system) / 1_000 / count)
    expect((await counted()).requests).toBe(count)
  }
  expect(Math.min(...looks)).toBeLessThan(3)
})

test('a small push is two requests, and not twice the bytes that git itself takes', async () => {
  const bare = join(served, 'r0.git')
  const work = join(dir, 'work')
  const own = join(dir, 'native.git')
  runGitIn(dir, 'clone', '-q', bare, work)
  runGitIn(dir, 'clone', '-q', '--mirror', `${origin}/r0.git`, own)
  writeFileSync(
    join(work, 'f3.flow.yaml'),
    'dsl: flux/1\nid: f3\nsteps:\n  - id: say\n    let: { n: 99 }\n',
  )
  runGitIn(work, 'commit', '-qam', 'more')
  runGitIn(work, 'push', '-q')
  await counted('?forget')
  await syncAll(mirrors.slice(0, 1))
  const ours = await counted()
  const native = spawn('git', ['fetch', '-q'], { cwd: own, stdio: 'ignore' })
  expect(await once(native, 'exit')).toEqual([0, null])
  const gits = await counted()
  expect(ours.requests).toBe(2)
  expect(ours.bytes).toBeLessThan(2 * gits.bytes)
})
