/**
 * What the schema cannot say about steps that wait: what is waited for, and until when.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem } from '#engine/core/problem.ts'
import { parseDuration, printDuration } from '#engine/dsl/duration.ts'
import { isPattern, isSignalName, isSubject } from '#engine/dsl/subject.ts'

/** Problems with the waits of the step that stands at the pointer `at`. */
export function checkWaits(step: JsonObject, at: string): readonly Problem[] {
  if (isObject(step['await'])) return awaited(step['await'], `${at}/await`)
  return isObject(step['emit']) ? emitted(step['emit'], `${at}/emit`) : []
}

function emitted({ event }: JsonObject, at: string): readonly Problem[] {
  if (typeof event !== 'string' || isTemplate(event) || isSubject(event)) return []
  const hint = isPattern(event)
    ? ' An event is said under one subject; wildcards are for those who listen.'
    : ''
  const message = `"event": ${quoted(event)} is not a subject such as orders.created.${hint}`
  return [{ code: 'DSL_VALUE_FORMAT', severity: 'error', message, at: `${at}/event` }]
}

function awaited(what: JsonObject, at: string): readonly Problem[] {
  return [
    ...topic(what, at),
    ...waitTime(what['timeout'], `${at}/timeout`),
    ...needsTimeout(what, at),
  ]
}

function topic({ signal, event }: JsonObject, at: string): readonly Problem[] {
  if ((signal === undefined) === (event === undefined)) {
    const message =
      signal === undefined
        ? '"await" does not say what for.'
        : '"await" waits for a signal or for an event, not for both.'
    const help = 'Give it signal: a name, or event: a subject.'
    return [{ code: 'DSL_KEY_MISSING', severity: 'error', message, at, help }]
  }
  const key = signal === undefined ? 'event' : 'signal'
  const text = signal ?? event
  const isGood = key === 'signal' ? isSignalName : isPattern
  if (typeof text !== 'string' || isTemplate(text) || isGood(text)) return []
  const example =
    key === 'signal'
      ? 'a name such as paid or review.done'
      : 'a subject such as orders.created, orders.*.paid or orders.>'
  const message = `"${key}": ${quoted(text)} is not ${example}.`
  return [{ code: 'DSL_VALUE_FORMAT', severity: 'error', message, at: `${at}/${key}` }]
}

function needsTimeout({ count, timeout, on_timeout: late }: JsonObject, at: string): Problem[] {
  if (timeout !== undefined) return []
  const bare = { code: 'DSL_KEY_MISSING', severity: 'error', at } as const
  const help = 'Give it a timeout such as 1h.'
  if (count === 'all') {
    return [{ ...bare, message: '"count: all" takes what comes until the timeout.', help }]
  }
  if (late === undefined) return []
  return [{ ...bare, message: '"on_timeout" says what happens after the timeout.', help }]
}

/** The problem with a duration that is written out where an expression may stand. */
function waitTime(value: Json | undefined, at: string): readonly Problem[] {
  if (typeof value !== 'string' || isTemplate(value)) return []
  const bare = { code: 'DSL_VALUE_FORMAT', severity: 'error', at } as const
  const ms = parseDuration(value)
  if (ms === undefined) {
    const message = `${quoted(value)} is not a duration such as 90s, 5m, 1h30m, 4d or PT5M.`
    return [{ ...bare, message }]
  }
  if (ms <= limits.waitMsMax) return []
  return [
    { ...bare, message: `${quoted(value)} is longer than ${printDuration(limits.waitMsMax)}.` },
  ]
}

function isTemplate(text: string): boolean {
  return text.includes('${{')
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text)
}
