/**
 * How much reason there is to trust an entry: a sum of points, each with its reason, from the
 * log and a date alone. It is a hint for people who choose, never a permission.
 */
import { parseInstant } from '#engine/core/instant.ts'
import type { PublishEvent } from '#registry/event.ts'

import type { EntryHead, Reason, ReleaseView, TrustScore } from './view.ts'

const dayMs = 86_400_000
const base = 40

export interface Scored {
  readonly head: Omit<EntryHead, 'trust'>
  /** Highest first. */
  readonly releases: readonly ReleaseView[]
}

/** The score as of `date` (RFC 3339). `witnesses` cosigned what is read. */
export function trustOf({ head, releases }: Scored, date: string, witnesses = 0): TrustScore {
  const latest = releases.find(({ version }) => version === head.latest) ?? releases[0]
  if (latest === undefined || latest.event.body.event !== 'publish')
    return { score: 0, reasons: [] }
  const body = latest.event.body
  const reasons = [
    ...ofWork(body),
    ...ofPowers(body),
    ...ofAge(releases, date),
    ...ofUsage(head),
    ...ofIncidents({ head, releases }, latest),
    ...(witnesses > 0
      ? [
          reason(
            'witnesses',
            Math.min(10, witnesses * 5),
            `${witnesses} witnesses cosigned the log`,
          ),
        ]
      : []),
  ]
  const sum = reasons.reduce((total, { points }) => total + points, base)
  return { score: Math.max(0, Math.min(100, sum)), reasons }
}

function reason(of: string, points: number, text: string): Reason {
  return { of, points, text }
}

function ofWork({ tests, audit }: PublishEvent): readonly Reason[] {
  const reasons: Reason[] = []
  if (tests === undefined || tests.passed === 0)
    reasons.push(reason('tests', -10, 'it has no tests'))
  else {
    const isWide = (tests.coverage ?? 0) >= 80
    const reach = tests.coverage === undefined ? '' : `, reaching ${tests.coverage} %`
    reasons.push(reason('tests', isWide ? 15 : 10, `${tests.passed} of its tests passed${reach}`))
  }
  if (audit === undefined) return reasons
  const points = audit.high > 0 ? -20 : audit.medium > 0 ? 0 : 10
  const text = `its audit found ${audit.high} high, ${audit.medium} medium, ${audit.low} low`
  return [...reasons, reason('audit', points, text)]
}

function ofPowers({ caps }: PublishEvent): readonly Reason[] {
  const powers = Object.entries(caps).flatMap(([kind, list]) => list.map((one) => `${kind} ${one}`))
  if (powers.length === 0) return [reason('powers', 15, 'it asks for no power')]
  const wide = powers.filter((one) => one.includes('*'))
  const writes = powers.filter((one) => / (?:write|tag)\b/.test(one))
  const points = 10 - 2 * powers.length - 5 * wide.length - 3 * writes.length
  const what = `it asks for ${powers.length} ${powers.length === 1 ? 'power' : 'powers'}`
  const how = wide.length === 0 ? '' : `, ${wide.length} of them open`
  return [reason('powers', Math.max(-20, points), what + how)]
}

function ofAge(releases: readonly ReleaseView[], date: string): readonly Reason[] {
  const now = parseInstant(date) ?? 0
  const days = releases.map(
    ({ event }) => ((now - (parseInstant(event.body.at) ?? now)) / dayMs) | 0,
  )
  const [youngest, oldest] = [Math.min(...days), Math.max(...days)]
  const reasons: Reason[] = []
  if (youngest <= 365) reasons.push(reason('age', 5, 'it had a release within a year'))
  else if (youngest > 730) reasons.push(reason('age', -10, 'it had no release for two years'))
  if (oldest >= 90) reasons.push(reason('history', 5, 'it is known for three months and more'))
  else if (oldest < 3) reasons.push(reason('history', -5, 'it is known for less than three days'))
  if (releases.length >= 3) reasons.push(reason('history', 5, `it has ${releases.length} releases`))
  return reasons
}

function ofUsage({ usage }: Scored['head']): readonly Reason[] {
  const users = usage.dependents + usage.forks
  if (users === 0) return []
  const points = Math.min(15, Math.floor(Math.log2(users + 1) * 4))
  return [reason('usage', points, `${users} entries of others build on it`)]
}

const weights = { low: -5, medium: -15, high: -40, critical: -60 } as const

function ofIncidents({ head, releases }: Scored, latest: ReleaseView): readonly Reason[] {
  const reasons: Reason[] = []
  const open = (head.advisories ?? []).filter(({ id }) => latest.advisories?.includes(id) === true)
  for (const { id, severity } of open)
    reasons.push(reason('advisories', weights[severity], `${id} (${severity}) is open`))
  if (latest.yanked !== undefined) reasons.push(reason('yanked', -40, 'every version is yanked'))
  if (head.deprecated !== undefined) reasons.push(reason('deprecated', -25, 'it is deprecated'))
  if (releases.some(({ moved }) => moved !== undefined))
    reasons.push(reason('tags', -30, 'a tag of it was moved'))
  if (releases.some(({ suspect }) => suspect !== undefined))
    reasons.push(reason('keys', -40, 'a release was signed with a stolen key'))
  if (head.transfer !== undefined)
    reasons.push(reason('owner', -15, `it goes to ${head.transfer.owner}`))
  return reasons
}
