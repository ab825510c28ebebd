/**
 * `events emit SUBJECT`: tells an event to every run that waits for it, through the process that
 * executes runs when there is one, otherwise by taking these runs up for as long as they go.
 */
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf, type PlaceValues } from '#engine/cli/place.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { withSession } from '#engine/cli/with-session.ts'
import { freshRunId } from '#engine/host/session.ts'

import { afterwards } from '#engine/cli/run/afterwards.ts'
import { readGiven } from '#engine/cli/run/given.ts'

export interface EmitValues extends PlaceValues {
  readonly subject: string
  /** JSON, or the name of a file behind `@`. */
  readonly data?: string
  readonly key?: string
  readonly id?: string
  readonly json?: boolean
}

/** Emits the event; runs that nobody executes go on as far as they can. */
export async function emit(terminal: Terminal, values: EmitValues): Promise<number> {
  const { subject, key, id = freshRunId() } = values
  const data = dataOf(values.data)
  const event = { subject, data, id, ...(key === undefined ? {} : { key }) }
  const directory = dataDirOf(values)
  return await withSession({ terminal, directory, carriesOn: false }, async (session) => {
    const runs = await session.publish(event)
    const now: { readonly run: RunId; readonly status: string }[] = []
    for (const run of runs) {
      now.push({ run, status: (await afterwards(session, values, run)).status })
    }
    if (values.json === true) printJson(terminal, { event, runs: now })
    else tell(terminal, { subject, now })
    return exits.done
  })
}

function dataOf(given: string | undefined): Json {
  if (given === undefined) return null
  const text = given.startsWith('@') ? readGiven(given.slice(1)) : given
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    const message = `--data is JSON, such as '{"n": 1}' or '"text"', or @file.json; "${printable(given).slice(0, 80)}" is neither.`
    throw new IonError('CLI_USAGE', message, { cause })
  }
}

function tell(
  { note, glyphs, paint }: Terminal,
  told: {
    readonly subject: string
    readonly now: readonly { readonly run: RunId; readonly status: string }[]
  },
): void {
  const { subject, now } = told
  const whom = now.length === 0 ? 'no run waits for it' : `${now.length} of the runs have it`
  note(`${paint('ok', glyphs.ok)} "${printable(subject)}" is told; ${whom}`)
  for (const { run, status } of now) note(`  ${run} is ${status}`)
}
