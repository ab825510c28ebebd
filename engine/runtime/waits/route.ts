/**
 * How an event finds the steps that wait for it: by keys that can be looked up in an index.
 *
 * A step is kept under one topic and one key; an event is looked up under all that could be
 * meant. What is found so is a small superset, which `fits` and `isMatch` then narrow.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'

/** What a step that listens to `pattern` is kept under: the pattern up to its first wildcard. */
export function topicKey(pattern: string): string {
  const words = pattern.split('.')
  const wild = words.findIndex((word) => word === '*' || word === '>')
  return wild < 0 ? pattern : [...words.slice(0, wild), '>'].join('.')
}

/** All that somebody who wants an event with this subject may be kept under. */
export function topicKeys(subject: string): readonly string[] {
  const words = subject.split('.')
  return [subject, ...words.map((_, count) => [...words.slice(0, count), '>'].join('.'))]
}

/** What a step that wants `match` is kept under: its first plain entry, by name; or nothing. */
export function matchKey(match: JsonObject | undefined): string {
  const name = Object.keys(match ?? {})
    .filter((one) => isPlain(match?.[one]))
    .toSorted()[0]
  return name === undefined ? '' : entryKey(name, match?.[name] ?? null)
}

/** All that somebody who wants an event with this data may be kept under. */
export function matchKeys(data: Json): readonly string[] {
  if (!isObject(data)) return ['']
  const plain = Object.entries(data).filter(([, value]) => isPlain(value))
  return ['', ...plain.map(([name, value]) => entryKey(name, value))]
}

function isPlain(value: Json | undefined): boolean {
  return value !== undefined && (typeof value !== 'object' || value === null)
}

/** Of plain values, whose JSON is canonical; and unlike `canonical` it takes half of a character. */
function entryKey(name: string, value: Json): string {
  return JSON.stringify([name, value])
}
