/**
 * `registry trust`: the next version of a registry's root of trust.
 */
import { resolve } from 'node:path'

import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { nodeCrypto } from '#engine/host/registry/crypto.ts'
import { openFolder } from '#engine/host/registry/folder.ts'
import { holdFolder } from '#engine/host/registry/write.ts'
import { readKey } from '#engine/host/registry/keys.ts'
import { printPublicKey } from '#registry/events/leaf.ts'
import { renewTrust } from '#registry/keep/renew.ts'
import type { Role, Root } from '#registry/trust/root.ts'

import { needed } from './check.ts'
import { roleOf, rolesOf, type RoleValues } from './roles.ts'

export interface TrustValues extends RoleValues {
  readonly dir: string
  readonly rootKey?: readonly string[]
  readonly newRootKey?: readonly string[]
  readonly logKey?: string
  readonly closed?: boolean
  readonly json?: boolean
}

export async function trust(terminal: Terminal, values: TrustValues): Promise<number> {
  const { rootKey = [], newRootKey = [], closed } = values
  const log = readKey(
    needed(values.logKey, 'which key signs the log from now on: --log-key log.pem'),
  )
  const [before, after] = [rootKey.map(readKey), newRootKey.map(readKey)]
  const isRoles = after.length > 0 || values.newLog === true
  const roles: Partial<Root['roles']> = {
    ...rolesOf(values),
    ...(after.length === 0 ? {} : { root: keysOf(after) }),
    ...(values.newLog === true ? { log: keysOf([log]) } : {}),
  }
  const isChanged = isRoles || Object.keys(roles).length > 0
  const folder = resolve(values.dir)
  using _ = holdFolder(folder)
  const root = await renewTrust({
    files: openFolder(folder),
    crypto: nodeCrypto,
    change: {
      ...(closed === true ? { claims: 'reviewed' as const } : {}),
      ...(isChanged ? { roles } : {}),
    },
    signers: [...before, ...after],
    log,
  })
  if (values.json === true) printJson(terminal, { version: root.version, size: root.size })
  else
    terminal.note(`Version ${root.version} of the root of trust holds from leaf ${root.size} on.`)
  return exits.done
}

function keysOf(signers: readonly { readonly key: Uint8Array }[]): Role {
  return roleOf(signers.map(({ key }) => printPublicKey(key)))
}
