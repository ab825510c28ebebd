/** Matches, replacements and parts of a text, by a regular expression. */
import type { Json } from 'ionflux/plugin'

import { PatternFault } from './regex-syntax.ts'
import { matcher, type Matcher } from './regex.ts'

export interface Pattern {
  readonly pattern: string
  readonly caseless?: boolean
  readonly multiline?: boolean
  readonly dotall?: boolean
}

export interface Match {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly groups: readonly (string | null)[]
  readonly named: Readonly<Record<string, string | null>>
}

type Fail = (code: string, message: string, data?: Json) => never

export function open(
  { pattern, caseless = false, multiline = false, dotall = false }: Pattern,
  fail: Fail,
): Matcher {
  try {
    return matcher(pattern, { isCaseless: caseless, isMultiline: multiline, isDotAll: dotall })
  } catch (thrown) {
    if (thrown instanceof PatternFault) return fail('pattern_malformed', thrown.message)
    throw thrown
  }
}

/** Matches from left to right that do not overlap; an empty one moves on by a character. */
export function* matches({ find, groups, names }: Matcher, text: string): Generator<Match> {
  for (let at = 0; at <= text.length;) {
    const found = find(text, at)
    if (found === undefined) return
    const part = (group: number): string | null => {
      const start = found.slots[group * 2] ?? -1
      const end = found.slots[group * 2 + 1] ?? -1
      return start < 0 || end < 0 ? null : text.slice(start, end)
    }
    const [start = 0, end = 0] = found.slots
    yield {
      text: text.slice(start, end),
      start,
      end,
      groups: Array.from({ length: groups - 1 }, (_, i) => part(i + 1)),
      named: Object.fromEntries(names.map(([name, group]) => [name, part(group)])),
    }
    at = end > start ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1)
  }
}

/** `$1`, `$<name>`, `$&` and `$$` in what is put in. */
export function filled(template: string, match: Match, fail: Fail): string {
  return template.replaceAll(
    /\$(?:(\$)|(&)|(\d{1,2})|<(\w+)>)/g,
    (whole, dollar, all, digits, name) => {
      if (dollar !== undefined) return '$'
      if (all !== undefined) return match.text
      const known =
        name === undefined ? match.groups[Number(digits) - 1] : match.named[String(name)]
      const isThere =
        name === undefined
          ? Number(digits) >= 1 && Number(digits) <= match.groups.length
          : Object.hasOwn(match.named, String(name))
      return isThere
        ? (known ?? '')
        : fail('group_unknown', `The expression has no group "${whole}".`)
    },
  )
}
