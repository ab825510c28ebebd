/**
 * Finds what a regular expression describes, in time that grows with text and expression
 * only: all ways to match are followed at once, character by character, none again.
 */
import { compile, type Program, type Step } from './regex-program.ts'
import type { Flags } from './regex-syntax.ts'

export interface Found {
  /** Start and end of each group, -1 where a group is no part of the match. */
  readonly slots: readonly number[]
}

export interface Matcher {
  readonly names: readonly (readonly [string, number])[]
  readonly groups: number
  /** The first match at or after `from`. */
  readonly find: (text: string, from: number) => Found | undefined
}

export function matcher(pattern: string, flags: Flags): Matcher {
  const program = compile(pattern, flags)
  const { names, groups } = program
  return {
    names,
    groups,
    find: (text, from) => new Search(program, text, flags.isMultiline).run(from),
  }
}

interface Threads {
  readonly places: number[]
  readonly slots: (readonly number[])[]
}

/** One walk over the text. */
class Search {
  readonly #steps: readonly Step[]
  readonly #program: Program
  readonly #text: string
  readonly #isMultiline: boolean
  /** The walk at which a step was last reached, so that it is followed once. */
  readonly #seen: Int32Array
  #turn = 0

  constructor(program: Program, text: string, isMultiline: boolean) {
    this.#program = program
    this.#steps = program.steps
    this.#text = text
    this.#isMultiline = isMultiline
    this.#seen = new Int32Array(program.steps.length)
  }

  run(from: number): Found | undefined {
    const text = this.#text
    let current: Threads = { places: [], slots: [] }
    let found: readonly number[] | undefined
    const none = Array.from({ length: this.#program.groups * 2 }, () => -1)
    for (let at = from; ;) {
      if (current.places.length === 0) {
        if (found !== undefined) break
        at = this.#skip(at)
        if (at < 0) break
      }
      if (found === undefined)
        this.#follow(current, { place: 0, at, slots: none, isNew: current.places.length === 0 })
      const code = text.codePointAt(at)
      const width = code === undefined || code < 0x10000 ? 1 : 2
      const next: Threads = { places: [], slots: [] }
      this.#turn++
      for (let i = 0; i < current.places.length; i++) {
        const place = current.places[i] as number
        const step = this.#steps[place] as Step
        const slots = current.slots[i] as readonly number[]
        if (step.op === 'match') {
          // Threads after this one are worth less than it.
          found = slots
          break
        }
        if (code === undefined) continue
        const isTaken =
          step.op === 'char' ? step.code === code : step.op === 'class' && step.has(code)
        if (isTaken) this.#reach(next, { place: place + 1, at: at + width, slots })
      }
      current = next
      at += width
      if (code === undefined) break
    }
    return found === undefined ? undefined : { slots: found }
  }

  #skip(at: number): number {
    const { first } = this.#program
    if (first === undefined) return at
    first.lastIndex = at
    return first.exec(this.#text)?.index ?? -1
  }

  #follow(
    threads: Threads,
    { isNew, ...from }: { place: number; at: number; slots: readonly number[]; isNew: boolean },
  ): void {
    if (isNew) this.#turn++
    this.#reach(threads, from)
  }

  /** Follows all that takes no character; an explicit stack, because patterns nest. */
  #reach(threads: Threads, from: { place: number; at: number; slots: readonly number[] }): void {
    const { at } = from
    const stack: [number, readonly number[]][] = [[from.place, from.slots]]
    while (stack.length > 0) {
      const [place, slots] = stack.pop() as [number, readonly number[]]
      if (this.#seen[place] === this.#turn + 1) continue
      this.#seen[place] = this.#turn + 1
      const step = this.#steps[place] as Step
      if (step.op === 'jump') stack.push([step.to, slots])
      else if (step.op === 'split') stack.push([step.second, slots], [step.first, slots])
      else if (step.op === 'save') stack.push([place + 1, slots.with(step.slot, at)])
      else if (step.op === 'assert') {
        if (this.#holds(step.kind, at)) stack.push([place + 1, slots])
      } else {
        threads.places.push(place)
        threads.slots.push(slots)
      }
    }
  }

  #holds(kind: 'start' | 'end' | 'edge' | 'inside', at: number): boolean {
    const text = this.#text
    if (kind === 'start') return at === 0 || (this.#isMultiline && isLineEnd(text[at - 1]))
    if (kind === 'end') return at === text.length || (this.#isMultiline && isLineEnd(text[at]))
    const isEdge = isWord(text[at - 1]) !== isWord(text[at])
    return isEdge === (kind === 'edge')
  }
}

function isLineEnd(char: string | undefined): boolean {
  return char === '\n' || char === '\r' || char === '\u2028' || char === '\u2029'
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /\w/.test(char)
}
