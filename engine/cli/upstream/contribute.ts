/**
 * `contribute`: what was changed here goes to upstream, as a patch or as a pull request.
 */
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { rootOf } from '#engine/cli/lock/lock.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf } from '#engine/cli/place.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { contributionOf } from '#engine/host/upstream/contribute.ts'
import { placeIn } from '#engine/host/upstream/place.ts'

import { tellConflicts } from './sync.ts'

export interface ContributeValues {
  readonly dir: string
  readonly pullRequest?: boolean
  /** The fork that the branch goes to. */
  readonly push?: string
  readonly branch?: string
  readonly title?: string
  /** The secret that the forge is sent. */
  readonly token?: string
  readonly forge?: string
  readonly json?: boolean
  readonly repo?: string
  readonly dataDir?: string
}

/** Prints the patch, or opens the pull request; ends with 1 when a part conflicts and was left out. */
export async function contribute(terminal: Terminal, values: ContributeValues): Promise<number> {
  if (values.pullRequest === true) return await propose(terminal, values)
  const root = rootOf(values)
  const { patch, conflicts, lineage } = await contributionOf(root, placeIn(root, values.dir))
  if (values.json === true) printJson(terminal, { patch, conflicts, upstream: lineage.name })
  else {
    terminal.data(patch)
    tellConflicts(terminal, conflicts)
    if (patch === '') tellNothing(terminal, lineage.name)
  }
  return conflicts.length > 0 ? exits.failed : exits.done
}

async function propose(terminal: Terminal, values: ContributeValues): Promise<number> {
  const { push: pushUrl, token: secret, branch, title, forge } = values
  if (pushUrl === undefined || secret === undefined)
    throw new IonError(
      'CLI_USAGE',
      '--pull-request needs --push URL, your fork of upstream, and --token NAME, a secret of the forge.',
    )
  const { openSecretBook } = await import('#engine/host/secrets.ts')
  const { giveBack } = await import('#engine/host/upstream/give-back.ts')
  const root = rootOf(values)
  const token = await openSecretBook(dataDirOf(values), process.env).get(secret)
  const apiUrl = forge?.replace(/\/+$/, '')
  const place = placeIn(root, values.dir)
  const gift = await giveBack({ root, place, pushUrl, token, apiUrl, branch, title })
  const { conflicts, pullRequest, files, upstream } = gift
  if (values.json === true)
    printJson(terminal, { ...gift, files: [...files], pullRequest: pullRequest ?? null })
  else {
    for (const path of files) terminal.note(`  ${printable(path)}`)
    tellConflicts(terminal, conflicts)
    if (pullRequest === undefined) tellNothing(terminal, upstream)
    else {
      const { isNew, url } = pullRequest
      terminal.note(`${isNew ? 'Proposed' : 'Brought up to date'}: ${printable(url)}`)
    }
  }
  return conflicts.length > 0 ? exits.failed : exits.done
}

function tellNothing(terminal: Terminal, upstream: string): void {
  terminal.note(`Nothing here differs from "${printable(upstream)}".`)
}
