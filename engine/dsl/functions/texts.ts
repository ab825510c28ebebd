/**
 * Functions over text. Places in a text are counted in characters (code points), as CEL does.
 */
import { parseRegex, type Regex } from '#engine/core/regex.ts'

import {
  charge,
  chargeText,
  ExpressionFailure,
  type Frame,
} from '#engine/dsl/expression/failure.ts'
import type { FunctionSpec } from './table.ts'
import { toJson } from '#engine/dsl/expression/json.ts'
import { listOf, simple } from '#engine/dsl/typing/type.ts'
import { toIndex, type Value } from '#engine/dsl/expression/value.ts'

const text = ['string'] as const
const whole = ['int', 'number', 'uint'] as const
const isText = () => simple('string')
const isBool = () => simple('bool')
type Texts = readonly [string, string, string]

export const textFunctions: readonly FunctionSpec[] = [
  {
    name: 'contains',
    signature: 'text.contains(part)',
    params: [text, text],
    result: isBool,
    summary: 'Whether `part` occurs in the text.',
    example: ['"main.ts".contains("in")', 'true'],
    call: (args, frame) => read(args, frame)[0].includes(args[1] as string),
  },
  {
    name: 'startsWith',
    signature: 'text.startsWith(part)',
    params: [text, text],
    result: isBool,
    summary: 'Whether the text starts with `part`.',
    example: ['"docs/a.md".startsWith("docs/")', 'true'],
    call: (args) => (args[0] as string).startsWith(args[1] as string),
  },
  {
    name: 'endsWith',
    signature: 'text.endsWith(part)',
    params: [text, text],
    result: isBool,
    summary: 'Whether the text ends with `part`.',
    example: ['"docs/a.md".endsWith(".ts")', 'false'],
    call: (args) => (args[0] as string).endsWith(args[1] as string),
  },
  {
    name: 'matches',
    signature: 'text.matches(pattern)',
    params: [text, text],
    result: isBool,
    summary: 'Whether the pattern (RE2 syntax, linear time) is found in the text.',
    example: ['"v1.20".matches("^v[0-9]+")', 'true'],
    call: (args, frame) => matches(args[0] as string, regexOf(args[1] as string, frame), frame),
  },
  {
    name: 'lowerAscii',
    signature: 'text.lowerAscii()',
    params: [text],
    result: isText,
    summary: 'The text with A to Z in lower case.',
    example: ['"MAIN".lowerAscii()', '"main"'],
    call: (args, frame) => read(args, frame)[0].replace(/[A-Z]+/g, (s) => s.toLowerCase()),
  },
  {
    name: 'upperAscii',
    signature: 'text.upperAscii()',
    params: [text],
    result: isText,
    summary: 'The text with a to z in upper case.',
    example: ['"main".upperAscii()', '"MAIN"'],
    call: (args, frame) => read(args, frame)[0].replace(/[a-z]+/g, (s) => s.toUpperCase()),
  },
  {
    name: 'trim',
    signature: 'text.trim()',
    params: [text],
    result: isText,
    summary: 'The text without white space at both ends.',
    example: ['"  a b ".trim()', '"a b"'],
    call: (args, frame) =>
      read(args, frame)[0]
        .replace(/^[\s\u0085]+/, '')
        .trimEnd(),
  },
  {
    name: 'replace',
    signature: 'text.replace(part, by)',
    params: [text, text, text],
    result: isText,
    summary: 'The text with every `part` replaced; both are plain text.',
    example: ['"a-b-c".replace("-", ".")', '"a.b.c"'],
    call: (args, frame) => replace(args as unknown as Texts, frame),
  },
  {
    name: 'split',
    signature: 'text.split(separator)',
    params: [text, text],
    result: () => listOf(simple('string')),
    summary: 'The parts between the separators.',
    example: ['"a,b".split(",")', '["a","b"]'],
    call: (args, frame) => split(args[0] as string, args[1] as string, frame),
  },
  {
    name: 'substring',
    signature: 'text.substring(start, end)',
    params: [text, whole, whole],
    required: 2,
    result: isText,
    summary: 'The characters from `start` up to, not including, `end` (or to the end).',
    example: ['"sha256:ab12".substring(7)', '"ab12"'],
    call: (args, frame) => substring(args, frame),
  },
  {
    name: 'indexOf',
    signature: 'text.indexOf(part)',
    params: [text, text],
    result: () => simple('int'),
    summary: 'Where `part` first occurs, counted from 0; -1 when it does not.',
    example: ['"main".indexOf("in")', '2'],
    call: (args, frame) => indexOf(args, frame),
  },
  {
    name: 'json',
    signature: 'json(value)',
    params: ['any'],
    result: isText,
    summary: 'The value printed as JSON.',
    example: ['json({"a": [1, true]})', '"{\\"a\\":[1,true]}"'],
    call: (args, frame) => printJson(args[0] as Value, frame),
  },
]

/** The texts among `args`, paid for by the length of the first. */
function read(args: readonly Value[], frame: Frame): Texts {
  chargeText(frame, (args[0] as string).length)
  return args as unknown as Texts
}

/** Compiles a pattern that is only known at run time. */
export function regexOf(pattern: string, frame: Frame): Regex {
  charge(frame, 1_000 + 10 * pattern.length)
  const regex = parseRegex(pattern)
  if (!('reason' in regex)) return regex
  const shown = JSON.stringify(pattern.slice(0, 80))
  throw new ExpressionFailure(`the pattern ${shown} cannot be used: ${regex.reason}`)
}

/** Tests `subject`, paid for by the bound of the matcher: length times pattern size. */
export function matches(subject: string, regex: Regex, frame: Frame): boolean {
  charge(frame, 1 + Math.ceil((subject.length * regex.size) / 16))
  return regex.test(subject)
}

function replace([subject, part, by]: Texts, frame: Frame): string {
  if (part === '') {
    const points = Array.from(subject)
    chargeText(frame, subject.length + (points.length + 1) * by.length)
    return by + points.map((point) => point + by).join('')
  }
  let count = 0
  for (let at = subject.indexOf(part); at >= 0; at = subject.indexOf(part, at + part.length)) {
    count += 1
  }
  charge(frame, count + (subject.length >>> 4))
  chargeText(frame, subject.length + count * (by.length - part.length))
  return subject.replaceAll(part, () => by)
}

function split(subject: string, separator: string, frame: Frame): readonly string[] {
  charge(frame, subject.length >>> 2)
  return separator === '' ? Array.from(subject) : subject.split(separator)
}

function substring(args: readonly Value[], frame: Frame): string {
  const points = Array.from(read(args, frame)[0])
  const start = toIndex(args[1] as Value)
  const end = args[2] === undefined ? points.length : toIndex(args[2])
  if (start < 0 || end > points.length || start > end) {
    throw new ExpressionFailure(
      `a text of ${points.length} characters has no part from ${start} to ${end}`,
    )
  }
  return points.slice(start, end).join('')
}

function indexOf(args: readonly Value[], frame: Frame): bigint {
  const [subject, part] = read(args, frame)
  const at = subject.indexOf(part)
  return BigInt(at < 0 ? -1 : Array.from(subject.slice(0, at)).length)
}

function printJson(value: Value, frame: Frame): string {
  const printed = JSON.stringify(toJson(value, frame))
  chargeText(frame, printed.length)
  return printed
}
