/**
 * Checks a whole log: every leaf in its one form, by the rules, signed by whom it says, every
 * tile over its leaves, and the whole under the root that the checkpoint has. What comes out is what the log says (`RegistryState`).
 *
 * A signature vouches for the chain of its namespace up to it (`after`), because publishers
 * verify what they follow. So the last event of each key and namespace is enough to know
 * that nothing before it was made up (`chains`); `all` verifies every single one.
 */
import { IonError } from '#engine/core/error.ts'
import { isSame, toHex } from '#registry/bytes.ts'
import type { RegistryEvent } from '#registry/event.ts'

import { isVouched, leafHashOf, namespaceOf, readLeaf } from './events/leaf.ts'
import { TileCheck } from './log/tiles.ts'
import { Frontier } from './log/tree.ts'
import { leavesOf, type Registry } from './open.ts'
import { applyLeaf } from './rules/apply.ts'
import { RegistryState } from './rules/state.ts'
import { rootFor } from './trust/root.ts'

export interface CheckWish {
  readonly signatures: 'all' | 'chains'
  /** Told after each bundle. */
  readonly progress?: (done: number, of: number) => void
}

/** How many signatures may be under way at a time. */
const underWayMax = 512

/** Throws `REG_LOG_BROKEN` with the first leaf that is wrong. */
export async function checkLog(registry: Registry, wish: CheckWish): Promise<RegistryState> {
  const { source, crypto, checkpoint, trust } = registry
  const state = new RegistryState(checkpoint.origin)
  const frontier = new Frontier((bytes) => crypto.sha256(bytes))
  const tiles = new TileCheck(source, (bytes) => crypto.sha256(bytes))
  const vouching = new Vouching(registry)
  /** The last event by namespace and key. */
  const heads = new Map<string, { readonly index: number; readonly event: RegistryEvent }>()
  for await (const { index, bytes } of leavesOf(registry)) {
    const hash = leafHashOf(crypto, bytes)
    frontier.push(hash)
    await tiles.push(hash)
    const event = readLeaf(bytes)
    if (event === undefined) throw broken(registry, index, 'it is no event in its one form')
    const digest = `sha256:${toHex(hash)}`
    const why = applyLeaf(state, { event, digest, root: rootFor(trust, index) })
    if (why !== undefined) throw broken(registry, index, why)
    if (wish.signatures === 'all') await vouching.add(index, event)
    else heads.set(headKey(event), { index, event })
    if (index % 4_096 === 4_095) wish.progress?.(index + 1, checkpoint.size)
  }
  for (const { index, event } of heads.values()) await vouching.add(index, event)
  await vouching.finish()
  await tiles.finish()
  if (!isSame(frontier.root(), checkpoint.root)) {
    const message = `The log of "${source.label}" cannot be trusted: its leaves do not give the root of its checkpoint.`
    throw new IonError('REG_LOG_BROKEN', message)
  }
  wish.progress?.(checkpoint.size, checkpoint.size)
  return state
}

function headKey({ body, signatures }: RegistryEvent): string {
  return `${namespaceOf(body)} ${signatures.map(({ key }) => key).join(' ')}`
}

function broken({ source }: Registry, leaf: number, why: string): IonError {
  const message = `The log of "${source.label}" cannot be trusted: leaf ${leaf} may not be there, because ${why}.`
  return new IonError('REG_LOG_BROKEN', message, { data: { leaf, why } })
}

/** Signatures that are being verified, a bounded number at a time. */
class Vouching {
  readonly #registry: Registry
  #underWay = 0
  #wrong = Number.POSITIVE_INFINITY
  /** Who waits until at most so many are under way. */
  #waiter: { readonly most: number; readonly go: () => void } | undefined

  constructor(registry: Registry) {
    this.#registry = registry
  }

  async add(index: number, event: RegistryEvent): Promise<void> {
    this.#underWay += 1
    void this.#verify(index, event)
    // The threads that verify have enough to do until the next ones come.
    if (this.#underWay >= underWayMax) await this.#atMost(underWayMax / 2)
  }

  /** Throws for the lowest leaf whose signature is wrong. */
  async finish(): Promise<void> {
    await this.#atMost(0)
    if (this.#wrong < Number.POSITIVE_INFINITY)
      throw broken(this.#registry, this.#wrong, 'a signature of it is wrong')
  }

  async #verify(index: number, event: RegistryEvent): Promise<void> {
    const isGood = await isVouched(this.#registry.crypto, event).catch(() => false)
    if (!isGood) this.#wrong = Math.min(this.#wrong, index)
    this.#underWay -= 1
    if (this.#underWay <= (this.#waiter?.most ?? -1)) this.#waiter?.go()
  }

  async #atMost(most: number): Promise<void> {
    if (this.#underWay <= most) return
    await new Promise<void>((go) => (this.#waiter = { most, go }))
    this.#waiter = undefined
  }
}
