/** JSON Pointers (RFC 6901). */
import type { Json } from 'ionflux/plugin'

import { isList, isObject } from './value.ts'

/** The segments of a pointer; undefined when it is none. */
export function parsePointer(text: string): readonly string[] | undefined {
  if (text === '') return []
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined
  return text
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** One segment further; undefined where there is nothing. */
export function step(value: Json, segment: string): Json | undefined {
  if (isList(value)) return /^(0|[1-9]\d*)$/.test(segment) ? value[Number(segment)] : undefined
  if (isObject(value)) return Object.hasOwn(value, segment) ? value[segment] : undefined
  return undefined
}

export function escapeSegment(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1')
}
