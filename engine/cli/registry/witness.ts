/**
 * `registry witness`: one more signature below a checkpoint.
 */
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { nodeCrypto } from '#engine/host/registry/crypto.ts'
import { readKey } from '#engine/host/registry/keys.ts'
import { witness } from '#engine/host/registry/witness.ts'
import { isOrigin } from '#registry/log/checkpoint.ts'
import { printKey } from '#registry/log/note.ts'

import { needed } from './check.ts'

export interface WitnessValues {
  readonly address: string
  readonly key?: string
  readonly name?: string
  readonly write?: boolean
  readonly json?: boolean
}

export async function witnessLog(terminal: Terminal, values: WitnessValues): Promise<number> {
  const name = needed(values.name, 'what the witness is called: --name witness.example/1')
  if (!isOrigin(name)) throw new IonError('CLI_USAGE', `"${name}" cannot be a witness's name.`)
  const signer = readKey(needed(values.key, 'which key signs: --key witness.pem'))
  const { registry, note, key, before } = await witness({
    address: values.address,
    from: process.cwd(),
    name,
    signer,
    time: Math.floor(Date.now() / 1_000),
    isWritten: values.write === true,
  })
  const { origin, size } = registry.checkpoint
  const verifier = printKey(nodeCrypto, key)
  if (values.json === true)
    printJson(terminal, { origin, size, before: before ?? null, key: verifier, note })
  else {
    const grown = before === undefined ? 'seen for the first time' : `${before} leaves before`
    terminal.note(`${origin}: ${size} leaves, ${grown}`)
    terminal.note(`  consumers name this witness by ${verifier}`)
    if (values.write !== true) terminal.data(note)
  }
  return exits.done
}
