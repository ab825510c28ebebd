/**
 * Goal: the real process on the real disk keeps what it acknowledged, wherever SIGKILL hits
 * it. Method: rounds of start, kill at a random moment, carry on; in the end everything is
 * finished and compared with what was said on the pipe and with the file of effects.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { openReader } from '#engine/durable/sqlite/open.ts'
import { counting } from '#engine/runtime/decider/replay.ts'
import { bundleScript } from '#scripts/build.ts'

import { type Effect, outputOf, runIdOf } from '#test/sim/killed/world.ts'

const isDeep = process.env['IONFLUX_DEEP'] !== undefined
const rounds = Number(process.env['IONFLUX_KILL_ROUNDS'] ?? (isDeep ? 2_000 : 100))
const lanes = 2

interface Said {
  readonly run?: string
  readonly started?: boolean
  readonly done?: string
  readonly ended?: string
  readonly round?: number
  /** A committed step that a process found when it began. */
  readonly found?: string
}

let top = ''
let child = ''
beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-kill-'))
  // In one file, so that the many starts read the source once.
  await bundleScript({ entry: 'test/sim/killed/child.ts', out: join(top, 'child') })
  child = join(top, 'child', 'part.js')
})
afterAll(() => rmSync(top, { recursive: true, force: true }))

/** Runs one process; kills it `ms` after it is ready, or lets it end. */
async function live(
  dir: string,
  round: number,
  ms?: number,
): Promise<{ readonly said: readonly Said[]; readonly code: number | null }> {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(top, 'cache') }
  const one = spawn(process.execPath, [child, dir, String(round)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  let timer: NodeJS.Timeout | undefined
  one.stdout.on('data', (bytes: Buffer) => {
    text += bytes.toString()
    if (ms !== undefined) timer ??= setTimeout(() => one.kill('SIGKILL'), ms)
  })
  const code = await new Promise<number | null>((resolve) => one.on('close', resolve))
  clearTimeout(timer)
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const said = whole
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Said)
  return { said, code }
}

test.each(Array.from({ length: lanes }, (_, lane) => lane))(
  `loses nothing in its half of ${rounds} kills (lane %i)`,
  { timeout: Math.max(120_000, rounds * 2_000), concurrent: true },
  async (lane) => {
    const dir = mkdtempSync(join(top, `lane-${lane}-`))
    const said: Said[] = []
    for (let round = lane; round < rounds; round += lanes) {
      const before = 1 + ((round * 7_919) % 61)
      const life = await live(dir, round, before)
      said.push(...life.said)
      expect({ round, code: life.code }).toEqual({ round, code: null }) // it ended by the kill alone
    }
    const last = await live(dir, -1)
    expect(last.code).toBe(0)
    compare(dir, [...said, ...last.said])
  },
)

function compare(dir: string, said: readonly Said[]): void {
  const reader = openReader(dir)
  if (reader === undefined) throw new Error('there is no journal')
  const { journal } = reader
  const headers = journal.list({ limit: 100_000 })
  const known = new Map(headers.map((header) => [header.run as string, header]))
  const lost = said.filter(
    ({ run, started }) => started === true && run !== undefined && !known.has(run),
  )
  expect(lost).toEqual([])
  const outputs = new Map(
    Array.from({ length: rounds }).flatMap((_, round) =>
      [0, 1, 2, 3, 4, 5].map((n) => [runIdOf(round, n) as string, outputOf(n)]),
    ),
  )
  const doneOnDisk = new Set<string>()
  for (const { run, status } of headers) {
    expect({ run, status }).toEqual({ run, status: 'done' })
    expect(reader.verify(run).ok).toBe(true)
    const records = counting(journal.read(run)).map(({ record }) => record)
    expect(records.at(-1)).toMatchObject({ kind: 'run.done', output: { value: outputs.get(run) } })
    const done = records.flatMap((record) => (record.kind === 'step.done' ? [record.path] : []))
    expect(done).toHaveLength(new Set(done).size)
    for (const path of done) doneOnDisk.add(`${run} ${path}`)
  }
  checkEffects(dir, said)
  expect(
    said.filter(({ run, done }) => done !== undefined && !doneOnDisk.has(`${run} ${done}`)),
  ).toEqual([])
  reader.close()
}

/** Every repetition carries the same key, and none comes after the result was committed. */
function checkEffects(dir: string, said: readonly Said[]): void {
  const effects = readFileSync(join(dir, 'effects.jsonl'), 'utf8').split('\n').filter(Boolean)
  const keys = new Map<string, string>()
  const rounds = new Map<string, Set<number>>()
  const attempts = new Set<string>()
  for (const line of effects) {
    const { round, run, path, attempt, key } = JSON.parse(line) as Effect
    const place = `${run} ${path}`
    expect(keys.get(place) ?? key).toBe(key)
    keys.set(place, key)
    attempts.add(`${place}#${attempt}`)
    rounds.set(place, (rounds.get(place) ?? new Set()).add(round))
  }
  // Some were cut off in the middle, or the kills hit nothing.
  expect(effects.length).toBeGreaterThan(attempts.size)
  expect(new Set(keys.values()).size).toBe(keys.size)
  const again = said.filter(
    ({ run, found, round }) =>
      found !== undefined && rounds.get(`${run} ${found}`)?.has(round ?? 0),
  )
  expect(again).toEqual([])
}
