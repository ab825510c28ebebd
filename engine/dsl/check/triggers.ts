/**
 * Triggers as far as this language version checks them: their cron expressions, the ids that
 * tell several of one kind apart, and the inputs that a start without a person must be given.
 */
import { type CronTimes, readCron } from '#engine/core/cron.ts'
import { isObject, pointer, type Json } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'

import { cut } from './node.ts'

/** `inputs` is the schema of the flow's inputs, closed in itself. */
export function checkTriggers(
  triggers: Json | undefined,
  inputs: Json | undefined,
): readonly Problem[] {
  if (!isObject(triggers)) return []
  const wanted = withoutDefault(inputs)
  return Object.entries(triggers).flatMap(([kind, given]) => {
    const at = `/on${pointer(kind)}`
    const one = (trigger: Json | undefined, here: string): readonly Problem[] => [
      ...schedule(trigger, here),
      ...(kind === 'schedule' || kind === 'git' ? unmapped(trigger, wanted, here) : []),
    ]
    if (!Array.isArray(given)) return one(given, at)
    return [...duplicates(given, at), ...given.flatMap((each: Json, i) => one(each, `${at}/${i}`))]
  })
}

/** The inputs that somebody must give: required, and without a default of their own. */
function withoutDefault(inputs: Json | undefined): readonly string[] {
  const required = isObject(inputs) ? inputs['required'] : undefined
  if (!isObject(inputs) || !Array.isArray(required)) return []
  const { properties } = inputs
  return required.filter((name): name is string => {
    if (typeof name !== 'string') return false
    const known = isObject(properties) && Object.hasOwn(properties, name)
    const property = known ? properties[name] : undefined
    return !isObject(property) || property['default'] === undefined
  })
}

/** What nobody would give a run that this trigger starts. */
function unmapped(
  trigger: Json | undefined,
  wanted: readonly string[],
  at: string,
): readonly Problem[] {
  if (!isObject(trigger)) return []
  const inputs = trigger['inputs'] ?? {}
  if (!isObject(inputs)) return []
  const missing = wanted.filter((name) => !Object.hasOwn(inputs, name))
  if (missing.length === 0) return []
  const names = missing.map((name) => `"${cut(name)}"`).join(', ')
  const message = `This trigger cannot start the flow: nothing gives the required ${names}.`
  const help = 'Add it to the "inputs" of the trigger, or give the input a "default".'
  return [{ code: 'DSL_KEY_MISSING', severity: 'error', message, at, help }]
}

function duplicates(list: readonly Json[], at: string): readonly Problem[] {
  const first = new Map<string, string>()
  return list.flatMap((trigger, i) => {
    const id = isObject(trigger) ? trigger['id'] : undefined
    if (typeof id !== 'string') return []
    const here = `${at}/${i}/id`
    const before = first.get(id)
    if (before === undefined) {
      first.set(id, here)
      return []
    }
    const problem: Problem = {
      code: 'DSL_STEP_DUPLICATE',
      severity: 'error',
      message: `The id "${id}" is taken by another trigger.`,
      at: here,
      related: [{ message: 'It is used here first.', at: before }],
    }
    return [problem]
  })
}

function schedule(trigger: Json | undefined, at: string): readonly Problem[] {
  return [...timezone(trigger, at), ...cronOf(trigger, at)]
}

function timezone(trigger: Json | undefined, at: string): readonly Problem[] {
  const zone = isObject(trigger) ? trigger['timezone'] : undefined
  if (typeof zone !== 'string' || isZone(zone)) return []
  const message = `"${cut(zone)}" is not a time zone; write one such as Europe/Lisbon, or UTC.`
  return [{ code: 'DSL_VALUE_UNKNOWN', severity: 'error', message, at: `${at}/timezone` }]
}

/** Zones that were looked up before: opening one costs more than checking a small flow. */
const zones = new Set<string>()

/** By the tables of this machine. */
function isZone(text: string): boolean {
  if (zones.has(text)) return true
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    zones.add(text)
    return true
  } catch {
    return false
  }
}

function cronOf(trigger: Json | undefined, at: string): readonly Problem[] {
  const cron = isObject(trigger) ? trigger['cron'] : undefined
  if (typeof cron !== 'string') return []
  const read = readCron(cron)
  const isWeekly = cron.trim().split(/\s+/)[4] !== '*'
  if (read.ok && (isWeekly || hasDay(read.times))) return []
  const message = read.ok
    ? `"${cut(cron)}" never fires: no month that it names has such a day.`
    : `"${cut(cron)}" is not a cron expression: ${read.reason}.`
  return [{ code: 'DSL_VALUE_FORMAT', severity: 'error', message, at: `${at}/cron` }]
}

/** In a leap year. */
const daysOfMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function hasDay({ days: [first = 1], months }: CronTimes): boolean {
  return months.some((month) => first <= (daysOfMonths[month - 1] ?? 0))
}
