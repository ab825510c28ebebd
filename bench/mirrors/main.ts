/**
 * What following many repositories costs: the first sync of a hundred, a look at a thousand
 * that did not change, the memory while it goes on, and the bytes of a small push beside
 * those of native git. `npm run bench:mirrors [COUNT]`
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openMirrorHost } from '#engine/host/mirror/open.ts'
import { openSync } from '#engine/host/mirror/sync.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'

const count = Math.max(100, Number(process.argv[2] ?? '1000'))
const server = spawn(process.execPath, [join(import.meta.dirname, 'served.ts'), String(count)], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const [line] = (await once(server.stdout.setEncoding('utf8'), 'data')) as [string]
const [origin = '', served = ''] = line.trim().split(' ')
const dir = mkdtempSync(join(tmpdir(), 'ionflux-bench-mirrors-'))

const figures: Record<string, unknown> = {}
let rssMax = 0
const sampler = setInterval(() => (rssMax = Math.max(rssMax, process.memoryUsage().rss)), 20)

async function counted(forget = false): Promise<{ requests: number; bytes: number }> {
  const url = `${origin}/counted${forget ? '?forget' : ''}`
  return (await (await fetch(url)).json()) as { requests: number; bytes: number }
}

async function measured(work: () => Promise<unknown>): Promise<{ ms: number; cpuMs: number }> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { ms: performance.now() - start, cpuMs: (user + system) / 1_000 }
}

try {
  await using host = openMirrorHost(dir, process.env)
  const mirrors = Array.from({ length: count }, (_, i): Mirror => {
    const mirror = { id: `m${i}`, name: `r${i}`, url: `${origin}/r${i}.git`, paths: [], addedAt: 0 }
    host.store.add(mirror)
    return mirror
  })
  const sync = openSync(host)
  const all = async (some: readonly Mirror[]): Promise<void> => {
    const reports = await Promise.all(
      some.map(async (mirror) => await sync(host.store.find(mirror.id) ?? mirror)),
    )
    const failed = reports.find(({ failure }) => failure !== undefined)?.failure
    if (failed !== undefined) throw new Error(failed.message)
  }
  await all(mirrors.slice(0, 1))
  const first = await measured(async () => await all(mirrors.slice(1, 101)))
  figures['first sync of 100, seconds'] = round(first.ms / 1_000)
  figures['first sync, CPU ms each'] = round(first.cpuMs / 100)
  await all(mirrors.slice(101))
  const looks = []
  for (let i = 0; i < 3; i++) {
    await counted()
    const { cpuMs } = await measured(async () => await all(mirrors))
    const { requests, bytes } = await counted()
    looks.push({ cpuMs: cpuMs / count, requests: requests / count, bytes: bytes / count })
  }
  figures['unchanged look, CPU ms'] = round(Math.min(...looks.map(({ cpuMs }) => cpuMs)))
  figures['unchanged look, requests'] = looks[0]?.requests
  figures['unchanged look, bytes'] = looks[0]?.bytes
  figures['memory at most, MiB'] = round(rssMax / 1024 / 1024)
  Object.assign(figures, await smallPush(async () => await all(mirrors.slice(0, 1))))
} finally {
  clearInterval(sampler)
  server.kill('SIGTERM')
  rmSync(dir, { recursive: true, force: true })
}
process.stdout.write(`${JSON.stringify({ repositories: count, ...figures }, undefined, 2)}\n`)

/** One changed file, fetched by both from where the first one was. */
async function smallPush(sync: () => Promise<void>): Promise<Record<string, unknown>> {
  const bare = join(served, 'r0.git')
  const own = join(dir, 'native.git')
  const git = (cwd: string, ...args: string[]): void => {
    const { status, stderr } = spawnSync('git', args, { cwd, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
  }
  git(dir, 'clone', '-q', '--mirror', `${origin}/r0.git`, own)
  const work = join(dir, 'work')
  git(dir, 'clone', '-q', bare, work)
  const text = `dsl: flux/1\nid: f3\nsteps:\n  - id: say\n    let: { n: 99 }\n`
  writeFileSync(join(work, 'f3.flow.yaml'), text)
  git(work, '-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-qam', 'more')
  git(work, 'push', '-q')
  await counted(true)
  git(own, 'fetch', '-q')
  const native = await counted()
  await sync()
  const ours = await counted()
  return {
    'small push, bytes': ours.bytes,
    'small push, requests': ours.requests,
    'small push by git, bytes': native.bytes,
    'small push by git, requests': native.requests,
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
