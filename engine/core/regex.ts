/**
 * Regular expressions in linear time (RE2 syntax): the only door to re2js.
 *
 * A pattern comes from a flow file and the text from anywhere, so neither may be able to
 * hang the process: JavaScript's own engine backtracks and is never used on them.
 */
import { RE2JS } from 're2js'

import { limits } from './limits.ts'

export interface Regex {
  /** Whether the pattern is found anywhere in `text`. */
  readonly test: (text: string) => boolean
  /** Instructions of the compiled pattern: a test costs at most this, times the length of the text. */
  readonly size: number
}

/** Compiles `pattern`, or says in one clause why it cannot be used. */
export function parseRegex(pattern: string): Regex | { readonly reason: string } {
  if (pattern.length > limits.regexCharsMax) {
    return { reason: `it is longer than ${limits.regexCharsMax} characters` }
  }
  try {
    const compiled = RE2JS.compile(pattern)
    const size = compiled.programSize()
    if (size > limits.regexProgramMax) return { reason: 'its repetitions multiply to too many' }
    return { test: (text) => compiled.test(text), size }
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return { reason: message.replace(/^error parsing regexp: /, '') }
  }
}
