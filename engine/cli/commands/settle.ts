/**
 * `runs settle RUN STEP`: somebody looked, and says what became of a step that a crash cut off.
 */
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf, findRun, withReader, type PlaceValues } from '#engine/cli/place.ts'
import { readGiven } from '#engine/cli/run/given.ts'
import { afterwards } from '#engine/cli/run/afterwards.ts'
import { whoAmI } from '#engine/cli/run/who.ts'
import { exits } from '#engine/cli/exit.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { withSession } from '#engine/cli/with-session.ts'
import { freshRunId } from '#engine/host/session.ts'

import { tell } from './signal.ts'

export interface SettleValues extends PlaceValues {
  readonly run: string
  readonly step: string
  /** True without an output, else its text. */
  readonly happened?: string | true
  readonly didNotHappen?: true
  readonly retry?: true
  readonly as?: string
  readonly json?: boolean
}

/** Settles the step; a run that nobody executes goes on as far as it can. */
export async function settle(terminal: Terminal, values: SettleValues): Promise<number> {
  const said = saidOf(values)
  const run = await withReader(values, (reader) => findRun(reader, values.run))
  const told = {
    kind: 'settled',
    path: values.step,
    ...said,
    id: freshRunId(),
    by: whoAmI(values.as),
  } as const
  const directory = dataDirOf(values)
  return await withSession({ terminal, directory, carriesOn: false }, async (session) => {
    await session.tell(run, told)
    const view = await afterwards(session, values, run)
    if (values.json === true) printJson(terminal, { run: view, settled: told })
    else tell(terminal, { view, text: `step "${printable(values.step)}" of ${run} is settled` })
    return exits.done
  })
}

interface Said {
  readonly how: 'happened' | 'did-not-happen' | 'retry'
  readonly output?: Json
}

function saidOf({ happened, didNotHappen, retry }: SettleValues): Said {
  const ways: Said[] = []
  if (happened !== undefined) ways.push({ how: 'happened', ...outputOf(happened) })
  if (didNotHappen === true) ways.push({ how: 'did-not-happen' })
  if (retry === true) ways.push({ how: 'retry' })
  const [way] = ways
  if (way !== undefined && ways.length === 1) return way
  const message = 'Say one of --happened, --did-not-happen and --retry.'
  throw new IonError('CLI_USAGE', message)
}

function outputOf(given: string | true): { readonly output?: Json } {
  if (given === true) return {}
  const isFile = given.startsWith('@')
  const text = isFile ? readGiven(given.slice(1)) : given
  try {
    return { output: JSON.parse(text) as Json }
  } catch (cause) {
    const where = isFile ? `The file "${given.slice(1)}"` : 'The output'
    const message = `${where} is not JSON; text needs quotes: --happened '"done"'.`
    throw new IonError('CLI_USAGE', message, { cause })
  }
}
