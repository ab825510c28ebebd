/**
 * What the schema cannot say about steps that wait: what is waited for, and until when.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem } from '#engine/core/problem.ts'
import { checkSchema } from '#engine/dsl/check/schemas.ts'
import { parseDuration, printDuration } from '#engine/dsl/duration.ts'
import { isApprover, isPattern, isSignalName, isSubject } from '#engine/dsl/subject.ts'

/** Problems with the waits of the step that stands at the pointer `at`. */
export function checkWaits(step: JsonObject, at: string): readonly Problem[] {
  if (isObject(step['await'])) return awaited(step['await'], `${at}/await`)
  if (isObject(step['approve'])) return asked(step['approve'], `${at}/approve`)
  if (isObject(step['state'])) return remembered(step['state'], `${at}/state`)
  return isObject(step['emit']) ? emitted(step['emit'], `${at}/emit`) : []
}

function asked(what: JsonObject, at: string): readonly Problem[] {
  const { by, quorum, timeout, on_timeout: late, escalate, form } = what
  const problems = [
    ...people(by, `${at}/by`),
    ...waitTime(timeout, `${at}/timeout`),
    ...checkSchema(form, `${at}/form`),
  ]
  if (late !== undefined && timeout === undefined) problems.push(lateWithoutTimeout(at))
  const isClosed = Array.isArray(by) && by.every((one) => String(one).startsWith('user:'))
  if (isClosed && typeof quorum === 'number' && quorum > by.length) {
    const message = `"quorum" is ${quorum}, but ${by.length} may answer.`
    problems.push({ code: 'DSL_VALUE_FORMAT', severity: 'error', message, at: `${at}/quorum` })
  }
  if (!isObject(escalate)) return problems
  return [
    ...problems,
    ...people(escalate['to'], `${at}/escalate/to`),
    ...waitTime(escalate['after'], `${at}/escalate/after`),
  ]
}

/** The problems with names of people that are written out. */
function people(value: Json | undefined, at: string): readonly Problem[] {
  const list: readonly Json[] = Array.isArray(value) ? value : [value ?? 'anyone']
  return list.flatMap((one, i) => {
    if (typeof one !== 'string' || isTemplate(one) || isApprover(one)) return []
    const message = `${quoted(one)} is nobody; write user:name, team:name or anyone.`
    const here = Array.isArray(value) ? `${at}/${i}` : at
    return [{ code: 'DSL_VALUE_FORMAT', severity: 'error', message, at: here } as const]
  })
}

/** One of the three is done, and each takes its own words. */
function remembered(what: JsonObject, at: string): readonly Problem[] {
  const does = ['get', 'set', 'delete'].filter((word) => what[word] !== undefined)
  const bare = { severity: 'error', at } as const
  if (does.length !== 1) {
    const message = '"state" does one thing: get, set or delete of a key.'
    return [{ ...bare, code: 'DSL_KEY_MISSING', message, help: 'Give it one of the three.' }]
  }
  const [one = ''] = does
  const taken: Readonly<Record<string, readonly string[]>> = {
    get: ['default'],
    set: ['value', 'expected'],
    delete: ['expected'],
  }
  const odd = ['value', 'default', 'expected'].find(
    (word) => what[word] !== undefined && taken[one]?.includes(word) !== true,
  )
  if (odd !== undefined) {
    const message = `"${odd}" means nothing for "${one}".`
    return [{ severity: 'error', at: `${at}/${odd}`, code: 'DSL_KEY_UNKNOWN', message }]
  }
  if (one !== 'set' || what['value'] !== undefined) return []
  return [{ ...bare, code: 'DSL_KEY_MISSING', message: '"set" needs the key "value".' }]
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
  return late === undefined ? [] : [lateWithoutTimeout(at)]
}

function lateWithoutTimeout(at: string): Problem {
  const message = '"on_timeout" says what happens after the timeout.'
  const help = 'Give it a timeout such as 1h.'
  return { code: 'DSL_KEY_MISSING', severity: 'error', message, at, help }
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
