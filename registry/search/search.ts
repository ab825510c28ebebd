/**
 * Full text search over a registry's index: entries that have every word that was asked for
 * (whole, as a beginning, or with one mistake), the best first.
 */
import { IonError } from '#engine/core/error.ts'
import { textOf } from '#registry/bytes.ts'

import { type IndexFile, places } from './build.ts'
import { wordsOf } from './words.ts'

export interface SearchWish {
  readonly text: string
  readonly kind?: string | undefined
  /** Only entries that ask for this kind of power. */
  readonly power?: string | undefined
  /** Only entries that ask for no power at all. */
  readonly isPure?: boolean | undefined
  readonly namespace?: string | undefined
  readonly limit: number
  /** Days since 1970, for how fresh an entry is. */
  readonly today: number
}

export interface Hit {
  readonly name: string
  readonly kind: string
  readonly version: string
  readonly description: string
  readonly powers: readonly string[]
  /** The trust score. */
  readonly score: number
  readonly users: number
}

export interface SearchResult {
  /** How many entries were found, before the limit. */
  readonly found: number
  readonly hits: readonly Hit[]
}

const nearWordsMax = 50
const queryWordsMax = 16

/** An index that was read; lists are cut up once. */
export class SearchIndex {
  readonly #file: IndexFile
  readonly #names: readonly string[]
  readonly #kinds: readonly string[]
  readonly #powers: readonly string[]
  readonly #words: readonly string[]
  #postings: readonly string[] | undefined
  #versions: readonly string[] | undefined
  #descriptions: readonly string[] | undefined

  /** Throws `REG_LOG_BROKEN` for bytes that are no index. */
  constructor(bytes: Uint8Array) {
    this.#file = readFile(bytes)
    this.#names = linesOf(this.#file.names)
    this.#kinds = linesOf(this.#file.kinds)
    this.#powers = linesOf(this.#file.powers)
    this.#words = linesOf(this.#file.words)
  }

  get entries(): number {
    return this.#names.length
  }

