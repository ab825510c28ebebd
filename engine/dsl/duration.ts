/**
 * Durations as people write them: `90s`, `1h30m`, `4d`, `250ms`, or ISO 8601 (`PT5M`, `P1DT2H`).
 *
 * Months and years are refused, because their length depends on when they begin.
 */

const unitMs = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const
const short =
  /^(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9}(?:\.\d{1,3})?)s)?(?:(\d{1,9})ms)?$/
const iso =
  /^P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,3})?)S)?)?$/

/**
 * Reads a duration in milliseconds; undefined when the text is none.
 *
 * @example parseDuration('1h30m') // 5_400_000
 */
export function parseDuration(text: string): number | undefined {
  if (text === '' || text === 'P') return undefined
  const parts = short.exec(text) ?? iso.exec(text)
  if (parts === null) return undefined
  const [w, d, h, m, s, ms] = parts.slice(1, 7).map((part) => Number(part ?? 0))
  const [{ w: week, d: day, h: hour, m: minute }, second] = [unitMs, unitMs.s]
  const long = (w ?? 0) * week + (d ?? 0) * day + (h ?? 0) * hour + (m ?? 0) * minute
  return Math.round(long + (s ?? 0) * second + (ms ?? 0))
}

/** @example printDuration(5_400_000) // '1h30m' */
export function printDuration(ms: number): string {
  let rest = Math.round(ms)
  let text = ''
  for (const [unit, size] of Object.entries(unitMs)) {
    if (unit === 'w' || rest < size) continue
    text += `${Math.floor(rest / size)}${unit}`
    rest %= size
  }
  return text === '' ? '0s' : text
}
