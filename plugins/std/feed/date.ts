/** Dates of feeds: RFC 3339 and what mails use (RFC 2822), as RFC 3339 in UTC. */

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const zones: Readonly<Record<string, string>> = {
  GMT: 'Z',
  UT: 'Z',
  UTC: 'Z',
  Z: 'Z',
  EST: '-05:00',
  EDT: '-04:00',
  CST: '-06:00',
  CDT: '-05:00',
  MST: '-07:00',
  MDT: '-06:00',
  PST: '-08:00',
  PDT: '-07:00',
}
const mail =
  /^(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})\s+([A-Za-z]{3})[a-z]*\s+(\d{4}|\d{2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([A-Za-z]{1,3}|[+-]\d{2}:?\d{2})?$/

/** Null for what is no date: a feed with one bad date is still a feed. */
export function dateOf(text: string): string | null {
  const trimmed = text.trim()
  if (
    /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/.test(
      trimmed,
    )
  )
    return print(
      trimmed.length === 10 || /Z|[+-]\d{2}:\d{2}$/.test(trimmed)
        ? trimmed.replace(' ', 'T')
        : `${trimmed.replace(' ', 'T')}Z`,
    )
  const found = mail.exec(trimmed)
  if (found === null) return null
  const [, day = '', name = '', year = '', hour = '', minute = '', second = '00', zone = 'GMT'] =
    found
  const month = months.indexOf(name.toLowerCase()) + 1
  const offset = zones[zone.toUpperCase()] ?? zone.replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2')
  const whole = year.length === 4 ? year : `${Number(year) < 50 ? '20' : '19'}${year}`
  return print(`${whole}-${pad(month)}-${pad(day)}T${pad(hour)}:${minute}:${second}${offset}`)
}

function pad(part: string | number): string {
  return String(part).padStart(2, '0')
}

function print(text: string): string | null {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : new Date(ms).toISOString().replace('.000Z', 'Z')
}
