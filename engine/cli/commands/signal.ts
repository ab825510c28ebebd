/**
 * `runs signal RUN NAME`: tells a run something, through the process that executes it when
 * there is one, otherwise by taking the run up for as long as it goes.
 */
import { exits } from '#engine/cli/exit.ts'
import { readInputs } from '#engine/cli/input.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf, findRun, withReader, type PlaceValues } from '#engine/cli/place.ts'
import { afterwards } from '#engine/cli/run/afterwards.ts'
import { readGiven } from '#engine/cli/run/given.ts'
import { whoAmI } from '#engine/cli/run/who.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { withSession } from '#engine/cli/with-session.ts'
import { freshRunId } from '#engine/host/session.ts'
import type { RunView } from '#engine/host/views.ts'

export interface SignalValues extends PlaceValues {
  readonly run: string
  readonly name: string
  /** As typed, in order. */
  readonly input?: readonly string[]
  readonly id?: string
  readonly as?: string
  readonly json?: boolean
}

/** Sends the signal; a run that nobody executes goes on as far as it can. */
export async function signal(terminal: Terminal, values: SignalValues): Promise<number> {
  const run = await withReader(values, (reader) => findRun(reader, values.run))
  const data = readInputs({
    args: values.input ?? [],
    schema: { additionalProperties: true },
    subject: 'A signal',
    readFile: readGiven,
  })
  const { name, id = freshRunId() } = values
  const told = { kind: 'signal', name, data, id, by: whoAmI(values.as) } as const
  const directory = dataDirOf(values)
  return await withSession({ terminal, directory, carriesOn: false }, async (session) => {
    await session.tell(run, told)
    const view = await afterwards(session, values, run)
    if (values.json === true) printJson(terminal, { run: view, signal: told })
    else tell(terminal, { view, text: `${run} has the signal "${printable(name)}"` })
    return exits.done
  })
}

export function tell(
  { note, glyphs, paint }: Terminal,
  { view, text }: { readonly view: RunView; readonly text: string },
): void {
  note(`${paint('ok', glyphs.ok)} ${text}; it is ${view.status}`)
  note(`${paint('muted', 'Next:')} ionflux runs show ${view.id}`)
}
