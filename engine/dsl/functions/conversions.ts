/**
 * Functions that make one kind of value out of another, and those over time.
 */
import { checkInt, checkUint } from '#engine/dsl/expression/arithmetic.ts'
import { chargeText, ExpressionFailure, type Frame } from '#engine/dsl/expression/failure.ts'
import type { FunctionSpec } from './table.ts'
import {
  parseDuration,
  parseTimestamp,
  partOfDuration,
  partOfTimestamp,
  printDuration,
  printTimestamp,
  secondsOf,
  timestampOfSeconds,
  timestampParts,
  type TimestampPart,
} from '#engine/dsl/expression/time.ts'
import { any, simple, type SimpleKind } from '#engine/dsl/typing/type.ts'
import {
  describe,
  Duration,
  kindOf,
  Timestamp,
  TypeName,
  Uint,
  type Kind,
  type Value,
} from '#engine/dsl/expression/value.ts'

/** One conversion: a function of one argument. */
function conversion(options: {
  name: string
  from: readonly Kind[] | 'any'
  to: SimpleKind | 'any'
  summary: string
  example: readonly [string, string]
  call: (value: Value, frame: Frame) => Value
}): FunctionSpec {
  const { name, from, to, summary, example, call } = options
  return {
    name,
    signature: `${name}(x)`,
    params: [from],
    result: ([type]) => (to === 'any' ? (type ?? any) : simple(to)),
    summary,
    example,
    call: ([value], frame) => call(value as Value, frame),
  }
}

const partExamples: Readonly<Record<TimestampPart, readonly [string, string]>> = {
  getFullYear: ['the year', '2026'],
  getMonth: ['the month, counted from 0', '0'],
  getDate: ['the day of the month', '31'],
  getDayOfMonth: ['the day of the month, counted from 0', '30'],
  getDayOfWeek: ['the day of the week, 0 for Sunday', '6'],
  getDayOfYear: ['the day of the year, counted from 0', '30'],
  getHours: ['the hour; of a duration: whole hours', '9'],
  getMinutes: ['the minute; of a duration: whole minutes', '5'],
  getSeconds: ['the second; of a duration: whole seconds', '7'],
  getMilliseconds: ['the milliseconds within the second', '250'],
}

export const conversions: readonly FunctionSpec[] = [
  conversion({
    name: 'string',
    from: ['string', 'number', 'int', 'uint', 'bool', 'bytes', 'timestamp', 'duration', 'type'],
    to: 'string',
    summary: 'The value as text. For lists and maps use `json(x)`.',
    example: ['string(5) + "!"', '"5!"'],
    call: toStringValue,
  }),
  conversion({
    name: 'int',
    from: ['int', 'uint', 'number', 'string', 'timestamp'],
    to: 'int',
    summary: 'A whole number: decimals are cut off, a text is read, a timestamp gives seconds.',
    example: ['int("42") + int(2.9)', '44'],
    call: toInt,
  }),
  conversion({
    name: 'double',
    from: ['int', 'uint', 'number', 'string'],
    to: 'number',
    summary: 'A number with decimals.',
    example: ['double("2.5") / 2', '1.25'],
    call: toDouble,
  }),
  conversion({
    name: 'uint',
    from: ['int', 'uint', 'number', 'string'],
    to: 'uint',
    summary: 'A whole number from 0 to 2^64 - 1.',
    example: ['uint(7) / 2u', '3'],
    call: toUint,
  }),
  conversion({
    name: 'bool',
    from: ['bool', 'string'],
    to: 'bool',
    summary: '`true` or `false`, also from the texts `true`, `t`, `1`, `false`, `f`, `0`.',
    example: ['bool("true")', 'true'],
    call: toBool,
  }),
  conversion({
    name: 'bytes',
    from: ['bytes', 'string'],
    to: 'bytes',
    summary: 'The UTF-8 bytes of a text; as a result they become base64.',
    example: ['bytes("hi")', '"aGk="'],
    call: (value, frame) => (typeof value === 'string' ? encode(value, frame) : value),
  }),
  conversion({
    name: 'timestamp',
    from: ['timestamp', 'string', 'int', 'number'],
    to: 'timestamp',
    summary: 'An instant, from an RFC 3339 text or seconds since 1970. There is no "now".',
    example: ['timestamp("2026-01-31T09:00:00Z") + duration("1h")', '"2026-01-31T10:00:00Z"'],
    call: toTimestamp,
  }),
  conversion({
    name: 'duration',
    from: ['duration', 'string'],
    to: 'duration',
    summary: 'A length of time, from a text such as `1h30m`; as a result it is in seconds.',
    example: ['duration("1h30m")', '"5400s"'],
    call: (value) => (typeof value === 'string' ? parseDuration(value) : value),
  }),
  conversion({
    name: 'type',
    from: 'any',
    to: 'type',
    summary: 'The type of the value. The number of a JSON file is a `double`.',
    example: ['type("a") == string', 'true'],
    call: typeOf,
  }),
  conversion({
    name: 'dyn',
    from: 'any',
    to: 'any',
    summary: 'The value itself, which the checker then asks nothing of.',
    example: ['dyn(1)', '1'],
    call: (value) => value,
  }),
  ...(Object.keys(timestampParts) as TimestampPart[]).map(partFunction),
]

