/**
 * Takes events into a log: verified, allowed, written, and under a new checkpoint.
 *
 * What belongs to events is written once they are admitted, then tiles and leaves, the
 * checkpoint after them and views last, so a crash
 * leaves either the old log or the new one; views that are behind are rebuilt from the log.
 */
import { IonError } from '#engine/core/error.ts'
import { parseInstant } from '#engine/core/instant.ts'
import { limits } from '#engine/core/limits.ts'
import { utf8 } from '#registry/bytes.ts'
import { checkLog } from '#registry/check.ts'
import type { RegistryEvent } from '#registry/event.ts'
import {
  isVouched,
  leafBytes,
  leafDigest,
  namespaceOf,
  printPublicKey,
} from '#registry/events/leaf.ts'
import { type Checkpoint, printCheckpoint } from '#registry/log/checkpoint.ts'
import { parseNote, printNote, signNote } from '#registry/log/note.ts'
import {
  checkpointPath,
  extend,
  tilePath,
  tileNodes,
  tileWidth,
  widthOf,
} from '#registry/log/tiles.ts'
import { rootHash } from '#registry/log/tree.ts'
import { likenessOf, refuseName } from '#registry/names/admit.ts'
import { openRegistry, type Registry } from '#registry/open.ts'
import type { Crypto, RegistryFiles, Signer } from '#registry/ports.ts'
import { applyLeaf } from '#registry/rules/apply.ts'
import type { RegistryState } from '#registry/rules/state.ts'
import { hasRole, rootFor } from '#registry/trust/root.ts'

import { deriveFiles, writeDerived } from './views.ts'

export interface Keeper {
  readonly files: RegistryFiles
  readonly crypto: Crypto
  /** The key of the log. */
  readonly signer: Signer
  /** Milliseconds since 1970. */
  readonly now: number
  /** What belongs to the events, by paths that hold digests; what is there already stays. */
  readonly beside?: ReadonlyMap<string, Uint8Array>
}

export interface Appended {
  readonly checkpoint: Checkpoint
  /** The index of each event. */
  readonly leaves: readonly number[]
  readonly state: RegistryState
}

/**
 * Appends events. All of them or none. Throws `REG_EVENT_REFUSED` with the first that may not
 * be there, `REG_NAME_REFUSED` for a name that could be taken for another, `REG_UNTRUSTED`
 * for a key that is none of the log, `REG_LOG_MOVED` where somebody was quicker.
 */
export async function appendEvents(
  keeper: Keeper,
  events: readonly RegistryEvent[],
  /** What the log says, where the caller knows it already; it is carried on. */
  given?: { readonly registry: Registry; readonly state: RegistryState },
): Promise<Appended> {
  const { files, crypto, beside = new Map<string, Uint8Array>() } = keeper
  const registry = given?.registry ?? (await openRegistry({ source: files, crypto }))
  const state = given?.state ?? (await checkLog(registry, { signatures: 'chains' }))
  demandLogKey(registry, keeper.signer)
  const { size } = registry.checkpoint
  const touched = new Set<string>()
  const leaves = await admit(keeper, { registry, state, events, touched })
  const hash = (bytes: Uint8Array): Uint8Array => crypto.sha256(bytes)
  await demandUnmoved(keeper, registry)
  for (const [path, bytes] of beside)
    if ((await files.read(path)) === undefined) await files.write(path, bytes)
  for (const [path, bytes] of await extend(files, { hash, size, leaves }))
    await files.write(path, bytes)
  const { digests: before } = registry
  const derived = await deriveFiles({ crypto, state, touched, before })
  const head = { origin: state.origin, size: state.size, views: derived.top }
  const checkpoint = await writeCheckpoint(keeper, head)
  await dropPartials(files, { size, next: state.size })
  await writeDerived(files, derived.files)
  return { checkpoint, leaves: events.map((_, at) => size + at), state }
}

/** Somebody else may have appended meanwhile. */
async function demandUnmoved({ files }: Keeper, { note, source }: Registry): Promise<void> {
  const now = await files.read(checkpointPath)
  if (now !== undefined && parseNote(now)?.text === note.text) return
  const message = `The log of "${source.label}" went on meanwhile. Do it again.`
  throw new IonError('REG_LOG_MOVED', message)
}

/** Throws `REG_UNTRUSTED` for a key that signs no checkpoints of this log. */
export function demandLogKey({ trust, source }: Registry, signer: Signer): void {
  const { keys } = trust.root.roles.log
  if (keys.includes(printPublicKey(signer.key))) return
  const message = `The key may not sign checkpoints of "${source.label}".`
  throw new IonError('REG_UNTRUSTED', message)
}

