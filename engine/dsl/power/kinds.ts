/**
 * The kinds of powers, and what a list of one kind allows.
 *
 * A flow's list is a ceiling, a plugin's a wish, and both are written in the same words: a
 * word (`read`), or a word with a pattern behind a colon (`write:ionflux/*`), which narrows
 * it. Hosts have a language of their own (`host-pattern.ts`).
 */
import { covers, parseHostPattern } from '#engine/dsl/host-pattern.ts'
import type { Permissions } from '#engine/dsl/world.ts'

import { isMatch } from './glob.ts'

/** In the order in which they are shown. */
export const powerKinds = ['net', 'secrets', 'git', 'state', 'files', 'blob', 'model'] as const

export type PowerKind = (typeof powerKinds)[number]

/**
 * The powers of a manifest or a flow, without what is only for people, and of those only
 * what an action `needs`: whole kinds (`net`), or one word of a kind (`git:read`).
 */
export function permissionsIn(
  from: Permissions | undefined,
  needs: readonly string[] = powerKinds,
): Permissions {
  return Object.fromEntries(
    powerKinds.flatMap((kind) => {
      const isNeeded = (item: string): boolean =>
        needs.includes(kind) || needs.includes(`${kind}:${partsOf(item).word}`)
      const list = from?.[kind]?.filter(isNeeded)
      const isAsked = list !== undefined && (list.length > 0 || needs.includes(kind))
      return isAsked ? [[kind, list] as const] : []
    }),
  )
}

/** In a manifest: whatever the flow allows. */
export const anything = '*'

/**
 * Whether `list` allows one thing: `read`, or `write:main` where `write`, `write:*` or
 * `write:main` are on the list.
 */
export function isAllowedBy(list: readonly string[] | undefined, wanted: string): boolean {
  const { word, rest } = partsOf(wanted)
  return (list ?? []).some((item) => {
    if (item === wanted || item === anything) return true
    const given = partsOf(item)
    if (given.word !== word || rest === undefined) return false
    return given.rest === undefined || isMatch(given.rest, rest)
  })
}

/** One power: `net` `api.example.com`, `git` `write:main`. */
export interface Power {
  readonly kind: PowerKind
  readonly value: string
}

/** Whether whoever has `wide` could do all of `narrow` already. */
export function allows(wide: Power, narrow: Power): boolean {
  if (wide.kind !== narrow.kind) return false
  if (wide.value === narrow.value || wide.value === anything) return true
  if (narrow.value === anything) return false
  if (wide.kind === 'net') return isHostCovered(wide.value, narrow.value)
  const [given, asked] = [partsOf(wide.value), partsOf(narrow.value)]
  if (given.word !== asked.word) return false
  if (given.rest === undefined) return true
  return asked.rest !== undefined && isMatch(given.rest, sample(asked.rest))
}

/** Every power of a ceiling or a wish, in the order in which they are shown. */
export function powersIn(permissions: Permissions): readonly Power[] {
  return powerKinds.flatMap((kind) => (permissions[kind] ?? []).map((value) => ({ kind, value })))
}

/** What is in `wanted` and not below `ceiling`. */
export function powersBeyond(ceiling: Permissions, wanted: Permissions): readonly Power[] {
  const granted = powersIn(ceiling)
  return powersIn(wanted).filter((power) => !granted.some((one) => allows(one, power)))
}

/** Whether a flow that grants `given` grants all, or for an open wish some, of `asked`. */
export function isCovered(kind: PowerKind, given: string, asked: string): boolean {
  if (given === asked) return true
  if (kind === 'net') return isHostCovered(given, asked)
  if (asked === anything) return true
  const [wide, narrow] = [partsOf(given), partsOf(asked)]
  if (wide.word !== narrow.word) return false
  // Without a pattern, a plugin takes whichever branches or files the flow names.
  if (wide.rest === undefined || narrow.rest === undefined) return true
  return isMatch(wide.rest, sample(narrow.rest))
}

function isHostCovered(given: string, asked: string): boolean {
  if (asked === anything) return true
  const [wide, narrow] = [parseHostPattern(given), parseHostPattern(asked)]
  return wide !== undefined && narrow !== undefined && covers(wide, narrow)
}

/** A name that the pattern means, of characters that no pattern can spell out. */
function sample(pattern: string): string {
  return pattern.replaceAll('**', '\u0001/\u0001').replaceAll('*', '\u0001')
}

function partsOf(power: string): { readonly word: string; readonly rest: string | undefined } {
  const colon = power.indexOf(':')
  if (colon < 0) return { word: power, rest: undefined }
  return { word: power.slice(0, colon), rest: power.slice(colon + 1) }
}
