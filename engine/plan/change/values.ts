/**
 * Which values of two JSON documents differ, and how to say it in a line.
 */
import { isObject, isSame, type Json, pointer } from '#engine/core/json.ts'

import type { ValueChange } from './change.ts'

/** The smallest values that differ, in the order of their keys; lists of other length as a whole. */
export function changedValues(
  before: Json | undefined,
  after: Json | undefined,
  at = '',
): readonly ValueChange[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) => changedValues(before[key], after[key], at + pointer(key)))
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((one: Json, i) => changedValues(one, after[i] as Json, `${at}/${i}`))
  if (isSame(before, after)) return []
  return [
    {
      at,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ]
}

const shownCharsMax = 80

/**
 * A change in one line: `with.url: a → b`.
 *
 * @example
 * wordsOf({ at: '/timeout', after: '5m' }) // 'timeout: 5m (new)'
 */
export function wordsOf({ at, before, after }: ValueChange): string {
  const name = at
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')
  const prefix = name === '' ? '' : `${name}: `
  if (before === undefined) return `${prefix}${shown(after)} (new)`
  if (after === undefined) return `${prefix}${shown(before)} (gone)`
  if (isLong(before) && isLong(after)) return `${prefix}${linesBetween(before, after)}`
  return `${prefix}${shown(before)} → ${shown(after)}`
}

function isLong(value: Json): value is string {
  return typeof value === 'string' && value.trimEnd().includes('\n')
}

function linesBetween(before: string, after: string): string {
  const count = (lines: readonly string[], other: readonly string[]): number => {
    const left = new Map<string, number>()
    for (const line of other) left.set(line, (left.get(line) ?? 0) + 1)
    return lines.filter((line) => {
      const rest = left.get(line) ?? 0
      if (rest > 0) left.set(line, rest - 1)
      return rest === 0
    }).length
  }
  const [old, now] = [before.split('\n'), after.split('\n')]
  return `+${count(now, old)} −${count(old, now)} lines`
}

function shown(value: Json | undefined): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const line = (text ?? '').replaceAll(/\s+/g, ' ').trim()
  return line.length <= shownCharsMax ? line : `${line.slice(0, shownCharsMax - 1)}…`
}
