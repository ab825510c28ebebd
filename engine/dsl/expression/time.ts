/**
 * Timestamps and durations as values: read, printed, taken apart. No clock is read here.
 *
 * The civil calendar is computed (proleptic Gregorian), because `Date` is not for this half
 * of ionflux. Time zones are UTC or a fixed offset: the rules of a named zone change with
 * the machine's zone data, and a replayed run must see what the first one saw.
 */
import { ExpressionFailure } from './failure.ts'
import { Duration, Timestamp } from './value.ts'

const nanosPerSecond = 1_000_000_000n
const secondsPerDay = 86_400n
const yearMin = -62_135_596_800n * nanosPerSecond
const yearMax = 253_402_300_800n * nanosPerSecond
const durationMax = 2n ** 63n - 1n

export function checkTimestamp(nanos: bigint): Timestamp {
  if (nanos < yearMin || nanos >= yearMax) {
    throw new ExpressionFailure('the timestamp is not within the years 1 to 9999')
  }
  return new Timestamp(nanos)
}

export function checkDuration(nanos: bigint): Duration {
  const size = nanos < 0n ? -nanos : nanos
  if (size > durationMax) {
    throw new ExpressionFailure('the duration is longer than 292 years')
  }
  return new Duration(nanos)
}

const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/

/** Reads an RFC 3339 instant, `2026-01-31T09:00:00Z`. */
export function parseTimestamp(text: string): Timestamp {
  const match = rfc3339.exec(text)
  if (match === null) throw unreadable(text, 'timestamp', '2026-01-31T09:00:00Z')
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six
  const isReal =
    month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month) && hour < 24
  if (!isReal || minute > 59 || second > 59) {
    throw unreadable(text, 'timestamp', '2026-01-31T09:00:00Z')
  }
  const days = daysFromCivil(year, month, day)
  const seconds = BigInt(days) * secondsPerDay + BigInt(hour * 3600 + minute * 60 + second)
  const nanos = BigInt((match[7] ?? '').padEnd(9, '0'))
  const zone = match[8] as string
  const offset = zone.toUpperCase() === 'Z' ? 0n : offsetOf(zone)
  return checkTimestamp((seconds - offset) * nanosPerSecond + nanos)
}

type Six = [number, number, number, number, number, number]

/** Seconds east of UTC of `+02:00`, `-7:30`, `02:00`, `UTC`, `Z`. */
function offsetOf(zone: string): bigint {
  if (zone === 'UTC' || zone === 'Z' || zone === '') return 0n
  const match = /^([+-]?)(\d{1,2}):(\d{2})$/.exec(zone)
  if (match === null || Number(match[2]) > 23 || Number(match[3]) > 59) {
    throw new ExpressionFailure(
      `a time zone here is "UTC" or an offset such as "+02:00", not ${JSON.stringify(zone)}`,
    )
  }
  const size = Number(match[2]) * 3600 + Number(match[3]) * 60
  return BigInt(match[1] === '-' ? -size : size)
}

function unreadable(text: string, what: string, sample: string): ExpressionFailure {
  const shown = JSON.stringify(text.slice(0, 40))
  return new ExpressionFailure(`${shown} is not a ${what}, which looks like "${sample}"`)
}

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
  return era * 146_097 + dayOfEra + dayOfYear - 719_468
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const leaps = Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524)
  const yearOfEra = Math.floor((dayOfEra - leaps + Math.floor(dayOfEra / 146_096)) / 365)
  const past = 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
  const dayOfYear = dayOfEra - past
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

function daysOfMonth(year: number, month: number): number {
  const next = month === 12 ? daysFromCivil(year + 1, 1, 1) : daysFromCivil(year, month + 1, 1)
  return next - daysFromCivil(year, month, 1)
}

interface Civil {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly days: number
  readonly secondOfDay: number
  readonly nano: number
}

function civilOf(nanos: bigint): Civil {
  const seconds = floorDivide(nanos, nanosPerSecond)
  const days = floorDivide(seconds, secondsPerDay)
  const secondOfDay = Number(seconds - days * secondsPerDay)
  const nano = Number(nanos - seconds * nanosPerSecond)
  return { ...civilFromDays(Number(days)), days: Number(days), secondOfDay, nano }
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a < 0n && a % b !== 0n ? a / b - 1n : a / b
}

