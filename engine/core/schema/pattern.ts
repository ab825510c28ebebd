/**
 * Patterns of JSON Schema (ECMAScript syntax) as linear-time regular expressions.
 *
 * The two syntaxes share nearly all; the few words that only ECMAScript has are rewritten
 * here. Look-around and back-references have no linear form and are refused.
 */
import { parseRegex, type Regex } from '#engine/core/regex.ts'

/** Compiles a pattern, or says in one clause why it cannot be used. */
export function parsePattern(pattern: string): Regex | { readonly reason: string } {
  return parseRegex(pattern.replace(escape, rewrite))
}

/** One escape, or one mark at which a class begins or ends. */
const escape = /\\(?:u\{?([0-9a-fA-F]{4,6})\}?|c([A-Za-z])|([pP])\{([\w=]+)\}|(.))/gsu

/** White space as ECMAScript counts it, as the inside of a class. */
const space = '\\t\\n\\x0b\\f\\r\\x{a0}\\x{feff}\\x{2028}\\x{2029}\\p{Zs}'

function rewrite(
  whole: string,
  ...[code, control, p, property, other, at, text]: readonly unknown[]
): string {
  if (typeof code === 'string') return `\\x{${code}}`
  if (typeof control === 'string') {
    return `\\x{${(control.toUpperCase().charCodeAt(0) % 32).toString(16)}}`
  }
  if (typeof property === 'string')
    return `\\${String(p)}{${categories[property] ?? bare(property)}}`
  if (other !== 's' && other !== 'S') return whole
  const isInClass = insideClass(String(text).slice(0, Number(at)))
  if (!isInClass) return other === 's' ? `[${space}]` : `[^${space}]`
  return other === 's' ? space : whole
}

/** `Script=Greek` and `General_Category=L` without what the other syntax does not write. */
function bare(property: string): string {
  const value = property.slice(property.indexOf('=') + 1)
  return categories[value] ?? value
}

function insideClass(before: string): boolean {
  const plain = before.replaceAll(/\\./gs, '')
  return plain.lastIndexOf('[') > plain.lastIndexOf(']')
}

const categories: Readonly<Record<string, string>> = {
  Letter: 'L',
  Lowercase_Letter: 'Ll',
  Uppercase_Letter: 'Lu',
  Titlecase_Letter: 'Lt',
  Modifier_Letter: 'Lm',
  Other_Letter: 'Lo',
  Mark: 'M',
  Number: 'N',
  Decimal_Number: 'Nd',
  digit: 'Nd',
  Letter_Number: 'Nl',
  Punctuation: 'P',
  punct: 'P',
  Symbol: 'S',
  Math_Symbol: 'Sm',
  Currency_Symbol: 'Sc',
  Separator: 'Z',
  Space_Separator: 'Zs',
  Other: 'C',
  Control: 'Cc',
}
