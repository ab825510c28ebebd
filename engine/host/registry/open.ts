/**
 * Opens a registry by its address: a folder, a static host, a Git repository or a bundle; held
 * to what this user saw of it before, and to the witnesses that a repository asks for.
 */
import { IonError } from '#engine/core/error.ts'
import { parseKey } from '#registry/log/note.ts'
import { openRegistry, type Registry, type WitnessPolicy } from '#registry/open.ts'

import { openSource } from './address.ts'
import { nodeCrypto } from './crypto.ts'
import { recall, remember } from './memory.ts'

/** A registry as a repository names it. */
export interface RegistryWish {
  /** `./index`, `https://HOST/PATH`, `git+https://HOST/OWNER/REPO//folder@branch`, `./file.bundle`. */
  readonly address: string
  /** The folder that a relative address is relative to. */
  readonly from: string
  /** The digest of its first root of trust. */
  readonly root?: string | undefined
  readonly witnesses?: readonly string[] | undefined
  /** How many witnesses; all of them without it. */
  readonly need?: number | undefined
}

export interface OpenedRegistry extends AsyncDisposable {
  readonly registry: Registry
  /** The address in the one form that its memory is kept by. */
  readonly address: string
}

/**
 * Opens it and remembers its head. Throws `REG_UNREACHABLE`, `REG_UNTRUSTED`,
 * `REG_ROLLED_BACK`, `REG_LOG_BROKEN`, and `CLI_USAGE` for an address or key that is none.
 */
export async function openIndex(wish: RegistryWish): Promise<OpenedRegistry> {
  const { source, address, close } = await openSource(wish.address, wish.from)
  try {
    const known = recall(address)
    const registry = await openRegistry({
      source,
      crypto: nodeCrypto,
      known,
      pinned: wish.root,
      witnesses: policyOf(wish),
    })
    if (known?.root !== registry.known.root || known.version !== registry.known.version)
      remember(address, registry.known)
    return { registry, address, [Symbol.asyncDispose]: close }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

function policyOf({ witnesses = [], need }: RegistryWish): WitnessPolicy {
  const keys = witnesses.map((text) => {
    const key = parseKey(nodeCrypto, text)
    if (key?.type !== 'cosignature')
      throw new IonError('CLI_USAGE', `"${text}" is no key of a witness.`)
    return key
  })
  return { keys, need: need ?? keys.length }
}
