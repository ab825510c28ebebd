/** Reads, writes and counts with dates and times. */
import type { Action, Context } from 'ionflux/plugin'

import {
  add as sum,
  addWorkdays,
  between,
  parseAmount,
  startOf,
  unitMs,
  type Unit,
} from './calendar.ts'
import {
  fieldsOf,
  isInRange,
  pad,
  parseInstant,
  parseOffset,
  print,
  printOffset,
  type Fields,
  type Moment,
} from './instant.ts'

interface At {
  readonly at: string | number
  readonly offset?: string
}

interface Parsed extends Fields {
  readonly text: string
  readonly unix_ms: number
  readonly offset: string
  readonly day_of_year: number
  readonly week: number
  readonly week_year: number
}

/** What a date or a time says. */
export const parse: Action<At, Parsed> = (input, context) => {
  const moment = read(input, context)
  const fields = fieldsOf(moment)
  const year = startOf(moment, 'year')
  const thursday = startOf(moment, 'week').ms + 3 * unitMs.day
  const weekYear = fieldsOf({ ms: thursday, offset: moment.offset }).year
  const first = startOf({ ...moment, ms: thursday }, 'year').ms
  return {
    ...fields,
    text: print(moment),
    unix_ms: moment.ms,
    offset: printOffset(moment.offset),
    day_of_year: Math.floor((moment.ms - year.ms) / unitMs.day) + 1,
    week: Math.floor((thursday - first) / unitMs.week) + 1,
    week_year: weekYear,
  }
}

const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const dayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** A time in a form of one's own. */
export const format: Action<At & { readonly format?: string }, string> = (input, context) => {
  const moment = shifted(read(input, context), input.offset, context)
  const { format: form = 'rfc3339' } = input
  if (form === 'rfc3339') return print({ ...moment, isDate: false })
  if (form === 'date') return print({ ...moment, isDate: true })
  if (form === 'unix') return String(Math.floor(moment.ms / 1000))
  if (form === 'http')
    return written('{Ddd}, {DD} {Mmm} {YYYY} {hh}:{mm}:{ss} GMT', { ...moment, offset: 0 }, context)
  return written(form, moment, context)
}

function written(form: string, moment: Moment, context: Context): string {
  const { year, month, day, hour, minute, second, millisecond, weekday } = fieldsOf(moment)
  const monthName = monthNames[month - 1] ?? ''
  const dayName = dayNames[weekday - 1] ?? ''
  const words: Readonly<Record<string, string>> = {
    YYYY: pad(year, 4),
    YY: pad(year % 100),
    M: String(month),
    MM: pad(month),
    Mmm: monthName.slice(0, 3),
    Mmmm: monthName,
    D: String(day),
    DD: pad(day),
    Ddd: dayName.slice(0, 3),
    Dddd: dayName,
    hh: pad(hour),
    mm: pad(minute),
    ss: pad(second),
    ms: pad(millisecond, 3),
    offset: printOffset(moment.offset),
  }
  return form.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
    if (Object.hasOwn(words, name)) return words[name] ?? ''
    return context.fail(
      'format_malformed',
      `"{${name.slice(0, 40)}}" is no part of a time; known are ${Object.keys(words).join(', ')}.`,
    )
  })
}

interface Add extends At {
  readonly amount?: string
  readonly workdays?: number
  readonly holidays?: readonly string[]
}

/** A later or an earlier time. */
export const add: Action<Add, string> = (input, context) => {
  const moment = read(input, context)
  const { amount: text = 'PT0S', workdays = 0, holidays = [] } = input
  const amount = parseAmount(text)
  if (amount === undefined)
    return context.fail(
      'amount_malformed',
      `"${text}" is no amount of time such as 1mo, -2d12h or P1M.`,
    )
  const moved = sum(moment, amount)
  if (!isInRange(moved)) return context.fail('out_of_range', 'The year has no four digits.')
  const result = addWorkdays(moved, workdays, new Set(holidays))
  const isDate = moment.isDate && (result.ms - moment.ms) % unitMs.day === 0
  return printed({ ...result, isDate }, context)
}

interface Diff {
  readonly from: string | number
  readonly to: string | number
  readonly unit?: Unit
  readonly offset?: string
}

/** How much time lies between two times. */
export const diff: Action<Diff, { readonly value: number; readonly ms: number }> = (
  input,
  context,
) => {
  const from = read({ ...input, at: input.from }, context)
  const to = read({ ...input, at: input.to }, context)
  return { value: between(from, to, input.unit ?? 'millisecond'), ms: to.ms - from.ms }
}

interface Bounds extends At {
  readonly unit: Unit
}

/** The first instant of a unit, and the first one after it. */
export const bounds: Action<Bounds, { readonly start: string; readonly end: string }> = (
  input,
  context,
) => {
  const moment = shifted(read(input, context), input.offset, context)
  const start = startOf(moment, input.unit)
  const months = { year: 12, quarter: 3, month: 1 }[input.unit as string]
  const ms = months === undefined ? unitMs[input.unit as keyof typeof unitMs] : 0
  const end = sum(start, { months: months ?? 0, ms })
  const isDate = moment.isDate && (months !== undefined || ms >= unitMs.day)
  return {
    start: printed({ ...start, isDate }, context),
    end: printed({ ...end, isDate }, context),
  }
}

interface Range {
  readonly from: string | number
  readonly to: string | number
  readonly step?: string
  readonly offset?: string
}

const rangeMax = 10_000

/** Times at equal distances, the end left out. */
export const range: Action<Range, readonly string[]> = (input, context) => {
  const from = read({ ...input, at: input.from }, context)
  const to = read({ ...input, at: input.to }, context)
  const { step = '1d' } = input
  const amount = parseAmount(step)
  if (amount === undefined || (amount.months === 0 && amount.ms === 0))
    return context.fail('amount_malformed', `"${step}" is no distance such as 1d, 1mo or -6h.`)
  const sign = amount.months + amount.ms < 0 ? -1 : 1
  const found: string[] = []
  for (let i = 0; ; i++) {
    // From the start each time, so that the 31st comes back after a shorter month.
    const next = sum(from, { months: amount.months * i, ms: amount.ms * i })
    if ((to.ms - next.ms) * sign <= 0 || !isInRange(next)) return found
    if (i >= rangeMax) return context.fail('too_many', `The range has more than ${rangeMax} times.`)
    found.push(print({ ...next, isDate: from.isDate && (next.ms - from.ms) % unitMs.day === 0 }))
  }
}

function read({ at, offset = 'Z' }: At, context: Context): Moment {
  const local = parseOffset(offset)
  if (local === undefined)
    return context.fail(
      'offset_malformed',
      `"${offset}" is no offset such as Z or +02:00; named zones are not known.`,
    )
  const moment =
    typeof at === 'number' ? { ms: at, offset: local, isDate: false } : parseInstant(at, local)
  if (moment !== undefined && isInRange(moment)) return moment
  return context.fail('time_malformed', `"${at}" is no date and no time of RFC 3339.`)
}

function shifted(moment: Moment, offset: string | undefined, context: Context): Moment {
  if (offset === undefined) return moment
  const moved = { ...moment, offset: parseOffset(offset) ?? 0 }
  return isInRange(moved) ? moved : context.fail('out_of_range', 'The year has no four digits.')
}

function printed(moment: Moment, context: Context): string {
  return isInRange(moment)
    ? print(moment)
    : context.fail('out_of_range', 'The year has no four digits.')
}
