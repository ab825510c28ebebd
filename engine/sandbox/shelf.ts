/**
 * The warm realms of a thread, ready for the next call of their code.
 *
 * One code may have several, because calls of it can be under way at once; a realm that
 * works is not on the shelf. The ones used longest ago make room, by their bytes.
 */
import type { Realm } from './realm.ts'

export class Shelf {
  readonly #bytesMax: number
  /** Least recently used first. */
  readonly #realms = new Map<string, Realm[]>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Takes a realm of that code off the shelf. */
  take(instance: string): Realm | undefined {
    const own = this.#realms.get(instance)
    const realm = own?.pop()
    if (own?.length === 0) this.#realms.delete(instance)
    if (realm !== undefined) this.#bytes -= realm.bytes
    return realm
  }

  put(instance: string, realm: Realm): void {
    const own = this.#realms.get(instance) ?? []
    own.push(realm)
    this.#realms.delete(instance)
    this.#realms.set(instance, own)
    this.#bytes += realm.bytes
    while (this.#bytes > this.#bytesMax) {
      const [oldest] = this.#realms.keys()
      if (oldest === undefined) return
      this.take(oldest)
    }
  }
}
