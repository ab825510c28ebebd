/**
 * Reads what people wrote into commits: message, footers, dates.
 *
 * Pure and total: a commit of any tool and age is a normal input. It leaves the
 * meaning of a footer (what is breaking, what is a kind) to the flow that asks.
 */

/** A line such as `Reviewed-by: Z` or `BREAKING CHANGE: …` at the end of a message. */
export interface Footer {
  readonly token: string
  readonly value: string
}

/** Splits a message as `git log` does: the first paragraph on one line, and the rest. */
export function splitMessage(message: string): { readonly subject: string; readonly body: string } {
  const lines = message.replaceAll('\r\n', '\n').split('\n')
  let start = 0
  while (start < lines.length && lines[start]?.trim() === '') start++
  let end = start
  while (end < lines.length && lines[end]?.trim() !== '') end++
  const subject = lines
    .slice(start, end)
    .map((line) => line.trim())
    .join(' ')
  const body = lines.slice(end).join('\n').replace(/^\n+/, '').trimEnd()
  return { subject, body }
}

const footerLine = /^(BREAKING[ -]CHANGE|[A-Za-z][A-Za-z0-9-]*)(?:: +| (?=#))(.*)$/

/**
 * The footers of a body (Conventional Commits 1.0, rules 8 to 12): they begin after a
 * blank line, and a value goes on until the next footer or blank line. `BREAKING CHANGE`
 * counts at the start of any line, because people write it there.
 */
export function footersOf(body: string): readonly Footer[] {
  const footers: Footer[] = []
  let open: { token: string; lines: string[] } | undefined
  const close = (): void => {
    if (open !== undefined) footers.push({ token: open.token, value: open.lines.join('\n').trim() })
    open = undefined
  }
  let isAfterBlank = true
  for (const line of body.split('\n')) {
    const match = footerLine.exec(line)
    const token = match?.[1] ?? ''
    if (match !== null && (isAfterBlank || open !== undefined || token.startsWith('BREAKING'))) {
      close()
      open = { token, lines: [match[2] ?? ''] }
    } else if (line.trim() === '') close()
    else open?.lines.push(line.trim())
    isAfterBlank = line.trim() === ''
  }
  close()
  return footers
}

/** The end of the year 9999, the last that RFC 3339 can write. */
const lastSecond = 253_402_300_799

/** Git's own form of a date, `1700000000 +0100`, as RFC 3339; null when it is not one. */
export function dateFrom(raw: string): string | null {
  const match = /^(\d{1,12}) ([+-])(\d{2})(\d{2})$/.exec(raw.trim())
  if (match === null) return null
  const [, seconds = '0', sign = '+', hours = '00', minutes = '00'] = match
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
  const local = Number(seconds) + offset * 60
  if (local < 0 || local > lastSecond) return null
  const shifted = new Date(local * 1000)
  const [year, time] = shifted.toISOString().split('T')
  return `${year}T${time?.slice(0, 8)}${sign}${hours}:${minutes}`
}