/** Applies the events to the state; their leaves. */
async function admit(
  { crypto, now }: Keeper,
  given: {
    readonly registry: Registry
    readonly state: RegistryState
    readonly events: readonly RegistryEvent[]
    readonly touched: Set<string>
  },
): Promise<readonly Uint8Array[]> {
  const { registry, state, events, touched } = given
  const likeness = likenessOf(state)
  const leaves: Uint8Array[] = []
  for (const event of events) {
    const { body } = event
    const bytes = leafBytes(event)
    const root = rootFor(registry.trust, state.size)
    const keys = new Set(event.signatures.map(({ key }) => key))
    const refuse = (why: string): IonError =>
      new IonError('REG_EVENT_REFUSED', `The ${body.event} is refused: ${why}.`, {
        data: { event: body.event, why },
      })
    if (bytes.length > limits.registryLeafBytesMax) throw refuse(`it has ${bytes.length} bytes`)
    if (!(await isVouched(crypto, event))) throw refuse('a signature of it is wrong')
    const drift = (parseInstant(body.at) ?? Number.NaN) - now
    if (!(Math.abs(drift) <= limits.registryClockMsMax)) throw refuse(`it was signed at ${body.at}`)
    const name = hasRole(root, 'reviewers', keys)
      ? undefined
      : refuseName(state, body, { likeness })
    if (name !== undefined) throw new IonError('REG_NAME_REFUSED', `${name}.`)
    const why = applyLeaf(state, { event, digest: leafDigest(crypto, bytes), root })
    if (why !== undefined) throw refuse(why)
    if (body.event === 'claim') likeness.add(body.namespace)
    for (const one of touchedBy(state, event)) touched.add(one)
    leaves.push(bytes)
  }
  return leaves
}

/** The entries whose views an event may change. */
function touchedBy(state: RegistryState, { body }: RegistryEvent): readonly string[] {
  const namespace = namespaceOf(body)
  const own = [...(state.namespaces.get(namespace)?.entries ?? [])].map(
    (short) => `${namespace}/${short}`,
  )
  if (body.event !== 'publish') return own
  const needed = body.requires.map((key) => key.slice(0, key.lastIndexOf('@')))
  return [...own, ...needed, ...(body.lineage === undefined ? [] : [body.lineage.name])]
}

/** Signs the root over the tiles as they are written, and what the views have to be. */
export async function writeCheckpoint(
  { files, crypto, signer }: Pick<Keeper, 'files' | 'crypto' | 'signer'>,
  { origin, size, views }: Omit<Checkpoint, 'root'>,
): Promise<Checkpoint> {
  const hash = (bytes: Uint8Array): Uint8Array => crypto.sha256(bytes)
  const root = await rootHash({ hash, node: tileNodes(files, { hash, size }) }, size)
  const checkpoint = { origin, size, root, ...(views === undefined ? {} : { views }) }
  const text = printCheckpoint(checkpoint)
  const signatures = [signNote(crypto, { text, name: origin, signer })]
  await files.write(checkpointPath, utf8(printNote({ text, signatures })))
  return checkpoint
}

/** Signs the head of a registry anew, with the views that it has now. Throws `REG_UNTRUSTED`. */
export async function vouchForViews(
  keeper: Pick<Keeper, 'files' | 'crypto' | 'signer'>,
  { registry, top }: { readonly registry: Registry; readonly top: Uint8Array },
): Promise<void> {
  demandLogKey(registry, keeper.signer)
  const { origin, size } = registry.checkpoint
  await writeCheckpoint(keeper, { origin, size, views: top })
}

/** Takes out partial tiles that are older than what a reader of the last checkpoint needs. */
async function dropPartials(
  files: RegistryFiles,
  { size, next }: { readonly size: number; readonly next: number },
): Promise<void> {
  const levels: (number | 'entries')[] = ['entries', 0, 1, 2, 3]
  for (const level of levels) {
    const depth = level === 'entries' ? 0 : level
    const now = widthOf(next, depth)
    const index = Math.floor(widthOf(size, depth) / tileWidth)
    const folder = tilePath(level, index, 1).replace(/\/1$/, '')
    for (const path of await files.list(folder)) {
      const width = Number(path.slice(path.lastIndexOf('/') + 1))
      const isOld = width < widthOf(size, depth) % tileWidth
      const isFull = now >= (index + 1) * tileWidth
      if (isOld || isFull) await files.remove(path)
    }
  }
}
