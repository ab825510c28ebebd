/**
 * Values on their way out: what an expression has made becomes JSON, or fails.
 *
 * Whole numbers come out as JSON integers, and only when a double holds them exactly;
 * timestamps as RFC 3339, durations as seconds (`90s`), bytes as base64. NaN and infinity
 * have no JSON and are refused rather than turned into null.
 */
import type { Json } from '#engine/core/json.ts'

import { charge, chargeText, ExpressionFailure, type Frame } from './failure.ts'
import { printDuration, printTimestamp } from './time.ts'
import {
  Duration,
  entriesOf,
  isList,
  isMap,
  setOwn,
  Timestamp,
  TypeName,
  Uint,
  type Value,
} from './value.ts'

const depthMax = 64

/** `value` as JSON; a copy only where something has to change its shape. */
export function toJson(value: Value, frame: Frame, depth = 0): Json {
  switch (typeof value) {
    case 'string':
      return value
    case 'boolean':
      return value
    case 'number':
      if (Number.isFinite(value)) return value === 0 ? 0 : value
      throw new ExpressionFailure(`its result ${value} is not a number that JSON can hold`)
    case 'bigint':
      return jsonOfInt(value)
    default:
      if (value === null) return null
      charge(frame, 4)
      if (depth > depthMax) throw new ExpressionFailure('its result is nested too deeply', 'cost')
      if (isList(value)) return jsonOfList(value, frame, depth)
      return isMap(value) ? jsonOfMap(value, frame, depth) : jsonOfSpecial(value, frame)
  }
}

function jsonOfInt(value: bigint): number {
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  throw new ExpressionFailure(
    `its result ${value} is larger than a JSON number holds exactly; use string(…)`,
  )
}

function jsonOfList(list: readonly Value[], frame: Frame, depth: number): Json {
  charge(frame, list.length)
  return list.map((item) => toJson(item, frame, depth + 1))
}

function jsonOfMap(map: Parameters<typeof entriesOf>[0], frame: Frame, depth: number): Json {
  const result: Record<string, Value> = {}
  for (const [key, value] of entriesOf(map)) {
    const name = String(key instanceof Uint ? key.value : (key as string | bigint | boolean))
    if (Object.hasOwn(result, name)) {
      throw new ExpressionFailure(`two keys of a map print as "${name}"`)
    }
    setOwn(result, name, toJson(value, frame, depth + 1))
  }
  charge(frame, Object.keys(result).length)
  return result as Json
}

function jsonOfSpecial(value: Value, frame: Frame): Json {
  if (value instanceof Uint) return jsonOfInt(value.value)
  if (value instanceof Timestamp) return printTimestamp(value)
  if (value instanceof Duration) return printDuration(value)
  if (value instanceof TypeName) return value.name
  const bytes = value as Uint8Array
  chargeText(frame, bytes.length * 2)
  return printBase64(bytes)
}

/** Base64 with padding (RFC 4648). */
export function printBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  }
  return btoa(text)
}

/** `value` inside a text: texts as they are, everything else as JSON prints it. */
export function toText(value: Value, frame: Frame): string {
  if (typeof value === 'string') return value
  const json = toJson(value, frame)
  if (typeof json === 'string') return json
  const text = JSON.stringify(json)
  chargeText(frame, text.length)
  return text
}
