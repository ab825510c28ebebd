/**
 * `why NAME`: which flows need a package or a flow, and through what.
 */
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import { lockIn } from '#engine/host/lock/lock-in.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { type Beside, besideLock } from '#engine/host/shelf/shadow.ts'
import { whyOf } from '#engine/plan/lock/why.ts'

import { rootOf } from './lock.ts'

export interface WhyValues {
  readonly name: string
  readonly json?: boolean
  readonly repo?: string
}

/** Prints each way from a flow to what is asked about. */
export function why(terminal: Terminal, values: WhyValues): number {
  const files = openWorkingTree(rootOf(values))
  const { lock, problem } = lockIn(files)
  if (problem !== undefined) throw new IonError('LOCK_MALFORMED', problem.message)
  if (lock === undefined) {
    throw new IonError('CLI_USAGE', 'There is no ionflux.lock here. `ionflux lock` writes it.')
  }
  const { name } = values
  const names = [...lock.packages.map((one) => one.name), ...lock.flows.map(({ id }) => id)]
  if (!names.includes(name)) {
    const near = suggest(name, names)
    const hint = near === undefined ? '' : ` Did you mean "${near}"?`
    throw new IonError('CLI_USAGE', `The lock has no "${name}".${hint}`)
  }
  const ways = whyOf(lock, name)
  const beside = besideLock(files, lock, name)
  if (values.json === true) {
    printJson(terminal, { name, ways, ...beside })
    return exits.done
  }
  for (const way of ways) terminal.data(`${way.map(printable).join(' → ')}\n`)
  tellBeside(terminal, name, beside)
  if (ways.length + beside.unlocked.length === 0)
    terminal.note(`No flow needs "${printable(name)}".`)
  return exits.done
}

/** What the files say that the lock does not. */
function tellBeside(terminal: Terminal, name: string, { shadow, unlocked }: Beside): void {
  if (shadow !== undefined)
    terminal.note(
      printable(
        `The plugin in "${shadow.folder}" has this name, so flows use that one and not ${shadow.locked} of the lock.`,
      ),
    )
  if (unlocked.length === 0) return
  const flows = unlocked.map((id) => `"${id}"`).join(', ')
  terminal.note(
    printable(`${flows} uses "${name}" and the lock does not say so yet. Run \`ionflux lock\`.`),
  )
}
