/**
 * Opens a registry by its address: a folder, a static host, a Git repository or a bundle; held
 * to what this user saw of it before, and to the witnesses that a repository asks for.
 */
import { IonError } from '#engine/core/error.ts'
import type { Known } from '#registry/log/guard.ts'
import { parseKey } from '#registry/log/note.ts'
import { openRegistry, type Registry, type WitnessPolicy } from '#registry/open.ts'

import { openSource } from './address.ts'
import { nodeCrypto } from './crypto.ts'
import { moveOn, recall } from './memory.ts'

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
    const held = { crypto: nodeCrypto, pinned: wish.root, witnesses: policyOf(wish) }
    let known = recall(address)
    for (;;) {
      const registry = await openRegistry({ source, ...held, known })
      const { known: next } = registry
      const isNews = known?.root !== next.root || known.version !== next.version
      const newer = isNews ? moveOn(address, next, known) : undefined
      // Somebody was quicker: what they saw stays, or this goes on from it.
      if (newer === undefined || isBeyond(newer, next))
        return { registry, address, [Symbol.asyncDispose]: close }
      known = newer
    }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

function isBeyond(one: Known, other: Known): boolean {
  if (one.size !== other.size) return one.size > other.size
  return one.root === other.root && one.version >= other.version
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
