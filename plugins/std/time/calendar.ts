/** Adding, counting and rounding by the calendar. */
import { daysIn, fieldsOf, fromDate, type Moment } from './instant.ts'

export type Unit =
  | 'year'
  | 'quarter'
  | 'month'
  | 'week'
  | 'day'
  | 'hour'
  | 'minute'
  | 'second'
  | 'millisecond'

export const unitMs: Readonly<Record<Exclude<Unit, 'year' | 'quarter' | 'month'>, number>> = {
  week: 604_800_000,
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
}

export interface Amount {
  readonly months: number
  readonly ms: number
}

const word = /(\d+(?:\.\d+)?)\s*(y|mo|w|d|h|ms|m|s)/y
const words: Readonly<Record<string, Unit>> = {
  y: 'year',
  mo: 'month',
  w: 'week',
  d: 'day',
  h: 'hour',
  m: 'minute',
  s: 'second',
  ms: 'millisecond',
}

/** `1y2mo`, `-3d12h`, or ISO 8601: `P1Y2M`, `-P3DT12H`. Years and months are whole. */
export function parseAmount(text: string): Amount | undefined {
  const isNegative = text.startsWith('-')
  const body = text.replace(/^[+-]/, '')
  const parts = body.startsWith('P') ? isoParts(body) : wordParts(body)
  if (parts === undefined || parts.length === 0) return undefined
  let [months, ms] = [0, 0]
  for (const [value, unit] of parts) {
    if (unit === 'year' || unit === 'month' || unit === 'quarter') {
      if (!Number.isInteger(value)) return undefined
      months += value * monthsOf(unit)
    } else ms += Math.round(value * unitMs[unit])
  }
  const sign = isNegative ? -1 : 1
  return { months: months * sign, ms: ms * sign }
}

type Parts = readonly (readonly [number, Unit])[]

function wordParts(text: string): Parts | undefined {
  const parts: [number, Unit][] = []
  let at = 0
  while (at < text.length) {
    word.lastIndex = at
    const found = word.exec(text)
    const unit = words[found?.[2] ?? '']
    if (found === null || unit === undefined) return undefined
    parts.push([Number(found[1]), unit])
    at = word.lastIndex
    while (text[at] === ' ') at++
  }
  return parts
}

function isoParts(text: string): Parts | undefined {
  const number = String.raw`(\d+(?:\.\d+)?)`
  const pattern = `^P(?:${number}Y)?(?:${number}M)?(?:${number}W)?(?:${number}D)?(?:T(?=\\d)(?:${number}H)?(?:${number}M)?(?:${number}S)?)?$`
  const found = new RegExp(pattern).exec(text)
  if (found === null) return undefined
  const units: readonly Unit[] = ['year', 'month', 'week', 'day', 'hour', 'minute', 'second']
  return units.flatMap((unit, i) =>
    found[i + 1] === undefined ? [] : [[Number(found[i + 1]), unit] as const],
  )
}

function monthsOf(unit: 'year' | 'quarter' | 'month'): number {
  if (unit === 'year') return 12
  return unit === 'quarter' ? 3 : 1
}

/** Months first, and the last day of a month where it has no such day; then the rest. */
export function add(moment: Moment, { months, ms }: Amount): Moment {
  const moved = months === 0 ? moment.ms : addMonths(moment, months)
  return { ...moment, ms: moved + ms }
}

function addMonths({ ms, offset }: Moment, months: number): number {
  const at = fieldsOf({ ms, offset })
  const count = at.year * 12 + at.month - 1 + months
  const year = Math.floor(count / 12)
  const month = count - year * 12 + 1
  const day = Math.min(at.day, daysIn(year, month))
  const before = fromDate(at.year, at.month, at.day) ?? 0
  const after = fromDate(year, month, day) ?? 0
  return ms + after - before
}

/** Whole units from one to the other, rounded towards zero. */
export function between(from: Moment, to: Moment, unit: Unit): number {
  if (unit !== 'year' && unit !== 'quarter' && unit !== 'month')
    return Math.trunc((to.ms - from.ms) / unitMs[unit])
  const one = fieldsOf(from)
  const other = fieldsOf({ ms: to.ms, offset: from.offset })
  let months = (other.year - one.year) * 12 + other.month - one.month
  const reached = addMonths(from, months)
  if (months > 0 && reached > to.ms) months--
  if (months < 0 && reached < to.ms) months++
  return Math.trunc(months / monthsOf(unit))
}

/** The first instant of the unit around `moment`; weeks begin on Monday. */
export function startOf(moment: Moment, unit: Unit): Moment {
  const { offset } = moment
  const at = fieldsOf(moment)
  if (unit === 'year' || unit === 'quarter' || unit === 'month') {
    const month =
      unit === 'year' ? 1 : unit === 'quarter' ? at.month - ((at.month - 1) % 3) : at.month
    return { ...moment, ms: (fromDate(at.year, month, 1) ?? 0) - offset * 60_000 }
  }
  const local = moment.ms + offset * 60_000
  const size = unit === 'week' ? unitMs.day : unitMs[unit]
  const start =
    Math.floor(local / size) * size - (unit === 'week' ? (at.weekday - 1) * unitMs.day : 0)
  return { ...moment, ms: start - offset * 60_000 }
}

/** Days from Monday to Friday that are not in `holidays`; negative steps go back. */
export function addWorkdays(moment: Moment, count: number, holidays: ReadonlySet<string>): Moment {
  const step = count < 0 ? -1 : 1
  let ms = moment.ms
  let left = Math.abs(count)
  while (left > 0) {
    ms += step * unitMs.day
    const { weekday, year, month, day } = fieldsOf({ ms, offset: moment.offset })
    const name = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
    if (weekday <= 5 && !holidays.has(name)) left--
  }
  return { ...moment, ms }
}
