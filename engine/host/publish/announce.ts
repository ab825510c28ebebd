/**
 * Says something to a registry: signs events as followers of the last one of their namespace, and
 * appends them where the key of the log is at hand.
 */
import { IonError } from '#engine/core/error.ts'
import { parseInstant, printInstant } from '#engine/core/instant.ts'
import { limits } from '#engine/core/limits.ts'
import { systemClock } from '#engine/durable/system.ts'
import { nodeCrypto } from '#engine/host/registry/crypto.ts'
import { openFiles } from '#engine/host/registry/write.ts'
import { checkLog } from '#registry/check.ts'
import type { EventBody, RegistryEvent } from '#registry/event.ts'
import { isSigned, leafBytes, leafDigest, namespaceOf } from '#registry/events/leaf.ts'
import { appendEvents } from '#registry/keep/append.ts'
import { openRegistry, type Registry } from '#registry/open.ts'
import type { Signer } from '#registry/ports.ts'
import type { RegistryState } from '#registry/rules/state.ts'

import { whileOvertaken } from './again.ts'
import { bundlePath, isBundleAbout } from './attached.ts'
import { type PublisherKey, signedBy } from './key.ts'
import { provenanceDigest, provenancePath, readEnvelope } from './provenance.ts'

type Open<T> = T extends unknown ? Omit<T, 'log' | 'at' | 'after'> : never
/** An event without what only the log knows: where, when, and after which. */
export type Saying = Open<EventBody>

export interface AnnounceWish {
  /** The registry: a folder, or a branch of a repository. */
  readonly address: string
  /** Folders are relative to it. */
  readonly root: string
  readonly key: PublisherKey
  /** The key of the log; without it the events are signed and nothing is written. */
  readonly logKey?: Signer | undefined
  /** What the log is asked to say, once it is known what it says. */
  say(registry: Registry, state: RegistryState): Promise<Sayings>
}

export interface Sayings {
  readonly bodies: readonly Saying[]
  /** Files that belong to them, by path. */
  readonly files?: ReadonlyMap<string, Uint8Array>
  /** Who signs besides: a key that is added says so itself. */
  readonly also?: readonly PublisherKey[]
  /** When they are said to have happened; now without it, or where that is long ago. */
  readonly at?: string | undefined
  /** What the commit says, where the registry is a repository. */
  readonly message: string
}

export interface Announced {
  readonly events: readonly RegistryEvent[]
  /** The index of each; empty when nothing was written. */
  readonly leaves: readonly number[]
  readonly origin: string
  /** What belongs to the events, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/**
 * Throws what appending throws, and `REG_UNREACHABLE`. Where somebody else writes at the same
 * time, `say` is asked again about what the log says then, and everything is signed anew.
 */
export async function announce(wish: AnnounceWish): Promise<Announced> {
  return await whileOvertaken(async () => await announceOnce(wish))
}

async function announceOnce(wish: AnnounceWish): Promise<Announced> {
  const { address, root, key, logKey } = wish
  const now = systemClock().now()
  await using opened = await openFiles(address, root)
  const { files } = opened
  const registry = await openRegistry({ source: files, crypto: nodeCrypto })
  const state = await checkLog(registry, { signatures: 'chains' })
  const { origin } = state
  const said = await wish.say(registry, state)
  const beside = said.files ?? new Map<string, Uint8Array>()
  if (said.bodies.length === 0) return { events: [], leaves: [], origin, files: beside }
  const events: RegistryEvent[] = []
  const heads = new Map<string, string>()
  for (const saying of said.bodies) {
    const namespace = namespaceOf(saying as EventBody)
    const known = state.namespaces.get(namespace)
    const after = heads.get(namespace) ?? known?.head
    const at = instantOf(said.at, { now, least: known?.at ?? 0 })
    const place = saying.event === 'claim' || after === undefined ? {} : { after }
    const body = { log: origin, at, ...place, ...saying } as EventBody
    const event = await signedBy(body, [key, ...(said.also ?? [])])
    heads.set(namespace, leafDigest(nodeCrypto, leafBytes(event)))
    events.push(event)
  }
  if (logKey === undefined) return { events, leaves: [], origin, files: beside }
  using _ = opened.hold()
  const keeper = { files, crypto: nodeCrypto, signer: logKey, now, beside }
  const { leaves } = await appendEvents(keeper, events, { registry, state })
  await opened.publish(said.message, now)
  return { events, leaves, origin, files: beside }
}

/** The moment of the tag where a log takes it, so that two publishers sign the same bytes. */
function instantOf(
  wished: string | undefined,
  { now, least }: { readonly now: number; readonly least: number },
): string {
  const tagged = wished === undefined ? undefined : parseInstant(wished)
  const at = Math.max(tagged ?? now, least)
  return printInstant(Math.abs(at - now) < limits.registryClockMsMax ? at : Math.max(now, least))
}

export interface AcceptWish extends Pick<AnnounceWish, 'address' | 'root'> {
  readonly logKey: Signer
  readonly events: readonly RegistryEvent[]
  readonly files: ReadonlyMap<string, Uint8Array>
}

/**
 * Appends what somebody else signed; the log's rules say whether it may be there. Throws
 * `REG_EVENT_REFUSED` for too much of it, and for files that are no statement about an event.
 */
export async function accept(wish: AcceptWish): Promise<readonly number[]> {
  demandBelonging(wish)
  return await whileOvertaken(async () => await acceptOnce(wish))
}

async function acceptOnce(wish: AcceptWish): Promise<readonly number[]> {
  await using opened = await openFiles(wish.address, wish.root)
  const { files } = opened
  using _ = opened.hold()
  const now = systemClock().now()
  const keeper = { files, crypto: nodeCrypto, signer: wish.logKey, now, beside: wish.files }
  const { leaves } = await appendEvents(keeper, wish.events)
  await opened.publish(wish.events.map(({ body }) => body.event).join(', '), now)
  return leaves
}

/** Holds each file to the digest that an event of the submission names it by. */
function demandBelonging({ events, files }: AcceptWish): void {
  const refuse = (why: string): IonError => new IonError('REG_EVENT_REFUSED', why)
  if (events.length > limits.registrySubmissionEventsMax)
    throw refuse(
      `${events.length} events are too many at once; send ${limits.registrySubmissionEventsMax} at most.`,
    )
  const named = new Map(
    events.flatMap(({ body }) =>
      body.event === 'publish' ? [[provenancePath(body.provenance), body.provenance]] : [],
    ),
  )
  const bundles = new Map(
    events.flatMap(({ body }) =>
      body.event === 'publish' ? [[bundlePath(body.provenance), body.digest]] : [],
    ),
  )
  for (const [path, bytes] of files) {
    const about = bundles.get(path)
    if (about !== undefined && isBundleAbout(bytes, about)) continue
    const digest = named.get(path)
    if (digest === undefined) throw refuse(`"${path}" belongs to no event.`)
    if (bytes.length > limits.registryProvenanceBytesMax)
      throw refuse(
        `"${path}" has ${bytes.length} bytes; ${limits.registryProvenanceBytesMax} are taken at most.`,
      )
    const read = readEnvelope(bytes)
    if (read === undefined || provenanceDigest(read.statement) !== digest)
      throw refuse(`"${path}" is not the statement that its name says.`)
    const isGood = read.signatures.every((one) => isSigned(nodeCrypto, read.signed, one))
    if (read.signatures.length === 0 || !isGood) throw refuse(`"${path}" is not signed.`)
  }
}
