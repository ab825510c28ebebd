/**
 * Takes the values of secrets out of texts, bytes and JSON, in every form that
 * `encodings.ts` promises.
 *
 * One pass, whatever the number of secrets: a rolling hash over the shortest length that
 * a secret may have finds where a form could begin. Forms that overlap are taken out
 * together. A stream keeps back as much as could still become a secret, so it does not
 * matter where it is cut.
 */
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import { formsOf } from './encodings.ts'

/** A secret with its name, which is what stands in its place. */
export interface NamedSecret {
  readonly name: string
  readonly value: string
}

export interface Redactor {
  text(text: string): string
  /** The same object when there was nothing to take out. */
  bytes(bytes: Uint8Array): Uint8Array
  /** Keys, too. The same object when there was nothing to take out. */
  json(value: Json): Json
  stream(): RedactStream
}

/** A text in pieces. What comes out is complete after `end`. */
export interface RedactStream {
  push(piece: string): string
  end(): string
}

interface Form {
  readonly text: string
  readonly mark: string
}

const windowChars = limits.secretCharsMin
const base = 31
const leading = base ** (windowChars - 1) % 2 ** 32

/** Compiles a redactor; undefined when there is nothing to look for. */
export function openRedactor(secrets: readonly NamedSecret[]): Redactor | undefined {
  const table = new FormTable()
  for (const { name, value } of secrets) {
    for (const text of formsOf(value)) table.add({ text, mark: `[secret ${name}]` })
  }
  if (table.isEmpty) return undefined
  const text = (whole: string): string => table.scan(whole, whole.length).out
  const json = (value: Json): Json => mapTexts(value, text)
  return { text, json, bytes: (bytes) => redactBytes(bytes, text), stream: () => openStream(table) }
}

class FormTable {
  readonly #byStart = new Map<number, Form[]>()
  readonly #maybe = new Uint8Array(65_536)
  #count = 0
  #charsMax = 0

  get isEmpty(): boolean {
    return this.#count === 0
  }
  get charsMax(): number {
    return this.#charsMax
  }

  add(form: Form): void {
    if (this.#count >= limits.secretPatternsMax) return
    const hash = hashOf(form.text)
    const same = this.#byStart.get(hash) ?? []
    if (same.some(({ text }) => text === form.text)) return
    // Longest first, so that the first that fits is the one to take.
    this.#byStart.set(
      hash,
      [...same, form].toSorted((a, b) => b.text.length - a.text.length),
    )
    this.#maybe[hash & 0xffff] = 1
    this.#charsMax = Math.max(this.#charsMax, form.text.length)
    this.#count++
  }

  /**
   * The text with marks, up to `until`; forms are looked for that begin before it.
   *
   * `covered` is how much of the start belongs to a form that was marked before, and what
   * comes back as `covered` is how much behind `until` does.
   */
  scan(
    text: string,
    until: number,
    covered = 0,
  ): { readonly out: string; readonly covered: number } {
    let out = ''
    let kept = 0
    let open: Span | undefined = covered > 0 ? { from: 0, to: covered, mark: '' } : undefined
    let hash = hashOf(text)
    for (let at = 0; at < until && at + windowChars <= text.length; at++) {
      const form = this.#maybe[hash & 0xffff] === 1 ? this.#findAt(hash, text, at) : undefined
      if (form !== undefined) {
        const to = at + form.text.length
        if (open !== undefined && at < open.to) open.to = Math.max(open.to, to)
        else {
          if (open !== undefined) {
            out += text.slice(kept, open.from) + open.mark
            kept = open.to
          }
          open = { from: at, to, mark: form.mark }
        }
      }
      hash = roll(hash, text.charCodeAt(at), text.charCodeAt(at + windowChars))
    }
    if (open !== undefined) {
      out += text.slice(kept, open.from) + open.mark
      kept = open.to
    }
    return { out: out + text.slice(kept, until), covered: Math.max(0, kept - until) }
  }

  #findAt(hash: number, text: string, at: number): Form | undefined {
    return this.#byStart.get(hash)?.find((form) => text.startsWith(form.text, at))
  }
}

interface Span {
  readonly from: number
  to: number
  readonly mark: string
}

function hashOf(text: string): number {
  let hash = 0
  for (let i = 0; i < windowChars; i++) hash = (Math.imul(hash, base) + text.charCodeAt(i)) >>> 0
  return hash
}

function roll(hash: number, gone: number, come: number): number {
  return (Math.imul(hash - Math.imul(gone, leading), base) + come) >>> 0
}

function openStream(table: FormTable): RedactStream {
  let held = ''
  let covered = 0
  const take = (until: number): string => {
    const done = table.scan(held, until, covered)
    held = held.slice(until)
    covered = done.covered
    return done.out
  }
  return {
    push: (piece) => {
      held += piece
      const until = held.length - table.charsMax + 1
      return until > 0 ? take(until) : ''
    },
    end: () => take(held.length),
  }
}

function redactBytes(bytes: Uint8Array, text: (text: string) => string): Uint8Array {
  const plain = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const clean = text(plain)
  return clean === plain ? bytes : Buffer.from(clean, 'latin1')
}

function mapTexts(value: Json, text: (text: string) => string): Json {
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => mapTexts(item, text))
    return items.every((item, i) => item === value[i]) ? value : items
  }
  if (!isObject(value)) return value
  let isSame = true
  const entries = Object.entries(value).map(([key, item]): [string, Json] => {
    const entry: [string, Json] = [text(key), mapTexts(item, text)]
    isSame &&= entry[0] === key && entry[1] === item
    return entry
  })
  return isSame ? value : Object.fromEntries(entries)
}