function partFunction(name: TimestampPart): FunctionSpec {
  return {
    name,
    signature: `time.${name}(zone)`,
    params: [['timestamp', 'duration'], ['string']],
    required: 1,
    result: () => simple('int'),
    summary: `Gives ${partExamples[name][0]}. The zone is \`UTC\` (without one) or an offset.`,
    example: [`timestamp("2026-01-31T09:05:07.25Z").${name}()`, partExamples[name][1]],
    call: ([value, zone]) =>
      value instanceof Timestamp
        ? partOfTimestamp(value, name, (zone ?? 'UTC') as string)
        : partOfDuration(value as Duration, name),
  }
}

function toStringValue(value: Value, frame: Frame): string {
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Timestamp) return printTimestamp(value)
  if (value instanceof Duration) return printDuration(value)
  if (value instanceof TypeName) return value.name
  if (!(value instanceof Uint8Array)) return String(value as number | bigint | boolean | string)
  chargeText(frame, value.length)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch {
    throw new ExpressionFailure('the bytes are not UTF-8 text')
  }
}

function toInt(value: Value): bigint {
  if (typeof value === 'bigint') return value
  if (value instanceof Uint) return checkInt(value.value)
  if (value instanceof Timestamp) return secondsOf(value)
  if (typeof value === 'string') {
    if (!/^[+-]?\d{1,20}$/.test(value)) throw unreadable(value, 'a whole number')
    return checkInt(BigInt(value.replace(/^\+/, '')))
  }
  const number = value as number
  if (!(number > -(2 ** 63) && number < 2 ** 63)) throw unreadable(value, 'a whole number')
  return BigInt(Math.trunc(number))
}

function toUint(value: Value): Uint {
  if (value instanceof Uint) return value
  if (typeof value === 'bigint') return checkUint(value)
  if (typeof value === 'string') {
    if (!/^\d{1,20}$/.test(value)) throw unreadable(value, 'a whole number from 0')
    return checkUint(BigInt(value))
  }
  const number = value as number
  if (!(number > -1 && number < 2 ** 64)) throw unreadable(value, 'a whole number from 0')
  return checkUint(BigInt(Math.trunc(number)))
}

const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/

function toDouble(value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  const text = value as string
  if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return NaN
  if (text.length > 400 || !decimal.test(text)) throw unreadable(text, 'a number')
  return Number(text)
}

const truths = ['1', 't', 'true', 'TRUE', 'True']
const untruths = ['0', 'f', 'false', 'FALSE', 'False']

function toBool(value: Value): boolean {
  if (typeof value === 'boolean') return value
  if (truths.includes(value as string)) return true
  if (untruths.includes(value as string)) return false
  throw unreadable(value, 'true or false')
}

function toTimestamp(value: Value): Timestamp {
  if (value instanceof Timestamp) return value
  if (typeof value === 'string') return parseTimestamp(value)
  return timestampOfSeconds(toInt(value))
}

function encode(text: string, frame: Frame): Uint8Array {
  chargeText(frame, text.length * 2)
  return new TextEncoder().encode(text)
}

const celNames: Readonly<Record<Kind, string>> = {
  null: 'null_type',
  bool: 'bool',
  number: 'double',
  int: 'int',
  uint: 'uint',
  string: 'string',
  bytes: 'bytes',
  list: 'list',
  map: 'map',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  type: 'type',
}

function typeOf(value: Value): TypeName {
  return new TypeName(celNames[kindOf(value)])
}

/** The types that an expression can name, by name. */
export const typeNames: ReadonlyMap<string, TypeName> = new Map(
  Object.values(celNames).map((name) => [name, new TypeName(name)]),
)

function unreadable(value: Value, what: string): ExpressionFailure {
  return new ExpressionFailure(`${describe(value)} cannot be read as ${what}`)
}
