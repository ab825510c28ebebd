/**
 * `runs rm RUN…`: forgets runs that have ended, with all that they started and what only they needed.
 */
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf, findRun, type PlaceValues, withReader } from '#engine/cli/place.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { collect } from '#engine/host/data/collect.ts'

import { tellFreed } from './gc.ts'

export interface RemoveValues extends PlaceValues {
  readonly runs: readonly string[]
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** Forgets the runs: all of them, or none where one cannot go. */
export async function remove(terminal: Terminal, values: RemoveValues): Promise<number> {
  const isDry = values.dryRun === true
  const runs = await withReader(
    values,
    async (reader) => await Promise.resolve(values.runs.map((run) => findRun(reader, run))),
  )
  const collected = collect({ directory: dataDirOf(values), runs, isDry })
  if (values.json === true) printJson(terminal, { isDry, ...collected })
  else tellFreed(terminal, collected, { isDry, hasAge: true })
  return exits.done
}
