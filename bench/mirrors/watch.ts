/**
 * `npm run bench:watch`: from a push to its version being active, told by a signed delivery, over real Git on
 * loopback; beside it what git itself takes to fetch the same commit off the disk.
 */
import { createHmac } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openMirrors } from '#engine/durable/sqlite/mirrors.ts'
import { openWatchMemory } from '#engine/durable/watch/memory.ts'
import { prepareDataDirectory } from '#engine/host/data/directory.ts'
import { makeLock } from '#engine/host/lock/make-lock.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { printLock } from '#engine/plan/lock/lock.ts'
import type { WatchEvent } from '#engine/host/watch/events.ts'
import { openWatcher } from '#engine/host/watch/open.ts'
import { openRemotes } from '#test/fake/git/remotes.ts'
import { runGitIn } from '#test/fake/git/run-git.ts'

const pushes = 40
const secret = 'a secret of the forge'

const flow = (minute: number): string => `dsl: flux/1
id: small
on: { schedule: { cron: "${minute} 9 * * *" } }
permissions: { net: [a.example] }
steps:
  - { id: get, use: std/http/get@^1, with: { url: "https://a.example/" } }
`

async function measure(): Promise<Readonly<Record<string, number>>> {
  await using lab = await openRemotes()
  const remote = lab.remote('acme/small')
  const directory = mkdtempSync(join(tmpdir(), 'ionflux-bench-'))
  remote.push({ 'flows/small.flow.yaml': flow(0), 'ionflux.lock': await lockText(lab.root) })
  prepareDataDirectory(directory)
  const mirrors = openMirrors(directory)
  mirrors.add({ id: 'm1', name: 'small', url: remote.url, paths: [], addedAt: Date.now() })
  mirrors.close()
  process.env['IONFLUX_SECRET_HOOK'] = secret
  let url = ''
  let hear: (event: WatchEvent) => void = () => {}
  const stop = new AbortController()
  const watcher = await openWatcher({
    directory,
    listen: { host: '127.0.0.1', port: 0, secret: 'HOOK' },
    render: () => '',
    marker: '',
    emit: (event) => {
      if (event.event === 'listening') ({ url } = event)
      hear(event)
    },
  })
  const heard = async (kind: WatchEvent['event']): Promise<WatchEvent> =>
    await new Promise((resolve) => (hear = (event) => event.event === kind && resolve(event)))
  const held = heard('held')
  const working = watcher.run(stop.signal)
  const { planDigest } = (await held) as WatchEvent & { readonly event: 'held' }
  const first = heard('activated')
  const memory = openWatchMemory(directory)
  memory.approve({ planDigest: planDigest as never, name: 'bench', at: Date.now() })
  memory.close()
  await first
  const times: number[] = []
  const raw: number[] = []
  const clone = join(directory, 'raw')
  runGitIn(directory, 'clone', '-q', '--bare', remote.bare, clone)
  const cpu = process.cpuUsage()
  for (let minute = 1; minute <= pushes; minute++) {
    remote.push({ 'flows/small.flow.yaml': flow(minute) })
    const body = JSON.stringify({ minute, repository: { clone_url: remote.url } })
    const hmac = createHmac('sha256', secret).update(body).digest('hex')
    const active = heard('activated')
    const since = performance.now()
    const headers = { 'x-hub-signature-256': `sha256=${hmac}` }
    await fetch(`${url}/hooks/git`, { method: 'POST', body, headers })
    await active
    times.push(performance.now() - since)
    const fetching = performance.now()
    runGitIn(clone, 'fetch', '-q', remote.bare, 'refs/heads/main')
    raw.push(performance.now() - fetching)
  }
  const { user, system } = process.cpuUsage(cpu)
  stop.abort()
  await working
  await watcher[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
  return {
    'push to active, median ms': at(times, 0.5),
    'push to active, p95 ms': at(times, 0.95),
    'of it CPU, ms': Math.round((user + system) / 1_000 / pushes),
    'git fetch alone, median ms': at(raw, 0.5),
    'resident MiB at the end': Math.round(process.memoryUsage.rss() / 1024 / 1024),
  }
}

/** Beside the flow; when it starts is no part of it. */
async function lockText(directory: string): Promise<string> {
  const root = join(directory, 'locked')
  mkdirSync(root)
  writeFileSync(join(root, 'small.flow.yaml'), flow(0))
  const { lock } = await makeLock(openWorkingTree(root), { before: undefined })
  if (lock === undefined) throw new Error('the flow has mistakes')
  return printLock(lock)
}

function at(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.ceil(sorted.length * part) - 1] ?? 0)
}

console.log(JSON.stringify(await measure(), null, 2))
process.exit(0)
