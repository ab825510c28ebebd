/**
 * `registry init`: a new registry in a folder, and the keys of who keeps it.
 */
import { resolve } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { nodeCrypto } from '#engine/host/registry/crypto.ts'
import { openFolder } from '#engine/host/registry/folder.ts'
import { makeKey } from '#engine/host/registry/keys.ts'
import { printPublicKey } from '#registry/events/leaf.ts'
import { beginRegistry } from '#registry/keep/begin.ts'
import { isOrigin } from '#registry/log/checkpoint.ts'
import { readTrust, type Root } from '#registry/trust/root.ts'

import { roleOf, rolesOf, type RoleValues } from './roles.ts'

export interface InitValues extends RoleValues {
  readonly dir: string
  readonly origin?: string
  readonly keys?: string
  readonly closed?: boolean
  readonly json?: boolean
}

const transferDays = 7

export async function init(terminal: Terminal, values: InitValues): Promise<number> {
  const { origin, keys } = values
  if (origin === undefined || !isOrigin(origin))
    throw usage('Say what the log is called for ever: --origin registry.example/main.')
  if (keys === undefined)
    throw usage('Say where its keys are, outside of the registry: --keys ~/registry-keys.')
  const folder = resolve(values.dir)
  const places = { root: resolve(keys, 'root.pem'), log: resolve(keys, 'log.pem') }
  if (places.root.startsWith(`${folder}/`)) throw usage('Keys do not belong into the registry.')
  const [root, log] = [makeKey(places.root), makeKey(places.log)]
  const body: Root = {
    registry: 1,
    origin,
    version: 1,
    size: 0,
    claims: values.closed === true ? 'reviewed' : 'open',
    transferDays,
    roles: {
      root: roleOf([printPublicKey(root.signer.key)]),
      log: roleOf([printPublicKey(log.signer.key)]),
      ...rolesOf(values),
    },
  }
  const files = openFolder(folder)
  const keeper = { files, crypto: nodeCrypto, signer: log.signer, now: Date.now() }
  await beginRegistry(keeper, { root: body, signers: [root.signer] })
  const { digest } = await readTrust(files, { crypto: nodeCrypto })
  if (values.json === true) printJson(terminal, { folder, origin, root: digest, keys: places })
  else {
    terminal.note(`${terminal.paint('ok', terminal.glyphs.ok)} ${origin} begins in ${folder}`)
    terminal.note(`  keys: ${places.root} (keep it offline), ${places.log}`)
    terminal.note(`  consumers pin its root of trust:`)
    terminal.data(`${digest}\n`)
  }
  return exits.done
}

function usage(message: string): IonError {
  return new IonError('CLI_USAGE', message)
}