  search(wish: SearchWish): SearchResult {
    const words = wordsOf(wish.text).slice(0, queryWordsMax)
    const asked = wish.text
      .trim()
      .toLowerCase()
      .replaceAll(/[\s_]+/g, '-')
    const ranked = [...this.#match(words, asked)]
      .filter(([entry]) => this.#fits(entry, wish))
      .map(([entry, points]) => ({ entry, rank: points * this.#standing(entry, wish) }))
      .toSorted((a, b) => b.rank - a.rank || a.entry - b.entry)
    const hits = ranked.slice(0, wish.limit).map(({ entry }) => this.#hit(entry))
    return { found: ranked.length, hits }
  }

  /** Points by entry; all entries where nothing was asked for. */
  #match(words: readonly string[], asked: string): ReadonlyMap<number, number> {
    if (words.length === 0) return new Map(this.#names.map((_, entry) => [entry, 1]))
    let all: Map<number, number> | undefined
    for (const word of words) {
      const own = this.#entriesWith(word)
      if (all === undefined) all = own
      else {
        for (const [entry, points] of all) {
          const more = own.get(entry)
          if (more === undefined) all.delete(entry)
          else all.set(entry, points + more)
        }
      }
    }
    for (const [entry, points] of all ?? []) {
      const name = this.#names[entry] ?? ''
      if (name === asked || name.endsWith(`/${asked}`)) all?.set(entry, points + exactPoints)
    }
    return all ?? new Map()
  }

  #entriesWith(word: string): Map<number, number> {
    const points = new Map<number, number>()
    for (const { at, factor } of this.#near(word)) {
      this.#postings ??= linesOf(this.#file.postings)
      const pairs = (this.#postings[at] ?? '').split(',')
      const rarity = Math.log(1 + this.#names.length / pairs.length)
      let entry = 0
      for (const pair of pairs) {
        const colon = pair.indexOf(':')
        entry += Number.parseInt(pair.slice(0, colon), 36)
        const mask = Number.parseInt(pair.slice(colon + 1), 36)
        const own = (weights[mask] ?? 0) * rarity * factor
        if (own > (points.get(entry) ?? 0)) points.set(entry, own)
      }
    }
    return points
  }

  /** Words of the index that `word` may mean. */
  #near(word: string): readonly { readonly at: number; readonly factor: number }[] {
    const found: { at: number; factor: number }[] = []
    const first = lowerBound(this.#words, word)
    for (let at = first; this.#words[at]?.startsWith(word) === true; at++) {
      const factor = this.#words[at] === word ? 1 : 0.6
      found.push({ at, factor })
      if (found.length >= nearWordsMax) break
    }
    if (found.length > 0 || word.length < 4) return found
    for (const [at, other] of this.#words.entries()) {
      if (Math.abs(other.length - word.length) <= 1 && isNear(word, other))
        found.push({ at, factor: 0.4 })
      if (found.length >= nearWordsMax) break
    }
    return found
  }

  #fits(entry: number, { kind, power, isPure, namespace }: SearchWish): boolean {
    const powers = this.#powers[entry] ?? ''
    if (kind !== undefined && this.#kinds[entry] !== kind) return false
    if (isPure === true && powers !== '') return false
    if (power !== undefined && !powers.split(',').includes(power)) return false
    return namespace === undefined || this.#names[entry]?.startsWith(`${namespace}/`) === true
  }

  /** What an entry is worth whatever was asked: trust, use, freshness. */
  #standing(entry: number, { today }: SearchWish): number {
    const { scores, users, days } = this.#file
    const isFresh = today - (days[entry] ?? 0) <= 365
    return (
      1 +
      (scores[entry] ?? 0) / 200 +
      Math.min(0.5, Math.log2(1 + (users[entry] ?? 0)) / 16) +
      (isFresh ? 0.1 : 0)
    )
  }

  #hit(entry: number): Hit {
    this.#versions ??= linesOf(this.#file.versions)
    this.#descriptions ??= linesOf(this.#file.descriptions)
    const powers = this.#powers[entry] ?? ''
    return {
      name: this.#names[entry] ?? '',
      kind: this.#kinds[entry] ?? '',
      version: this.#versions[entry] ?? '',
      description: this.#descriptions[entry] ?? '',
      powers: powers === '' ? [] : powers.split(','),
      score: this.#file.scores[entry] ?? 0,
      users: this.#file.users[entry] ?? 0,
    }
  }
}

const exactPoints = 50

/** By mask of places. */
const weights = Array.from(
  { length: 16 },
  (_, mask) =>
    (mask & places.name ? 8 : 0) +
    (mask & places.keywords ? 4 : 0) +
    (mask & places.description ? 2 : 0) +
    (mask & places.actions ? 1 : 0),
)

function readFile(bytes: Uint8Array): IndexFile {
  try {
    const value = JSON.parse(textOf(bytes) ?? '') as IndexFile
    const texts = [value.names, value.kinds, value.versions, value.descriptions, value.powers]
    const isWhole =
      value.search === 1 &&
      [...texts, value.words, value.postings].every((text) => typeof text === 'string') &&
      [value.scores, value.users, value.days].every(isNumbers)
    if (isWhole) return value
  } catch {
    // Falls through: it is no index either way.
  }
  throw new IonError('REG_LOG_BROKEN', 'The search index of the registry is not laid out as one.')
}

function isNumbers(list: unknown): boolean {
  return Array.isArray(list) && list.every((one) => Number.isFinite(one))
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.split('\n')
}

function lowerBound(sorted: readonly string[], word: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') < word) low = middle + 1
    else high = middle
  }
  return low
}

/** One letter more, less or other, or two neighbours swapped; the first letter is right. */
function isNear(a: string, b: string): boolean {
  if (a[0] !== b[0]) return false
  let start = 1
  while (start < a.length && a[start] === b[start]) start += 1
  const [restA, restB] = [a.slice(start), b.slice(start)]
  return (
    restA.slice(1) === restB.slice(1) ||
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
  )
}
