/**
 * `runs pause` and `runs resume`: a run begins nothing new, and goes on again.
 */
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf, findRun, withReader, type PlaceValues } from '#engine/cli/place.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { withSession } from '#engine/cli/with-session.ts'

import { afterwards } from './afterwards.ts'
import { whoAmI } from './who.ts'

export interface PauseValues extends PlaceValues {
  readonly run: string
  readonly as?: string
  readonly json?: boolean
}

/** Tells the run; one that goes on and that nobody executes is taken up as far as it goes. */
export async function pause(
  terminal: Terminal,
  { kind, ...values }: PauseValues & { readonly kind: 'pause' | 'resume' },
): Promise<number> {
  const run = await withReader(values, (reader) => findRun(reader, values.run))
  const directory = dataDirOf(values)
  return await withSession({ terminal, directory, carriesOn: false }, async (session) => {
    await session.tell(run, { kind, by: whoAmI(values.as) })
    const view = await afterwards(session, values, run)
    if (values.json === true) printJson(terminal, { run: view })
    else {
      const { note, paint, glyphs } = terminal
      const what =
        kind === 'pause' ? 'is paused; what is under way ends' : `goes on; it is ${view.status}`
      note(`${paint('ok', glyphs.ok)} ${run} ${what}`)
      const next = kind === 'pause' ? 'resume' : 'show'
      note(`${paint('muted', 'Next:')} ionflux runs ${next} ${run}`)
    }
    return exits.done
  })
}
