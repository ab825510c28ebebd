/**
 * Goal: from a push to its version being active takes about a second at most, in a process
 * that stays small. Method: pushes to real Git on loopback, told by signed deliveries.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { wordOf } from '#engine/core/json.ts'
import { call, folder } from '#test/e2e/cli.ts'
import { openRemotes } from '#test/fake/git/remotes.ts'

import { watching } from './watching.ts'

const flow = (minute: number): string => `dsl: flux/1
id: small
on: { schedule: { cron: "${minute} 9 * * *" } }
permissions: { net: [a.example] }
steps:
  - { id: get, use: std/http/get@^1, with: { url: "https://a.example/" } }
`
const pushes = 12
/** Of 1 s that is promised on a machine with nothing else to do; tests share theirs. */
const slack = 3

test(
  'a push is active within a second, nineteen times of twenty',
  { timeout: 60_000 },
  async () => {
    await using lab = await openRemotes()
    using place = folder()
    const remote = lab.remote('acme/small')
    // When a flow starts is no part of what a lock names, so one lock is for all of them.
    using own = folder({ 'small.flow.yaml': flow(0), 'ionflux.yaml': 'namespace: acme\n' })
    expect((await call(['lock'], { cwd: own.path })).code).toBe(0)
    const lock = readFileSync(join(own.path, 'ionflux.lock'), 'utf8')
    remote.push({ 'flows/small.flow.yaml': flow(0), 'ionflux.lock': lock })
    const data = ['--data-dir', join(place.path, 'data')]
    const cwd = place.path
    await call(['mirror', 'add', remote.url, '--no-sync', ...data], { cwd })
    await using watcher = await watching({ cwd, args: data })
    const { planDigest } = await watcher.next({ event: 'held' })
    await call(['plan', 'approve', wordOf(planDigest ?? ''), ...data], { cwd })
    await watcher.next({ event: 'activated' })

    const times: number[] = []
    for (let minute = 1; minute <= pushes; minute++) {
      const commit = remote.push({ 'flows/small.flow.yaml': flow(minute) })
      const since = performance.now()
      expect(await watcher.deliver(remote.url)).toBe(202)
      await watcher.next({ event: 'activated', commit })
      times.push(performance.now() - since)
    }
    const sorted = times.toSorted((a, b) => a - b)
    const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Infinity
    expect(p95).toBeLessThan(1_000 * slack)
    const held = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${watcher.pid}/status`, 'utf8'))
    expect(Number(held?.[1] ?? 0) / 1024).toBeLessThan(300)
    expect((await watcher.get('/healthz')).status).toBe(200)
    expect(await watcher.stop()).toBe(0)
  },
)