/** RFC 3339 in UTC, with as much fraction as there is. */
export function printTimestamp(value: Timestamp): string {
  const { year, month, day, secondOfDay, nano } = civilOf(value.nanos)
  const two = (n: number): string => String(n).padStart(2, '0')
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
  const hour = Math.floor(secondOfDay / 3600)
  const time = `${two(hour)}:${two(Math.floor(secondOfDay / 60) % 60)}:${two(secondOfDay % 60)}`
  return `${date}T${time}${fraction(nano)}Z`
}

function fraction(nano: number): string {
  return nano === 0 ? '' : '.' + String(nano).padStart(9, '0').replace(/0+$/, '')
}

const unitNanos: Readonly<Record<string, bigint>> = {
  h: 3_600n * nanosPerSecond,
  m: 60n * nanosPerSecond,
  s: nanosPerSecond,
  ms: 1_000_000n,
  us: 1_000n,
  µs: 1_000n,
  ns: 1n,
}

/** Reads `1h30m`, `90s`, `1.5s`, `-250ms`. */
export function parseDuration(text: string): Duration {
  const match = /^([+-]?)((?:\d{1,18}(?:\.\d{0,9})?(?:h|ms|m|s|us|µs|ns)){1,7})$/.exec(text)
  if (text === '0') return new Duration(0n)
  if (match === null) throw unreadable(text, 'duration', '1h30m')
  let nanos = 0n
  for (const part of (match[2] as string).matchAll(/(\d+)(?:\.(\d*))?([a-zµ]+)/g)) {
    const unit = unitNanos[part[3] as string] as bigint
    const decimals = part[2] ?? ''
    nanos += BigInt(part[1] as string) * unit
    if (decimals !== '') nanos += (BigInt(decimals) * unit) / 10n ** BigInt(decimals.length)
  }
  return checkDuration(match[1] === '-' ? -nanos : nanos)
}

/** Seconds, as `5400s` or `1.5s`. */
export function printDuration(value: Duration): string {
  const size = value.nanos < 0n ? -value.nanos : value.nanos
  const text = `${size / nanosPerSecond}${fraction(Number(size % nanosPerSecond))}s`
  return value.nanos < 0n ? `-${text}` : text
}

/** The parts of a timestamp that CEL can ask for; months and days of the week count from 0. */
export const timestampParts = {
  getFullYear: (c: Civil) => c.year,
  getMonth: (c: Civil) => c.month - 1,
  getDate: (c: Civil) => c.day,
  getDayOfMonth: (c: Civil) => c.day - 1,
  getDayOfWeek: (c: Civil) => (((c.days + 4) % 7) + 7) % 7,
  getDayOfYear: (c: Civil) => c.days - daysFromCivil(c.year, 1, 1),
  getHours: (c: Civil) => Math.floor(c.secondOfDay / 3600),
  getMinutes: (c: Civil) => Math.floor(c.secondOfDay / 60) % 60,
  getSeconds: (c: Civil) => c.secondOfDay % 60,
  getMilliseconds: (c: Civil) => Math.floor(c.nano / 1_000_000),
} as const

export type TimestampPart = keyof typeof timestampParts

export function partOfTimestamp(value: Timestamp, part: TimestampPart, zone: string): bigint {
  const local = value.nanos + offsetOf(zone) * nanosPerSecond
  return BigInt(timestampParts[part](civilOf(local)))
}

/** The whole of a duration in a unit (`getMilliseconds`: the part below a second). */
export function partOfDuration(value: Duration, part: TimestampPart): bigint {
  if (part === 'getHours') return value.nanos / (3_600n * nanosPerSecond)
  if (part === 'getMinutes') return value.nanos / (60n * nanosPerSecond)
  if (part === 'getSeconds') return value.nanos / nanosPerSecond
  if (part === 'getMilliseconds') return (value.nanos % nanosPerSecond) / 1_000_000n
  throw new ExpressionFailure(`a duration has no "${part}"`)
}

/** Whole seconds since 1970 (`int(timestamp)`). */
export function secondsOf(value: Timestamp): bigint {
  return floorDivide(value.nanos, nanosPerSecond)
}

export function timestampOfSeconds(seconds: bigint): Timestamp {
  return checkTimestamp(seconds * nanosPerSecond)
}
