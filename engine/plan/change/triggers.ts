/**
 * What starts a flow, before and after a change, in words.
 */
import { isObject, isSame, type Json, type JsonObject, pointer, wordOf } from '#engine/core/json.ts'

import type { Finding, FlowVersion } from './change.ts'
import { type FindingAt, found } from './finding.ts'
import { firesPerYear, scheduleWords } from './schedule-words.ts'

/** Triggers that came, went or changed. `before` is absent for a new flow, `after` for a removed one. */
export function triggerFindings(
  before: FlowVersion | undefined,
  after: FlowVersion | undefined,
): readonly Finding[] {
  const [old, now] = [triggersOf(before?.flow), triggersOf(after?.flow)]
  const come = [...now].flatMap(([key, trigger]): readonly Finding[] => {
    if (after === undefined) return []
    const was = old.get(key)
    if (was === undefined) return [found(after, added(trigger))]
    return isSame(was.value, trigger.value) ? [] : [found(after, changed(was, trigger))]
  })
  const gone = [...old]
    .filter(([key]) => !now.has(key))
    .map(([, trigger]) => {
      const message = `It no longer starts ${wordsOf(trigger)}.`
      const place: FindingAt = { code: 'PLAN_TRIGGER_REMOVED', severity: 'review', message }
      if (after !== undefined) return found(after, place)
      return found(before as FlowVersion, { ...place, at: trigger.at })
    })
  return [...come, ...gone]
}

interface Trigger {
  readonly kind: string
  readonly at: string
  readonly value: JsonObject
}

function triggersOf(flow: JsonObject | undefined): ReadonlyMap<string, Trigger> {
  const on = flow?.['on']
  const all = new Map<string, Trigger>()
  if (!isObject(on)) return all
  for (const [kind, given] of Object.entries(on)) {
    const list: readonly (Json | undefined)[] = Array.isArray(given) ? given : [given]
    for (const [index, value] of list.entries()) {
      if (!isObject(value) && value !== null) continue
      const trigger = isObject(value) ? value : {}
      const at = `/on${pointer(kind)}${Array.isArray(given) ? `/${index}` : ''}`
      const id = trigger['id']
      all.set(`${kind}/${typeof id === 'string' ? id : index}`, { kind, at, value: trigger })
    }
  }
  return all
}

function added(trigger: Trigger): FindingAt {
  const message = `It will start ${wordsOf(trigger)}.`
  const severity = trigger.kind === 'manual' ? 'info' : 'review'
  return { code: 'PLAN_TRIGGER_ADDED', severity, message, at: trigger.at }
}

function changed(was: Trigger, trigger: Trigger): FindingAt {
  const [before, after] = [rateOf(was), rateOf(trigger)]
  const isOftener = before !== undefined && after !== undefined && after > before
  const [old, now] = [wordsOf(was), wordsOf(trigger)]
  const message =
    old === now
      ? `What starts it ${now} gives it other inputs or options.`
      : `It will start ${now}; so far it starts ${old}.`
  const severity = isOftener || trigger.kind === 'webhook' ? 'review' : 'info'
  return { code: 'PLAN_TRIGGER_CHANGED', severity, message, at: trigger.at }
}

function rateOf({ value }: Trigger): number | undefined {
  return typeof value['cron'] === 'string' ? firesPerYear(value['cron']) : undefined
}

/** When it starts, as the rest of "It starts …". */
function wordsOf({ kind, value }: Trigger): string {
  const text = (key: string): string => wordOf(value[key] ?? '')
  switch (kind) {
    case 'schedule':
      return scheduleWords(text('cron'), text('timezone') || 'UTC')
    case 'webhook':
      return `by a webhook signed with "${text('secret')}" (${text('scheme')})`
    case 'event':
      return `on the event "${text('subject')}"`
    case 'git':
      return `on ${gitWords(value)}`
    case 'flow':
      return `when a run of "${text('flow')}" ends (${listOf(value['status'] ?? 'done')})`
    case 'manual':
      return 'by hand'
    default:
      return `by "${kind}"`
  }
}

function gitWords({ push, tag }: JsonObject): string {
  const parts = [
    ...(push === undefined ? [] : [`a push to ${listOf(push)}`]),
    ...(tag === undefined ? [] : [`the tag ${listOf(tag)}`]),
  ]
  return parts.length === 0 ? 'any push' : parts.join(' and ')
}

function listOf(value: Json): string {
  return Array.isArray(value) ? value.map(wordOf).join(', ') : wordOf(value)
}
