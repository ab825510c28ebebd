/**
 * What a call holds on the host's side until it ends, by the name of who holds it.
 */
export class CallScope {
  readonly #kept = new Map<string, AsyncDisposable>()

  /** The same thing in every operation of the call; it is let go of with the call. */
  keep<T extends AsyncDisposable>(name: string, make: () => T): T {
    const known = this.#kept.get(name) as T | undefined
    if (known !== undefined) return known
    const made = make()
    this.#kept.set(name, made)
    return made
  }

  async end(): Promise<void> {
    const kept = [...this.#kept.values()]
    this.#kept.clear()
    await Promise.allSettled(kept.map(async (one) => await one[Symbol.asyncDispose]()))
  }
}
