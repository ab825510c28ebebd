/**
 * `gc`: frees what a data directory keeps and nothing needs, or says what that would be.
 */
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf, type PlaceValues } from '#engine/cli/place.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { collect, type Collected, type Freed } from '#engine/host/data/collect.ts'

import { ageOf, sizeText } from './words.ts'

export interface GcValues extends PlaceValues {
  readonly older?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** Collects and says what was freed. */
export function gc(terminal: Terminal, values: GcValues): number {
  const isDry = values.dryRun === true
  const olderMs = ageOf('--older', values.older)
  const directory = dataDirOf(values)
  const collected = collect({ directory, isDry, ...(olderMs === undefined ? {} : { olderMs }) })
  if (values.json === true) printJson(terminal, { isDry, ...collected })
  else tellFreed(terminal, collected, { isDry, hasAge: olderMs !== undefined })
  return exits.done
}

/** Says what was freed, or would be. */
export function tellFreed(
  { note, paint }: Terminal,
  { runs, values, blobs, artifacts }: Collected,
  { isDry, hasAge }: { readonly isDry: boolean; readonly hasAge: boolean },
): void {
  const parts = [
    runs === 0 ? '' : `${runs} ${runs === 1 ? 'run' : 'runs'}`,
    part(values, 'value', 'values'),
    part(blobs, 'blob', 'blobs'),
    part(artifacts, 'file of a run', 'files of runs'),
  ].filter((text) => text !== '')
  const what = parts.length === 0 ? 'nothing' : parts.join(', ')
  note(`${isDry ? 'would free' : 'freed'} ${what}`)
  if (isDry && parts.length > 0) note(`${paint('muted', 'Next:')} the same without --dry-run`)
  else if (!hasAge)
    note(paint('muted', 'Runs are kept; --older 30d forgets those that ended before.'))
}

function part({ count, bytes }: Freed, one: string, many: string): string {
  if (count === 0) return ''
  return `${count} ${count === 1 ? one : many} (${sizeText(bytes)})`
}
