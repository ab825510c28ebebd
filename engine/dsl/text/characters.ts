/**
 * Finds characters that make a file read differently from what it is: controls,
 * bidirectional marks, invisible letters, halves of surrogate pairs.
 *
 * A reviewer approves what is on the screen, so what is not on the screen is refused.
 */
import type { Problem } from '#engine/core/problem.ts'

/** One match per character that is refused everywhere in a file. */
const suspicious =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\r(?!\n)|\p{Surrogate}|[\u{e0000}-\u{e007f}]|[\u200c\u200d]/gu

/** At most `limit` problems, in the order of the text. */
export function findSuspicious(text: string, limit: number): readonly Problem[] {
  const problems: Problem[] = []
  suspicious.lastIndex = 0
  while (problems.length < limit) {
    const match = suspicious.exec(text)
    if (match === null) break
    const [character] = match
    if (isAllowed(text, character, match.index)) continue
    const span = { start: match.index, end: match.index + character.length }
    problems.push({
      code: 'DSL_TEXT_SUSPICIOUS',
      severity: 'error',
      message: `The text holds ${nameOf(character)}, which a reader cannot see.`,
      at: '',
      span,
      help: 'Remove it, or write it as an escape inside double quotes.',
      fix: {
        title: 'Remove the character',
        applicability: 'review',
        edits: [{ span, text: '' }],
      },
    })
  }
  suspicious.lastIndex = 0
  return problems
}

/** A byte order mark may come first; joiners may stand in scripts and emoji that need them. */
function isAllowed(text: string, character: string, at: number): boolean {
  if (character === '\ufeff') return at === 0
  if (character !== '\u200c' && character !== '\u200d') return false
  return text.charCodeAt(at - 1) > 0xff && text.charCodeAt(at + 1) > 0xff
}

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  if (code === 13) return `a carriage return that ends no line (${hex})`
  if (code < 32 || (code >= 0x7f && code < 0xa0)) return `the control character ${hex}`
  if (code >= 0xd800 && code <= 0xdfff) return `half of a surrogate pair (${hex})`
  if (code === 0x61c || code === 0x200e || code === 0x200f) return `the direction mark ${hex}`
  if (code >= 0x202a && code <= 0x202e) return `the direction mark ${hex}`
  if (code >= 0x2066 && code <= 0x2069) return `the direction mark ${hex}`
  return `the invisible character ${hex}`
}
