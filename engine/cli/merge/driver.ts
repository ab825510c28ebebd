/**
 * `merge-driver`: what Git calls to merge a flow or a lock, and `--install`, which tells it to.
 */
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { exits } from '#engine/cli/exit.ts'
import { rootOf } from '#engine/cli/lock/lock.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { installMergeDriver, mergeFiles } from '#engine/host/merge/driver.ts'

export interface MergeDriverValues {
  /** Base, ours, theirs, and the path in the repository. */
  readonly files: readonly string[]
  readonly install?: boolean
  readonly repo?: string
}

/** Ends with 1 when a person must look, which is what Git calls a conflict. */
export function mergeDriver(terminal: Terminal, values: MergeDriverValues): number {
  if (values.install === true) {
    const { isConfigured, refused } = installMergeDriver(rootOf(values), selfCommand())
    if (refused !== undefined) {
      const message = `Git could not be set up to call the merge driver: ${printable(refused)}.`
      throw new IonError('CLI_FILE_UNREADABLE', message)
    }
    terminal.note(
      isConfigured
        ? 'Git merges flows and locks by what they mean in this clone. Commit .gitattributes.'
        : 'Written to .gitattributes; there is no Git repository here to set up.',
    )
    return exits.done
  }
  const [base, ours, theirs, file] = values.files
  if (base === undefined || ours === undefined || theirs === undefined || file === undefined) {
    throw new IonError(
      'CLI_USAGE',
      'Git calls it with four paths: base, ours, theirs, name. To set it up: --install.',
    )
  }
  const conflicts = mergeFiles({ base, ours, theirs, file })
  for (const { at, ours: own, theirs: other, why } of conflicts) {
    const where = at === '' ? 'the whole file' : `"${printable(at)}"`
    const what = why === undefined ? `both sides changed ${where}` : printable(why)
    terminal.note(`conflict in ${printable(file)}: ${what}`)
    if (own !== undefined || other !== undefined) {
      terminal.note(`  ours    ${shown(own)}`)
      terminal.note(`  theirs  ${shown(other)}`)
    }
  }
  if (conflicts.length === 0) return exits.done
  terminal.note(
    'The file holds ours where both changed. Edit it, run `ionflux check`, then `git add`.',
  )
  return exits.failed
}

const charsShown = 100

function shown(value: Json | undefined): string {
  if (value === undefined) return '(gone)'
  const text = JSON.stringify(value)
  return printable(text.length > charsShown ? `${text.slice(0, charsShown)}…` : text)
}

/** How Git can call this very program again, whatever its PATH is then. */
export function selfCommand(): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
  return [process.execPath, process.argv[1] ?? ''].map(quoted).join(' ')
}
