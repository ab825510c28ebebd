/**
 * Instants of RFC 3339 and dates of the calendar, counted by hand in the proleptic Gregorian
 * calendar: no named time zones, because their rules change and a run must not.
 */
export interface Moment {
  /** Milliseconds since 1970 in UTC. */
  readonly ms: number
  /** Minutes that the clock is ahead of UTC. */
  readonly offset: number
  /** A date alone. */
  readonly isDate: boolean
}

const dayMs = 86_400_000
const full =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?)?$/

/** A date, or a date with a time; a time without an offset is taken with `offset`. */
export function parseInstant(text: string, offset = 0): Moment | undefined {
  const found = full.exec(text)
  if (found === null) return undefined
  const [
    ,
    year,
    month,
    day,
    hour,
    minute = '0',
    second = '0',
    fraction = '',
    ,
    sign,
    offHour,
    offMinute,
  ] = found
  const date = fromDate(Number(year), Number(month), Number(day))
  if (date === undefined) return undefined
  if (hour === undefined) return { ms: date - offset * 60_000, offset, isDate: true }
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  // A leap second counts as the one before.
  const seconds = Math.min(Number(second), 59)
  const time = (Number(hour) * 60 + Number(minute)) * 60_000 + seconds * 1000
  const ahead =
    sign === undefined ? 0 : (Number(offHour) * 60 + Number(offMinute)) * (sign === '-' ? -1 : 1)
  if (Math.abs(ahead) > 18 * 60 || Number(offMinute ?? 0) > 59) return undefined
  const isLocal = found[8] === undefined && sign === undefined
  const used = isLocal ? offset : ahead
  const ms = date + time + Number(fraction.padEnd(3, '0').slice(0, 3)) - used * 60_000
  return { ms, offset: used, isDate: false }
}

/** `Z`, `+02:00`; undefined for anything else. */
export function parseOffset(text: string): number | undefined {
  if (/^(?:Z|UTC)$/i.test(text)) return 0
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(text) ?? []
  if (sign === undefined || Number(minutes) > 59) return undefined
  const ahead = Number(hours) * 60 + Number(minutes)
  return ahead > 18 * 60 ? undefined : ahead * (sign === '-' ? -1 : 1)
}

/** Midnight in UTC; undefined for a day that no month has. */
export function fromDate(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  return daysBefore(year, month, day) * dayMs
}

export function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

export function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** Days since 1970-01-01. Years begin in March, so that the leap day is the last one. */
function daysBefore(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

export interface Fields {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
  /** Of ISO 8601: Monday is 1. */
  readonly weekday: number
}

/** What clock and calendar show at an offset. */
export function fieldsOf({ ms, offset }: { ms: number; offset: number }): Fields {
  const local = ms + offset * 60_000
  const days = Math.floor(local / dayMs)
  const rest = local - days * dayMs
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const part = Math.floor((5 * dayOfYear + 2) / 153)
  const month = part < 10 ? part + 3 : part - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * part + 2) / 5) + 1,
    hour: Math.floor(rest / 3_600_000),
    minute: Math.floor(rest / 60_000) % 60,
    second: Math.floor(rest / 1000) % 60,
    millisecond: rest % 1000,
    weekday: ((((days + 3) % 7) + 7) % 7) + 1,
  }
}

/** `2024-05-01T10:00:00.500+02:00`; milliseconds only where there are some. */
export function print({ ms, offset, isDate }: Moment): string {
  const { year, month, day, hour, minute, second, millisecond } = fieldsOf({ ms, offset })
  const date = `${pad(year, 4)}-${pad(month)}-${pad(day)}`
  if (isDate) return date
  const part = millisecond === 0 ? '' : `.${pad(millisecond, 3)}`
  return `${date}T${pad(hour)}:${pad(minute)}:${pad(second)}${part}${printOffset(offset)}`
}

export function printOffset(offset: number): string {
  if (offset === 0) return 'Z'
  const ahead = Math.abs(offset)
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(ahead / 60))}:${pad(ahead % 60)}`
}

export function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0')
}

/** Years that have four digits. */
export function isInRange({ ms, offset }: { ms: number; offset: number }): boolean {
  const { year } = fieldsOf({ ms, offset })
  return Number.isFinite(ms) && year >= 0 && year <= 9999
}
