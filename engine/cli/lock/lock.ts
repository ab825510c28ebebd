/**
 * `lock`: writes `ionflux.lock`, holds it to the files, or gets what it names.
 */
import { IonError } from '#engine/core/error.ts'
import { exitOfProblems, exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf } from '#engine/cli/place.ts'
import { showProblems } from '#engine/cli/show-problems.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { fetchMissing, lockState, writeLock } from '#engine/host/lock/change-lock.ts'
import { lockIn } from '#engine/host/lock/lock-in.ts'
import { openBundleCache } from '#engine/host/repository/bundle-cache.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { readerOf, repositoryFor } from '#engine/host/target.ts'
import { keyOf, lockFile } from '#engine/plan/lock/lock.ts'

export interface LockValues {
  readonly check?: boolean
  readonly fetch?: boolean
  readonly prune?: boolean
  readonly json?: boolean
  readonly repo?: string
  readonly dataDir?: string
}

/** Ends with 3 when the files have errors, or with `--check` when the lock is not current. */
export async function lock(terminal: Terminal, values: LockValues): Promise<number> {
  const root = rootOf(values)
  const files = openWorkingTree(root)
  const { problem, lock: before } = lockIn(files)
  if (values.check === true && problem !== undefined) {
    showProblems({ terminal, readText: readerOf(files) }, [problem])
    return exits.problems
  }
  if (values.fetch === true && before !== undefined) {
    for (const one of await fetchMissing(before)) terminal.note(`got ${keyOf(one)}`)
  }
  const cache = openBundleCache(dataDirOf(values))
  const state = await lockState(root, { cache, isPruned: values.prune === true })
  if (state.text === undefined || state.lock === undefined) {
    showProblems({ terminal, readText: readerOf(files) }, state.problems)
    return exitOfProblems(state.problems)
  }
  const { packages, flows } = state.lock
  const what = `${flows.length} ${flows.length === 1 ? 'flow' : 'flows'}, ${packages.length} ${packages.length === 1 ? 'package' : 'packages'}`
  if (values.check === true) {
    if (!state.isCurrent) throw stale()
  } else if (!state.isCurrent) writeLock(root, state.text)
  if (values.json === true) printJson(terminal, { isCurrent: state.isCurrent, packages, flows })
  else if (state.isCurrent) terminal.note(`${lockFile} is current: ${what}`)
  else terminal.note(`${lockFile} written: ${what}`)
  return exits.done
}

/** The repository of a call. Throws `CLI_USAGE` outside of one. */
export function rootOf({ repo }: { readonly repo?: string }): string {
  const root = repositoryFor(repo)
  if (root !== undefined) return root
  throw new IonError('CLI_USAGE', 'There is no repository here. `ionflux init` makes one.')
}

function stale(): IonError {
  return new IonError(
    'LOCK_STALE',
    `${lockFile} is not what the files ask for. Run \`ionflux lock\` and commit it.`,
  )
}
