/**
 * Cron expressions of five fields, read into the times they mean (POSIX crontab, with steps,
 * lists, ranges and the English names of months and weekdays).
 *
 * No clock and no time zone here: what fires when, is for the scheduler.
 */

/** The values of the five fields, each sorted and without repetition. */
export interface CronTimes {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly days: readonly number[]
  readonly months: readonly number[]
  /** From 0, which is Sunday, to 6. */
  readonly weekdays: readonly number[]
}

export type ReadCron =
  | { readonly ok: true; readonly times: CronTimes }
  /** `reason` is one clause. */
  | { readonly ok: false; readonly reason: string }

interface Field {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly words: readonly string[]
}

export const monthNames = [
  'jan',
  'feb',
  'mar',
  'apr',
  'may',
  'jun',
  'jul',
  'aug',
  'sep',
  'oct',
  'nov',
  'dec',
] as const
const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const fields: readonly Field[] = [
  { name: 'minute', min: 0, max: 59, words: [] },
  { name: 'hour', min: 0, max: 23, words: [] },
  { name: 'day of month', min: 1, max: 31, words: [] },
  { name: 'month', min: 1, max: 12, words: monthNames },
  { name: 'day of week', min: 0, max: 7, words: weekdayNames },
]

const itemCharsShown = 40

/**
 * Reads `text`.
 *
 * @example
 * readCron('0 9 * * 1-5') // { ok: true, times: { minutes: [0], hours: [9], … } }
 */
export function readCron(text: string): ReadCron {
  const parts = text.trim().split(/\s+/)
  if (parts.length !== fields.length) {
    const reason = `it has ${parts.length} fields, not the five of minute, hour, day, month, weekday`
    return { ok: false, reason }
  }
  const read: (readonly number[])[] = []
  for (const [i, field] of fields.entries()) {
    const values = new Set<number>()
    for (const item of (parts[i] ?? '').split(',')) {
      const found = valuesOf(item.toLowerCase(), field)
      if (found === undefined) {
        const shown = item.length > itemCharsShown ? `${item.slice(0, itemCharsShown)}…` : item
        const reason = `"${shown}" cannot be the ${field.name} (${field.min} to ${field.max})`
        return { ok: false, reason }
      }
      for (const value of found) values.add(value)
    }
    read.push([...values].toSorted((a, b) => a - b))
  }
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = read
  const week = [...new Set(weekdays.map((day) => day % 7))].toSorted((a, b) => a - b)
  return { ok: true, times: { minutes, hours, days, months, weekdays: week } }
}

function valuesOf(item: string, field: Field): readonly number[] | undefined {
  const [range = '', step, ...rest] = item.split('/')
  if (rest.length > 0 || (step !== undefined && !/^[1-9]\d{0,2}$/.test(step))) return undefined
  const bounds = range === '*' ? [field.min, field.max] : boundsOf(range, field)
  const [low, high = step === undefined ? low : field.max] = bounds
  if (bounds.length > 2 || low === undefined || high === undefined || low > high) return undefined
  const by = Number(step ?? 1)
  return Array.from({ length: Math.floor((high - low) / by) + 1 }, (_, i) => low + i * by)
}

function boundsOf(range: string, field: Field): readonly (number | undefined)[] {
  const bounds = range.split('-').map((text) => numberOf(text, field))
  return bounds.includes(undefined) ? [undefined] : bounds
}

function numberOf(text: string, { min, max, words }: Field): number | undefined {
  const word = words.indexOf(text)
  const value = word === -1 ? Number(text) : word + min
  const isOne = word !== -1 || /^\d{1,2}$/.test(text)
  return isOne && value >= min && value <= max ? value : undefined
}
