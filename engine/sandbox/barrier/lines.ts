/**
 * The marks of a guest's memory: one byte for each line of it that was written to.
 *
 * A binary with marks (`rewrite.ts`) writes them into a memory of its own, which no
 * instruction of the guest's code names otherwise: not even a guest that found a bug of the
 * engine reaches them. What the host writes into the guest's memory it must mark itself.
 */
const pageBytes = 64 * 1024

/** Lines of 4 KiB: shorter ones are more to look at, and copying one takes 0.1 µs. */
export const lineShift = 12
const lineBytes = 1 << lineShift

/**
 * A mark stands for its line and for these bytes behind it. So a write across the end of a
 * line needs one mark, and so do all the fields of a small structure.
 */
export const slackBytes = 256

/** The import that a binary with marks has, and others have not. */
export const marksImport = { module: 'ionflux', name: 'marks' } as const

export class Marks {
  readonly memory: WebAssembly.Memory
  readonly #bytes: Uint8Array
  readonly #words: Int32Array

  /** For a guest's memory that may become as large as `bytesMax`. */
  constructor(bytesMax: number) {
    const pages = Math.ceil(bytesMax / lineBytes / pageBytes)
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    this.#bytes = new Uint8Array(this.memory.buffer)
    this.#words = new Int32Array(this.memory.buffer)
  }

  /** The host writes `length` bytes at `place`. */
  touch(place: number, length: number): void {
    const last = (place + Math.max(1, length) - 1) >>> lineShift
    for (let line = place >>> lineShift; line <= last; line++) this.#bytes[line] = 1
  }

  /** Something wrote, and nobody knows where. */
  touchAll(): void {
    this.#bytes.fill(1)
  }

  /** Only where there are marks: what nobody wrote to costs the machine nothing, and stays so. */
  clear(): void {
    const words = this.#words
    for (let word = 0; word < words.length; word++) if (words[word] !== 0) words[word] = 0
  }

  /**
   * Takes all marks away, and gives the ranges below `end` that were marked, in order.
   * The ranges have their slack, so one may reach into the next.
   */
  take(end: number, give: (start: number, end: number) => void): void {
    const bytes = this.#bytes
    const words = this.#words
    const wordsUsed = Math.min(words.length, Math.ceil(end / lineBytes / 4))
    for (let word = 0; word < wordsUsed; word++) {
      if (words[word] === 0) continue
      for (let line = word * 4; line < word * 4 + 4; line++) {
        if (bytes[line] === 0) continue
        let next = line
        while (bytes[next] === 1) bytes[next++] = 0
        const start = line << lineShift
        if (start < end) give(start, Math.min(end, (next << lineShift) + slackBytes))
      }
    }
  }
}
