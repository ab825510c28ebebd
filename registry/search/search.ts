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

  /** Of all entries, sorted. */
  get names(): readonly string[] {
    return this.#names
  }

  search(wish: SearchWish): SearchResult {
    const words = wordsOf(wish.text).slice(0, queryWordsMax)
    const asked = wish.text
      .trim()
      .toLowerCase()
      .replaceAll(/[\s_]+/g, '-')
    const points = this.#match(words, asked)
    const best = new Best(wish.limit)
    let found = 0
    for (let entry = 0; entry < points.length; entry++) {
      const own = points[entry] ?? 0
      if (own === 0 || !this.#fits(entry, wish)) continue
      found += 1
      best.add(entry, own * this.#standing(entry, wish))
    }
    return { found, hits: best.entries().map((entry) => this.#hit(entry)) }
  }

  /** Points of each entry, none for what does not fit; one for all where nothing was asked for. */
  #match(words: readonly string[], asked: string): Float64Array {
    const size = this.#names.length
    if (words.length === 0) return new Float64Array(size).fill(1)
    const [first = '', ...others] = words
    const all = this.#pointsOf(first)
    for (const word of others) {
      const own = this.#pointsOf(word)
      for (let entry = 0; entry < size; entry++) {
        const more = own[entry] ?? 0
        all[entry] = more === 0 ? 0 : (all[entry] ?? 0) && (all[entry] ?? 0) + more
      }
    }
    const ending = `/${asked}`
    for (const [entry, name] of this.#names.entries()) {
      const points = all[entry] ?? 0
      if (points > 0 && (name === asked || name.endsWith(ending))) all[entry] = points + exactPoints
    }
    return all
  }

  #pointsOf(word: string): Float64Array {
    const points = new Float64Array(this.#names.length)
    for (const { at, factor } of this.#near(word)) {
      this.#postings ??= linesOf(this.#file.postings)
      const { entries, masks } = postingsOf(this.#postings[at] ?? '')
      const rarity = Math.log(1 + this.#names.length / entries.length)
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[i] ?? 0
        const own = (weights[masks[i] ?? 0] ?? 0) * rarity * factor
        if (own > (points[entry] ?? 0)) points[entry] = own
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
    const letter = word.charAt(0)
    for (let at = lowerBound(this.#words, letter); found.length < nearWordsMax; at++) {
      const other = this.#words[at] ?? ''
      if (!other.startsWith(letter)) break
      if (Math.abs(other.length - word.length) <= 1 && isNear(word, other))
        found.push({ at, factor: 0.4 })
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

/** The entries of the highest rank, and the first of equals. */
class Best {
  readonly #most: number
  readonly #kept: { readonly entry: number; readonly rank: number }[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** Entries come in their order. */
  add(entry: number, rank: number): void {
    const kept = this.#kept
    if (kept.length >= this.#most && rank <= (kept.at(-1)?.rank ?? Number.POSITIVE_INFINITY)) return
    let at = kept.length
    while (at > 0 && rank > (kept[at - 1]?.rank ?? 0)) at -= 1
    kept.splice(at, 0, { entry, rank })
    if (kept.length > this.#most) kept.pop()
  }

  entries(): readonly number[] {
    return this.#kept.map(({ entry }) => entry)
  }
}

/** Reads `gap:mask,gap:mask` in base 36, character by character: a word may be in every entry. */
function postingsOf(text: string): {
  readonly entries: readonly number[]
  readonly masks: readonly number[]
} {
  const [entries, masks]: [number[], number[]] = [[], []]
  let [entry, value] = [0, 0]
  for (let i = 0; i <= text.length; i++) {
    const code = i === text.length ? comma : text.charCodeAt(i)
    if (code === colon) {
      entry += value
      entries.push(entry)
      value = 0
    } else if (code === comma) {
      masks.push(value)
      value = 0
    } else value = value * 36 + (code < letterA ? code - digit0 : code - letterA + 10)
  }
  return { entries, masks }
}

const [comma, colon, digit0, letterA] = [0x2c, 0x3a, 0x30, 0x61]

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
