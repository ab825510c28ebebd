/**
 * The process that is killed: opens the SQLite host of `DIR`, carries on what it finds, starts
 * the runs of this round, and says on its standard output what it acknowledges.
 *
 * `node child.ts DIR ROUND` runs until it is killed; round -1 only finishes what is there.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { openSqlite } from '#engine/durable/sqlite/open.ts'
import { systemClock, systemIds } from '#engine/durable/system.ts'
import { openEngine } from '#engine/runtime/engine.ts'
import type { CallRequest, CallResult } from '#engine/runtime/ports.ts'

import { type Effect, planBytes, planDigest, runIdOf, runsPerRound } from './world.ts'

const [dir = '', text = '-1'] = process.argv.slice(2)
const round = Number(text)
const host = openSqlite(dir)
const effects = openSync(join(dir, 'effects.jsonl'), 'a')

/** Written before anybody hears of it, in one call: a kill leaves a whole line or none. */
function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

async function call(request: CallRequest): Promise<CallResult> {
  const { run, path, attempt, key } = request
  const effect: Effect = { round, run, path, attempt, key }
  if (request.action.effects !== 'pure') writeSync(effects, `${JSON.stringify(effect)}\n`)
  await new Promise((resolve) => setTimeout(resolve, attempt))
  if (path === 'flaky' && attempt === 1)
    return { ok: false, error: { code: 'net', message: 'once' } }
  return { ok: true, output: (request.input as { readonly n: number }).n + 1 }
}

// What the journal holds before this process does anything must not happen again.
for (const run of host.journal.unfinished()) {
  for (const record of host.journal.read(run)) {
    if (record.kind === 'step.done') say({ round, run, found: record.path })
  }
}
host.store.put(planBytes)
const engine = openEngine({
  ...host,
  clock: systemClock(),
  ids: systemIds(),
  caller: { call },
  checkInput: (_, input) => Promise.resolve({ ok: true, input }),
})
engine.watch((run, records) => {
  for (const record of records) if (record.kind === 'step.done') say({ run, done: record.path })
})
engine.recover()
say({ ready: round })

const starts = Array.from({ length: round < 0 ? 0 : runsPerRound }, async (_, index) => {
  const run = await engine.start({
    plan: planDigest,
    input: { n: index },
    source: {},
    run: runIdOf(round, index),
  })
  say({ run, started: true })
})
await Promise.all(starts)
const open = host.journal.list({ limit: 100_000 }).filter(({ endedAt }) => endedAt === undefined)
for (const { run } of open) say({ run, ended: await engine.wait(run) })
if (round < 0) {
  engine.close()
  await host.close()
  closeSync(effects)
  process.exit(0)
}
setTimeout(() => undefined, 10_000) // idle, and still to be killed
