/**
 * Reads the text of a lock line by line, as `printLock` writes it: a lock is read at the start
 * of every run, and general YAML with its places costs a hundred times as much.
 *
 * It knows the layout and nothing else. What it gives is not trusted before it is printed
 * again and compared; what is laid out in another way is left to the reader of YAML.
 */
import type { Json, JsonObject } from '#engine/core/json.ts'

/** The value of `text`; undefined where a line is not as the printer writes it. */
export function readLines(text: string): JsonObject | undefined {
  const whole: Record<string, Json> = {}
  let part: Map<string, Json> | undefined
  let entry: Record<string, Json> | undefined
  const parts: (readonly [string, Map<string, Json>])[] = []
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith('    ')) {
      const at = line.indexOf(': ')
      const value = at < 0 ? undefined : valueOf(line.slice(at + 2))
      if (entry === undefined || value === undefined) return undefined
      entry[line.slice(4, at)] = value
    } else if (line.startsWith('  ')) {
      const key = line.slice(2, -1)
      if (part === undefined || !line.endsWith(':') || part.has(key)) return undefined
      entry = {}
      part.set(key, entry)
    } else if (line.endsWith(':')) {
      part = new Map()
      entry = undefined
      parts.push([line.slice(0, -1), part])
    } else {
      const [key = '', word] = line.split(': ')
      whole[key] = word === '{}' ? {} : Number(word)
      part = undefined
      entry = undefined
    }
  }
  for (const [key, map] of parts) whole[key] = Object.fromEntries(map)
  return whole
}

function valueOf(text: string): Json | undefined {
  const isJson = /^["[{]/.test(text)
  if (!isJson) return text
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
