/**
 * What a client remembers of a log, and what it refuses because of it: a log that shrank, that
 * was rewritten, or whose root of trust went back.
 *
 * The memory only ever moves forward. A log that contradicts it is never believed, whoever
 * signed it: that is the one thing that even the holder of the log's key cannot undo.
 */
import { IonError } from '#engine/core/error.ts'
import { fromHex, toHex } from '#registry/bytes.ts'
import type { Crypto, RegistrySource } from '#registry/ports.ts'

import type { Checkpoint } from './checkpoint.ts'
import { tileNodes } from './tiles.ts'
import { consistencyProof, isConsistent, rootHash } from './tree.ts'

/** The newest head that a client saw. */
export interface Known {
  readonly origin: string
  readonly size: number
  /** In hex. */
  readonly root: string
  /** The digest of version 1 of the root of trust. */
  readonly trust: string
  /** The newest version of the root of trust. */
  readonly version: number
}

/**
 * Throws `REG_ROLLED_BACK` unless `next` is what a client that saw `known` may be shown, and
 * `REG_LOG_BROKEN` where tiles are missing.
 */
export async function demandForward(
  source: RegistrySource,
  given: {
    readonly crypto: Crypto
    readonly known: Known
    readonly next: Checkpoint
    readonly trust: { readonly digest: string; readonly version: number }
  },
): Promise<void> {
  const { crypto, known, next, trust } = given
  const back = (why: string): IonError =>
    new IonError('REG_ROLLED_BACK', `"${source.label}" ${why}. Nothing of it is believed.`, {
      data: { seen: known.size, shown: next.size, root: known.root },
    })
  if (known.trust !== trust.digest) throw back('has another root of trust than before')
  if (trust.version < known.version) throw back('shows an older version of its root of trust')
  if (known.origin !== next.origin) throw back(`calls itself "${next.origin}" now`)
  if (next.size < known.size)
    throw back(`has ${next.size} leaves, and had ${known.size} when it was last seen`)
  const hash = (bytes: Uint8Array): Uint8Array => crypto.sha256(bytes)
  const tree = { hash, node: tileNodes(source, { hash, size: next.size }) }
  const proof = await consistencyProof(tree, { from: known.size, to: next.size })
  const isForward = isConsistent(hash, {
    from: known.size,
    to: next.size,
    fromRoot: fromHex(known.root),
    toRoot: next.root,
    proof,
  })
  if (isForward) return
  const isWhole = toHex(await rootHash(tree, next.size)) === toHex(next.root)
  if (isWhole) throw back('was rewritten since it was last seen')
  throw back('does not prove that it goes on from what was last seen')
}
