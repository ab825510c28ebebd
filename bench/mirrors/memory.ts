/**
 * The memory of a watcher of many mirrors: while it sees them for the first time, while all become
 * active, and after that. `npm run bench:watched [COUNT]`
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { openMirrors } from '#engine/durable/sqlite/mirrors.ts'
import { openWatchMemory } from '#engine/durable/watch/memory.ts'
import { prepareDataDirectory } from '#engine/host/data/directory.ts'
import type { WatchEvent } from '#engine/host/watch/events.ts'
import { openWatcher } from '#engine/host/watch/open.ts'

const count = Math.max(10, Number(process.argv[2] ?? '1000'))
const steadyMs = 30_000
const server = spawn(process.execPath, [join(import.meta.dirname, 'served.ts'), String(count)], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const [line] = (await once(server.stdout.setEncoding('utf8'), 'data')) as [string]
const [origin = ''] = line.trim().split(' ')
const directory = mkdtempSync(join(tmpdir(), 'ionflux-bench-watched-'))
prepareDataDirectory(directory)

const figures: Record<string, number> = { mirrors: count }
let most = 0
const sampler = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20)
const seen = { held: 0, activated: 0 }
let planDigest = ''

/** The most and the last that is resident, in MiB, since the last call. */
function took(phase: string): void {
  figures[`${phase}, at most MiB`] = Math.round(most / 1024 / 1024)
  figures[`${phase}, then MiB`] = Math.round(process.memoryUsage.rss() / 1024 / 1024)
  most = 0
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await sleep(50)
}

const mirrors = openMirrors(directory)
for (let i = 0; i < count; i++)
  mirrors.add({ id: `m${i}`, name: `r${i}`, url: `${origin}/r${i}.git`, paths: [], addedAt: 0 })
mirrors.close()
const stop = new AbortController()
const watcher = await openWatcher({
  directory,
  render: () => '',
  marker: '',
  emit: (event: WatchEvent) => {
    if (event.event === 'held') [seen.held, planDigest] = [seen.held + 1, event.planDigest]
    if (event.event === 'activated') seen.activated++
    if (event.event === 'problem') console.error(event.message)
  },
})
const working = watcher.run(stop.signal)
try {
  await until(() => seen.held >= count)
  took('first look')
  const memory = openWatchMemory(directory)
  memory.approve({ planDigest: planDigest as never, name: 'bench', at: Date.now() })
  memory.close()
  await until(() => seen.activated >= count)
  took('activation')
  const cpu = process.cpuUsage()
  await sleep(steadyMs)
  const { user, system } = process.cpuUsage(cpu)
  took('steady')
  figures['steady, CPU percent'] = Math.round((user + system) / steadyMs / 10)
} finally {
  clearInterval(sampler)
  stop.abort()
  await working
  await watcher[Symbol.asyncDispose]()
  server.kill('SIGTERM')
  rmSync(directory, { recursive: true, force: true })
}
process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`)
process.exit(0)
