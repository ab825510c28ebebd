/**
 * Ages, sizes and counts, as commands take and print them.
 */
import { IonError } from '#engine/core/error.ts'
import { parseDuration } from '#engine/dsl/duration.ts'

/** The age that `option` gives, in milliseconds. Throws `CLI_USAGE`. */
export function ageOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw new IonError('CLI_USAGE', `${option} is a duration such as 30d or 12h, not "${text}".`)
}

/** `139 bytes`, `12.4 KiB`, `3.1 GiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  const units = ['KiB', 'MiB', 'GiB'] as const
  const step = Math.min(Math.floor(Math.log2(bytes) / 10), units.length)
  return `${(bytes / 1024 ** step).toFixed(1)} ${units[step - 1] ?? ''}`
}

/** `1 flow`, `2 flows`. */
export function countOf(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}
