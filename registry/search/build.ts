/**
 * The search index of a registry: one file with every entry and every word, as long texts
 * that are cut up when they are needed, so that opening it costs next to nothing.
 *
 * Derived from the log alone; entries and words are sorted, so a rebuild gives equal bytes.
 */
import { canonical } from '#engine/core/canonical.ts'
import { parseInstant } from '#engine/core/instant.ts'
import { utf8 } from '#registry/bytes.ts'
import type { RegistryState } from '#registry/rules/state.ts'
import { deriveView } from '#registry/view/derive.ts'
import type { EntryView } from '#registry/view/view.ts'

import { wordsOf } from './words.ts'

export const searchPath = 'search/index.json'

/** Where a word stands, as bits of one digit. */
export const places = { name: 1, keywords: 2, description: 4, actions: 8 } as const

/** The file. Texts hold one line per entry or word. */
export interface IndexFile {
  readonly search: 1
  readonly size: number
  readonly names: string
  readonly kinds: string
  readonly versions: string
  readonly descriptions: string
  /** Kinds of powers, by comma. */
  readonly powers: string
  /** Trust score of each. */
  readonly scores: readonly number[]
  /** Entries of others that build on each. */
  readonly users: readonly number[]
  /** The day of its newest release, since 1970. */
  readonly days: readonly number[]
  readonly words: string
  /** By word: how far to the next entry, and its places, each in base 36: `3:5,1:1`. */
  readonly postings: string
}

const dayMs = 86_400_000

export function printIndex(state: RegistryState): Uint8Array {
  const views = [...state.entries.keys()]
    .toSorted()
    .map((name) => deriveView(state, name))
    .filter((view) => view?.head.latest !== undefined) as EntryView[]
  const postings = new Map<string, Map<number, number>>()
  const rows = views.map((view, at) => rowOf(view, at, postings))
  const words = [...postings.keys()].toSorted()
  const lines = (of: (row: Row) => string): string => rows.map(of).join('\n')
  const file: IndexFile = {
    search: 1,
    size: state.size,
    names: lines(({ name }) => name),
    kinds: lines(({ kind }) => kind),
    versions: lines(({ version }) => version),
    descriptions: lines(({ description }) => description),
    powers: lines(({ powers }) => powers),
    scores: rows.map(({ score }) => score),
    users: rows.map(({ users }) => users),
    days: rows.map(({ day }) => day),
    words: words.join('\n'),
    postings: words.map((word) => printPostings(postings.get(word) ?? new Map())).join('\n'),
  }
  return utf8(canonical({ ...file }) + '\n')
}

interface Row {
  readonly name: string
  readonly kind: string
  readonly version: string
  readonly description: string
  readonly powers: string
  readonly score: number
  readonly users: number
  readonly day: number
}

function rowOf(view: EntryView, at: number, postings: Map<string, Map<number, number>>): Row {
  const { head, releases } = view
  const body = releases.find(({ version }) => version === head.latest)?.event.body
  if (body?.event !== 'publish') throw new TypeError('a view has its latest release')
  const texts: readonly (readonly [number, string])[] = [
    [places.name, head.name],
    [places.keywords, (body.keywords ?? []).join(' ')],
    [places.description, body.description ?? ''],
    [
      places.actions,
      (body.actions ?? []).map(({ name, description = '' }) => `${name} ${description}`).join(' '),
    ],
  ]
  for (const [place, text] of texts) {
    for (const word of wordsOf(text)) {
      const list = postings.get(word) ?? new Map<number, number>()
      list.set(at, (list.get(at) ?? 0) | place)
      postings.set(word, list)
    }
  }
  return {
    name: head.name,
    kind: head.kind,
    version: body.version,
    description: (body.description ?? '').replace(/\s+/g, ' '),
    powers: Object.keys(body.caps).join(','),
    score: head.trust.score,
    users: head.usage.dependents + head.usage.forks,
    day: Math.floor((parseInstant(body.at) ?? 0) / dayMs),
  }
}

function printPostings(list: ReadonlyMap<number, number>): string {
  let last = 0
  return [...list]
    .map(([entry, mask]) => {
      const text = `${(entry - last).toString(36)}:${mask.toString(36)}`
      last = entry
      return text
    })
    .join(',')
}
