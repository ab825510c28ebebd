/**
 * `registry append`: signed events, as their authors sent them, become leaves.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { nodeCrypto } from '#engine/host/registry/crypto.ts'
import { openFolder } from '#engine/host/registry/folder.ts'
import { readKey } from '#engine/host/registry/keys.ts'
import { utf8 } from '#registry/bytes.ts'
import type { RegistryEvent } from '#registry/event.ts'
import { readLeaf } from '#registry/events/leaf.ts'
import { appendEvents } from '#registry/keep/append.ts'

import { needed } from './check.ts'

export interface AppendValues {
  readonly files: readonly string[]
  readonly dir?: string
  readonly key?: string
  readonly json?: boolean
}

/** All of them or none. */
export async function append(terminal: Terminal, values: AppendValues): Promise<number> {
  const events = values.files.map(eventIn)
  const signer = readKey(needed(values.key, 'which key signs the log: --key log.pem'))
  const files = openFolder(resolve(values.dir ?? '.'))
  const keeper = { files, crypto: nodeCrypto, signer, now: Date.now() }
  const { checkpoint, leaves } = await appendEvents(keeper, events)
  if (values.json === true) printJson(terminal, { leaves, size: checkpoint.size })
  else terminal.note(`${checkpoint.origin} has ${checkpoint.size} leaves now.`)
  return exits.done
}

function eventIn(file: string): RegistryEvent {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new IonError('CLI_FILE_UNREADABLE', `"${file}" cannot be read.`, { cause })
  }
  const event = readLeaf(utf8(text.trimEnd()))
  if (event !== undefined) return event
  throw new IonError('REG_EVENT_REFUSED', `"${file}" holds no event in its one form.`)
}
