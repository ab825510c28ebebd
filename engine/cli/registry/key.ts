/**
 * `registry key` and `registry forget`: what this machine holds for registries.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { nodeCrypto } from '#engine/host/registry/crypto.ts'
import { makeKey } from '#engine/host/registry/keys.ts'
import { forget } from '#engine/host/registry/memory.ts'
import { printPublicKey } from '#registry/events/leaf.ts'
import { isOrigin } from '#registry/log/checkpoint.ts'
import { printKey } from '#registry/log/note.ts'

export interface KeyValues {
  readonly file: string
  readonly witness?: string
  readonly json?: boolean
}

export function key(terminal: Terminal, values: KeyValues): number {
  const { witness: name } = values
  if (name !== undefined && !isOrigin(name))
    throw new IonError('CLI_USAGE', `"${name}" cannot be a witness's name.`)
  const { signer, isNew } = makeKey(resolve(values.file))
  const shown = printPublicKey(signer.key)
  const verifier =
    name === undefined
      ? undefined
      : printKey(nodeCrypto, { name, type: 'cosignature', key: signer.key })
  if (values.json === true) printJson(terminal, { key: shown, witness: verifier ?? null, isNew })
  else {
    if (isNew) terminal.note(`A new key is in ${values.file}. Nobody else should read it.`)
    terminal.data(`${verifier ?? shown}\n`)
  }
  return exits.done
}

export function forgetRegistry(terminal: Terminal, address: string): number {
  const path = resolve(address)
  const isForgotten = forget(existsSync(path) ? path : address)
  terminal.note(isForgotten ? 'Forgotten.' : `Nothing was seen of "${address}".`)
  return exits.done
}
