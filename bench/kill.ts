/**
 * W6: kill -9 in the middle of W2, start again, and count what was lost or done twice.
 *
 * The victim writes one line for every executed step into a file outside the engine; a
 * repeated step must show the same idempotency key.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { discard } from './lab.ts'

const victimPath = join(import.meta.dirname, 'victim.ts')

export const runs = 1000
export const steps = 10

export async function w6(): Promise<Readonly<Record<string, number>>> {
  const dir = mkdtempSync(join(tmpdir(), 'ionflux-kill-'))
  const effects = join(dir, 'effects.log')
  appendFileSync(effects, '')
  const victim = spawn(process.execPath, ['--no-warnings', victimPath, 'start', dir], {
    stdio: 'ignore',
  })
  const bytesAtKill = runs * steps * 0.4 * lineBytes
  while (statSync(effects).size < bytesAtKill && victim.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  victim.kill('SIGKILL')
  await new Promise((resolve) => victim.once('exit', resolve))
  const atKill = readFileSync(effects, 'utf8').split('\n').length - 1
  const start = performance.now()
  const second = spawn(process.execPath, ['--no-warnings', victimPath, 'recover', dir], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await new Promise((resolve) => second.once('exit', resolve))
  const ms = performance.now() - start
  const counted = count(effects)
  const missing = missingSteps(dir, counted)
  discard(dir)
  return { ms: Math.round(ms), steps_at_kill: atKill, lost: missing, ...counted.result }
}

const lineBytes = 95

interface Counted {
  readonly keysByStep: ReadonlyMap<string, readonly string[]>
  readonly result: { readonly repeated: number; readonly repeated_with_other_key: number }
}

function count(effects: string): Counted {
  const keysByStep = new Map<string, string[]>()
  for (const line of readFileSync(effects, 'utf8').split('\n')) {
    const [step, key] = line.split(' ')
    if (step === undefined || key === undefined) continue
    keysByStep.set(step, [...(keysByStep.get(step) ?? []), key])
  }
  const repeats = [...keysByStep.values()].filter((keys) => keys.length > 1)
  const others = repeats.filter((keys) => new Set(keys).size > 1)
  return {
    keysByStep,
    result: { repeated: repeats.length, repeated_with_other_key: others.length },
  }
}

/** Steps that an acknowledged run should have executed and did not. */
function missingSteps(dir: string, { keysByStep }: Counted): number {
  const acked = readFileSync(join(dir, 'acks.log'), 'utf8')
    .split('\n')
    .filter((id) => id !== '')
  let missing = 0
  for (const run of acked) {
    for (let i = 0; i < steps; i++) if (!keysByStep.has(`${run}:s${i}`)) missing += 1
  }
  return missing
}
