/**
 * A cron expression in words, with how often it fires: what a reviewer wants to know of
 * a five-minute schedule is "288 times a day".
 */

import { type CronTimes, monthNames, readCron } from '#engine/core/cron.ts'

const weekdayWords = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/**
 * Says when `cron` fires. A text that is no cron expression comes back as it is.
 *
 * @example
 * scheduleWords('0 9 * * 1-5', 'Europe/Lisbon') // 'at 09:00 on Monday to Friday, Europe/Lisbon; 5 times a week'
 */
export function scheduleWords(cron: string, timezone = 'UTC'): string {
  const times = timesOf(cron)
  if (times === undefined) return cron
  return `${clock(times)}${dayWords(times)}, ${timezone}; ${frequency(times)}`
}

/** How often `cron` fires in a common year; undefined when it is none. */
export function firesPerYear(cron: string): number | undefined {
  const times = timesOf(cron)
  if (times === undefined) return undefined
  return daysPerYear(times) * times.minutes.length * times.hours.length
}

function timesOf(cron: string): CronTimes | undefined {
  const read = readCron(cron)
  return read.ok ? read.times : undefined
}

function clock({ minutes, hours }: CronTimes): string {
  if (minutes.length === 60 && hours.length === 24) return 'every minute'
  if (hours.length === 24) {
    const step = evenStep(minutes, 60)
    if (step !== undefined)
      return step === 60 ? `every hour at :${two(minutes[0])}` : `every ${step} minutes`
  }
  const step = minutes.length === 1 ? evenStep(hours, 24) : undefined
  if (step !== undefined && hours.length > 1) return `every ${step} hours at :${two(minutes[0])}`
  const points = hours.flatMap((hour) => minutes.map((minute) => `${two(hour)}:${two(minute)}`))
  if (points.length <= 4) return `at ${points.join(', ')}`
  return `${points.length} times between ${points[0]} and ${points.at(-1)}`
}

/** The distance of values that divide `whole` evenly. */
function evenStep(list: readonly number[], whole: number): number | undefined {
  const step = whole / list.length
  return list.every((value, i) => value === (list[0] ?? 0) + i * step) ? step : undefined
}

function dayWords({ days, months, weekdays }: CronTimes): string {
  const parts: string[] = []
  const [anyDay, anyWeekday] = [days.length === 31, weekdays.length === 7]
  if (!anyWeekday) parts.push(`on ${runs(weekdays, weekdayWords)}`)
  if (!anyDay) parts.push(`on day ${runs(days)} of the month`)
  const text =
    parts.length === 2 ? ` ${parts.join(' and ')}` : parts.map((one) => ` ${one}`).join('')
  return months.length === 12 ? text : `${text} in ${runs(months, ['', ...monthNames])}`
}

/** `Monday to Friday`, `1, 15`. */
function runs(list: readonly number[], words?: readonly string[]): string {
  const word = (value: number): string => words?.[value] ?? String(value)
  const groups: number[][] = []
  for (const value of list) {
    const last = groups.at(-1)
    if (last?.at(-1) === value - 1) last.push(value)
    else groups.push([value])
  }
  return groups
    .flatMap((group) =>
      group.length < 3 ? group.map(word) : [`${word(group[0] ?? 0)} to ${word(group.at(-1) ?? 0)}`],
    )
    .join(', ')
}

function frequency(times: CronTimes): string {
  const aDay = times.minutes.length * times.hours.length
  const days = daysPerYear(times)
  if (days === 365) return timesWord(aDay, 'a day')
  if (times.days.length === 31 && times.months.length === 12)
    return timesWord(aDay * times.weekdays.length, 'a week')
  return timesWord(aDay * days, 'a year')
}

function timesWord(count: number, per: string): string {
  return count === 1 ? `once ${per}` : `${count} times ${per}`
}

/** Days of a common year on which it fires; one that names both kinds of day fires on either. */
function daysPerYear({ days, months, weekdays }: CronTimes): number {
  const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  const [anyDay, anyWeekday] = [days.length === 31, weekdays.length === 7]
  let count = 0
  let weekday = 1
  for (const [month, length] of lengths.entries()) {
    for (let day = 1; day <= length; day++, weekday = (weekday + 1) % 7) {
      if (!months.includes(month + 1)) continue
      const [isDay, isWeekday] = [days.includes(day), weekdays.includes(weekday)]
      if (anyDay || anyWeekday ? isDay && isWeekday : isDay || isWeekday) count += 1
    }
  }
  return count
}

function two(value = 0): string {
  return String(value).padStart(2, '0')
}
