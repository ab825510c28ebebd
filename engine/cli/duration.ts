/**
 * Spans of time and instants as people read them.
 */

/** `0.41 s`, `2 min 5 s`, `1 h 30 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3_600) return two(Math.floor(whole / 60), 'min', whole % 60, 's')
  if (whole < 86_400)
    return two(Math.floor(whole / 3_600), 'h', Math.floor((whole % 3_600) / 60), 'min')
  return two(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3_600), 'h')
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}

/** Milliseconds from one RFC 3339 instant to another, or to now. */
export function elapsed(from: string, to?: string | null): number {
  return (typeof to === 'string' ? Date.parse(to) : Date.now()) - Date.parse(from)
}

/** An instant as the local time of today, or with its date. */
export function clock(instant: string): string {
  const at = new Date(instant)
  if (Number.isNaN(at.getTime())) return instant
  const [date = '', time = ''] = localText(at).split(' ')
  return localText(new Date()).startsWith(date) ? time : `${date} ${time}`
}

/** `2026-11-21 08:05:30`, in local time. */
export function localText(at: Date): string {
  const digits = (value: number): string => String(value).padStart(2, '0')
  const date = `${at.getFullYear()}-${digits(at.getMonth() + 1)}-${digits(at.getDate())}`
  return `${date} ${digits(at.getHours())}:${digits(at.getMinutes())}:${digits(at.getSeconds())}`
}
