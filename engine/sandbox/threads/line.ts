/** Who waits, first come, first served. */
export class Line<T> {
  #list: T[] = []
  #next = 0

  get length(): number {
    return this.#list.length - this.#next
  }

  get first(): T | undefined {
    return this.#list[this.#next]
  }

  push(one: T): void {
    this.#list.push(one)
  }

  /** Takes the first one; the array is cut only now and then, which keeps it linear. */
  shift(): T | undefined {
    const first = this.#list[this.#next]
    if (first === undefined) return undefined
    this.#next++
    if (this.#next > 1_024 && this.#next * 2 > this.#list.length) {
      this.#list = this.#list.slice(this.#next)
      this.#next = 0
    }
    return first
  }

  takeAll(): readonly T[] {
    const all = this.#list.slice(this.#next)
    this.#list = []
    this.#next = 0
    return all
  }
}
