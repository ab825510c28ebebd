/**
 * Opens a registry: its root of trust, its newest checkpoint, who signed that, and whether it
 * goes on from what was seen before. Whatever is read through it afterwards is held to that
 * checkpoint.
 */
import { IonError } from '#engine/core/error.ts'
import { toHex } from '#registry/bytes.ts'

import { leafHashOf } from './events/leaf.ts'
import { type Checkpoint, parseCheckpoint } from './log/checkpoint.ts'
import { demandForward, type Known } from './log/guard.ts'
import { type Note, type NoteKey, parseNote, type Vouch, vouchesOf } from './log/note.ts'
import { checkpointPath, readBundle, tileNodes, tileWidth } from './log/tiles.ts'
import { inclusionProof, isIncluded, type ReadNode, rootHash } from './log/tree.ts'
import type { Crypto, RegistrySource } from './ports.ts'
import { hasRole, logKeys, readTrust, type Trust } from './trust/root.ts'
import { printPublicKey } from './events/leaf.ts'
import { ViewDigests } from './view/digests.ts'

/** Whose cosignatures a consumer asks for, and how many. */
export interface WitnessPolicy {
  readonly keys: readonly NoteKey[]
  readonly need: number
}

export interface OpenWish {
  readonly source: RegistrySource
  readonly crypto: Crypto
  /** What was seen before; absent at the first meeting. */
  readonly known?: Known | undefined
  /** The digest of version 1 of the root of trust. */
  readonly pinned?: string | undefined
  readonly witnesses?: WitnessPolicy | undefined
}

export interface Registry {
  readonly source: RegistrySource
  readonly crypto: Crypto
  readonly trust: Trust
  readonly checkpoint: Checkpoint
  readonly note: Note
  /** The witnesses of the policy that cosigned, with their times. */
  readonly witnesses: readonly Vouch[]
  /** What to remember. */
  readonly known: Known
  readonly node: ReadNode
  /** What the checkpoint says of the views; absent where it says nothing. */
  readonly digests: ViewDigests | undefined
}

/**
 * Throws `REG_UNTRUSTED` where signatures are missing or wrong, `REG_ROLLED_BACK` for a log
 * that went back, `REG_LOG_BROKEN` where files are missing, and `REG_UNREACHABLE`.
 */
export async function openRegistry(wish: OpenWish): Promise<Registry> {
  const { source, crypto, known, witnesses } = wish
  const trust = await readTrust(source, { crypto, pinned: wish.pinned })
  const { note, checkpoint, vouches } = await readHead(source, { crypto, trust, witnesses })
  const { version } = trust.root
  if (known !== undefined) {
    const seen = { digest: trust.digest, version }
    await demandForward(source, { crypto, known, next: checkpoint, trust: seen })
  }
  const hash = (bytes: Uint8Array): Uint8Array => crypto.sha256(bytes)
  const node = tileNodes(source, { hash, size: checkpoint.size })
  const { views } = checkpoint
  if (known === undefined) {
    const root = toHex(await rootHash({ hash, node }, checkpoint.size))
    if (root !== toHex(checkpoint.root))
      throw broken(source, 'its tiles do not give the root of its checkpoint')
  }
  return {
    source,
    crypto,
    trust,
    checkpoint,
    note,
    witnesses: vouches.filter(({ time }) => time !== undefined),
    known: {
      origin: checkpoint.origin,
      size: checkpoint.size,
      root: toHex(checkpoint.root),
      trust: trust.digest,
      version,
    },
    node,
    digests: views === undefined ? undefined : new ViewDigests(source, crypto, views),
  }
}

/** A view, a page of one or the search index, held to the checkpoint. Throws `REG_VIEW_STALE`. */
export async function readDerived(
  { source, digests }: Pick<Registry, 'source' | 'digests'>,
  path: string,
): Promise<Uint8Array | undefined> {
  return await (digests ?? source).read(path)
}

function broken({ label }: RegistrySource, why: string): IonError {
  return new IonError('REG_LOG_BROKEN', `The log of "${label}" cannot be trusted: ${why}.`)
}

async function readHead(
  source: RegistrySource,
  given: {
    readonly crypto: Crypto
    readonly trust: Trust
    readonly witnesses: WitnessPolicy | undefined
  },
): Promise<{ note: Note; checkpoint: Checkpoint; vouches: readonly Vouch[] }> {
  const { crypto, trust, witnesses } = given
  const untrusted = (why: string): IonError =>
    new IonError('REG_UNTRUSTED', `The registry "${source.label}" is not trusted: ${why}.`)
  const bytes = await source.read(checkpointPath)
  const note = bytes === undefined ? undefined : parseNote(bytes)
  const checkpoint = note === undefined ? undefined : parseCheckpoint(note.text)
  if (note === undefined || checkpoint === undefined) throw broken(source, 'it has no checkpoint')
  if (checkpoint.origin !== trust.root.origin)
    throw untrusted(`its checkpoint is of the log "${checkpoint.origin}"`)
  const asked = witnesses?.keys ?? []
  const vouches = vouchesOf(crypto, note, [...logKeys(trust.root), ...asked])
  if (vouches === undefined) throw untrusted('a signature of its checkpoint is wrong')
  const signers = vouches.filter(({ key }) => !asked.includes(key))
  if (!hasRole(trust.root, 'log', new Set(signers.map(({ key }) => printPublicKey(key.key)))))
    throw untrusted('its checkpoint is not signed by enough keys of the log')
  const seen = vouches.length - signers.length
  const need = witnesses?.need ?? 0
  if (seen < need)
    throw untrusted(`${seen} of ${need} witnesses that you ask for cosigned its checkpoint`)
  return { note, checkpoint, vouches }
}

/** Throws `REG_LOG_BROKEN` unless `bytes` are leaf `index` of the log. */
export async function demandLeaf(
  { source, crypto, checkpoint, node }: Registry,
  { index, bytes }: { readonly index: number; readonly bytes: Uint8Array },
): Promise<void> {
  const { size, root } = checkpoint
  const hash = (part: Uint8Array): Uint8Array => crypto.sha256(part)
  const isThere =
    index >= 0 &&
    index < size &&
    isIncluded(hash, {
      leaf: leafHashOf(crypto, bytes),
      index,
      size,
      root,
      proof: await inclusionProof({ hash, node }, { index, size }),
    })
  if (!isThere) throw broken(source, `leaf ${index} is not what it was said to be`)
}

/** The leaves from `from` to the end of the log, in order, a bundle at a time. */
export async function* leavesOf(
  { source, checkpoint: { size } }: Pick<Registry, 'source' | 'checkpoint'>,
  from = 0,
): AsyncGenerator<{ readonly index: number; readonly bytes: Uint8Array }> {
  for (let bundle = Math.floor(from / tileWidth); bundle * tileWidth < size; bundle++) {
    const leaves = await readBundle(source, { index: bundle, size })
    for (const [at, bytes] of leaves.entries()) {
      const index = bundle * tileWidth + at
      if (index >= from) yield { index, bytes }
    }
  }
}
