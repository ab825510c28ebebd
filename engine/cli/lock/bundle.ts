/**
 * `bundle export` and `import`: the packages of a lock as one file, for a machine without a network.
 */
import { readFileSync, writeFileSync } from 'node:fs'

import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { packBundle, unpackBundle } from '#engine/host/lock/bundle.ts'
import { lockIn } from '#engine/host/lock/lock-in.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'

import { rootOf } from './lock.ts'

export interface BundleValues {
  readonly file: string
  readonly json?: boolean
  readonly repo?: string
}

/** Writes every package of the lock that is not in the repository itself. */
export async function bundleExport(terminal: Terminal, values: BundleValues): Promise<number> {
  const { lock, problem } = lockIn(openWorkingTree(rootOf(values)))
  if (problem !== undefined) throw new IonError('LOCK_MALFORMED', problem.message)
  const { bytes, keys } = await packBundle(lock ?? { packages: [], flows: [] })
  writeFileSync(values.file, bytes)
  if (values.json === true) printJson(terminal, { packages: keys, bytes: bytes.length })
  else terminal.note(`${values.file}: ${counted(keys.length)}, ${bytes.length} bytes`)
  return exits.done
}

/** Keeps every package of the file on this machine; what is not what it says is refused. */
export async function bundleImport(terminal: Terminal, values: BundleValues): Promise<number> {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(values.file)
  } catch (cause) {
    const message = `"${values.file}" cannot be read: ${(cause as Error).message}.`
    throw new IonError('CLI_FILE_UNREADABLE', message, { cause })
  }
  const keys = await unpackBundle(bytes)
  if (values.json === true) printJson(terminal, { packages: keys })
  else terminal.note(`On this machine now: ${counted(keys.length)}.`)
  return exits.done
}

function counted(packages: number): string {
  return packages === 1 ? '1 package' : `${packages} packages`
}
