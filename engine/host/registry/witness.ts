/**
 * A witness of a log: it signs a head when the log only grew since the last head that it
 * signed, and so makes sure that everybody sees the same log.
 *
 * It needs to trust nobody. What it signed is kept apart from what its user read.
 */
import { IonError } from '#engine/core/error.ts'
import { utf8 } from '#registry/bytes.ts'
import { cosign, type NoteKey, printNote } from '#registry/log/note.ts'
import { checkpointPath } from '#registry/log/tiles.ts'
import { openRegistry, type Registry } from '#registry/open.ts'
import type { Signer } from '#registry/ports.ts'

import { openSource } from './address.ts'
import { nodeCrypto } from './crypto.ts'
import { openFolder } from './folder.ts'
import { hold, recall, remember } from './memory.ts'
import { holdFolder } from './write.ts'

export interface WitnessWish {
  readonly address: string
  readonly from: string
  readonly name: string
  readonly signer: Signer
  /** Seconds since 1970. */
  readonly time: number
  /** Writes the signature into the registry, which then has to be a folder. */
  readonly isWritten: boolean
}

export interface Witnessed {
  readonly registry: Registry
  /** The checkpoint with the witness's signature. */
  readonly note: string
  readonly key: NoteKey
  /** The size that it signed last; absent at the first time. */
  readonly before?: number
}

/**
 * Throws `REG_ROLLED_BACK` for a log that did not only grow; nothing is signed then.
 * `REG_EVENT_REFUSED` while another process signs for the same witness.
 */
export async function witness(wish: WitnessWish): Promise<Witnessed> {
  const { name, signer, time } = wish
  const { source, address, close } = await openSource(wish.address, wish.from)
  // A checkpoint that is written must be the one that was read.
  using _ = wish.isWritten ? holdFolder(address) : undefined
  try {
    const purpose = `witness ${name}`
    // Two at once could start from the same head and sign two that exclude each other.
    using _held = hold(address, purpose) ?? refuse(wish)
    const known = recall(address, purpose)
    const registry = await openRegistry({ source, crypto: nodeCrypto, known })
    const key: NoteKey = { name, type: 'cosignature', key: signer.key }
    // Remembered first: a signature that nobody can recall would be worse than one too few.
    remember(address, registry.known, purpose)
    const { text, signatures } = registry.note
    const own = cosign(nodeCrypto, { text, name, signer, time })
    const others = signatures.filter((one) => one.name !== name)
    const note = printNote({ text, signatures: [...others, own] })
    if (wish.isWritten) await openFolder(address).write(checkpointPath, utf8(note))
    return { registry, note, key, ...(known === undefined ? {} : { before: known.size }) }
  } finally {
    await close()
  }
}

function refuse({ address, name }: WitnessWish): never {
  const message = `Another process signs "${address}" as the witness "${name}"; try again when it has ended.`
  throw new IonError('REG_EVENT_REFUSED', message, { data: { registry: address } })
}
