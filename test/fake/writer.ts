/**
 * A process that writes a journal until it is killed, or cannot write any more.
 *
 * Prints `<run> <records>` once a batch is acknowledged, so that whoever killed it knows
 * what must be there; `failed <code> <sqlite code>` when the journal refuses.
 * Arguments: the data directory, and the number of its first run.
 */
import { writeSync } from 'node:fs'

import { IonError } from '#engine/core/error.ts'
import { openSqlite } from '#engine/durable/sqlite/open.ts'

import { header, runId, started, stepDone } from './journal.ts'

const [dir = '', first = '0'] = process.argv.slice(2)
const host = openSqlite(dir)
const filler = 'x'.repeat(500)

async function write(n: number): Promise<void> {
  const run = runId(n)
  const log = host.journal.create(header(run))
  await log.append({ records: [started(run)] })
  writeSync(1, `${run} 1\n`)
  for (let count = 3; ; count += 2) {
    await log.append({ records: [stepDone(`a${count}`, filler), stepDone(`b${count}`, count)] })
    writeSync(1, `${run} ${count}\n`)
  }
}

const writers = Array.from({ length: 5 }, (_, i) => write(Number(first) + i))
try {
  await Promise.all(writers)
} catch (error) {
  if (!(error instanceof IonError)) throw error
  const again = await host.journal
    .create(header(runId(Number(first) + 9)))
    .append({ records: [started(runId(9))] })
    .then(
      () => 'taken',
      () => 'refused',
    )
  writeSync(1, `failed ${error.code} ${JSON.stringify(error.data['sqlite'])} ${again}\n`)
}
