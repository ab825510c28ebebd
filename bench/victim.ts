/**
 * The process that W6 kills, and the one that carries on: `node victim.ts start|recover DIR`.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { runs, steps } from './kill.ts'
import { chain, openBench } from './lab.ts'

/** Starts everything at once, like a server under load. */
async function work(dir: string, mode: string): Promise<void> {
  const effects = openSync(join(dir, 'effects.log'), 'a')
  const acks = openSync(join(dir, 'acks.log'), 'a')
  const lab = openBench(
    {
      effect: [
        'idempotent',
        (input, call) => {
          writeSync(effects, `${call.run}:${call.path} ${call.key}\n`)
          return (input as { readonly n: number }).n + 1
        },
      ],
    },
    join(dir, 'data'),
  )
  if (mode === 'recover') {
    for (const run of lab.engine.recover()) await lab.engine.wait(run)
  } else {
    const plan = lab.plan(chain(steps, 'effect'))
    const all = Array.from({ length: runs }, async () => {
      const run = await lab.engine.start({ plan, input: { n: 0 }, source: {} })
      writeSync(acks, `${run}\n`)
      await lab.engine.wait(run)
    })
    await Promise.all(all)
  }
  await lab.close()
  closeSync(effects)
  closeSync(acks)
}

const [mode = '', dir = ''] = process.argv.slice(2)
await work(dir, mode)
