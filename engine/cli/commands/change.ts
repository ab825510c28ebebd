/**
 * `runs cancel` and `runs retry`: through the process that executes the run when there is
 * one, otherwise by becoming it.
 */
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf, findRun, withReader, type PlaceValues } from '#engine/cli/place.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { watchRun } from '#engine/cli/watch-run.ts'
import { withSession } from '#engine/cli/with-session.ts'
import { hasChanged } from '#engine/cli/run/changed.ts'
import { viewOf, type RunView } from '#engine/host/views.ts'

export interface ChangeValues extends PlaceValues {
  readonly run: string
  readonly json?: boolean
}
export interface RetryValues extends ChangeValues {
  readonly wait: boolean
}

/** Cancels a run and waits until its finally blocks have run. */
export async function cancel(terminal: Terminal, values: ChangeValues): Promise<number> {
  const run = await withReader(values, (reader) => findRun(reader, values.run))
  const directory = dataDirOf(values)
  return await withSession({ terminal, directory, carriesOn: false }, async (session) => {
    await session.cancel(run, 'cancelled from the command line')
    await session.follow({ run, until: 'ended', hear: () => {} })
    const view = await withReader(values, (reader) => viewOf(reader, run))
    if (values.json === true) printJson(terminal, { run: view })
    else tell(terminal, view)
    return exits.done
  })
}

/** A run may have ended in another way in the same moment; one that is done has nothing to retry. */
export function tell({ note, glyphs, paint }: Terminal, { id, status }: RunView): void {
  const isDone = status === 'done'
  note(`${isDone ? glyphs.ok : glyphs.skip} ${id} is ${status}`)
  note(`${paint('muted', 'Next:')} ionflux runs ${isDone ? 'show' : 'retry'} ${id}`)
}

/** Tries a failed or cancelled run again from where it broke off, and stays with it. */
export async function retry(terminal: Terminal, values: RetryValues): Promise<number> {
  const run = await withReader(values, (reader) => findRun(reader, values.run))
  const directory = dataDirOf(values)
  const header = await withReader(values, (reader) => reader.journal.find(run))
  return await withSession({ terminal, directory, carriesOn: false }, async (session) => {
    await session.retry(run)
    if (header !== undefined && (await hasChanged(values, header))) {
      terminal.note('The files have changed since; retry uses the plan of the run.')
      terminal.note(`A new run uses the new files: ionflux run ${printable(header.flow)}`)
    }
    return await watchRun(
      { terminal, session, directory },
      { run, wait: values.wait, json: values.json },
    )
  })
}
