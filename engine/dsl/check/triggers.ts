/**
 * Triggers as far as this language version checks them: their cron expressions and the
 * ids that tell several of one kind apart.
 */
import { readCron } from '#engine/core/cron.ts'
import { isObject, pointer, type Json } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'

import { cut } from './node.ts'

export function checkTriggers(triggers: Json | undefined): readonly Problem[] {
  if (!isObject(triggers)) return []
  return Object.entries(triggers).flatMap(([kind, given]) => {
    const at = `/on${pointer(kind)}`
    if (!Array.isArray(given)) return schedule(given, at)
    return [
      ...duplicates(given, at),
      ...given.flatMap((one: Json, i) => schedule(one, `${at}/${i}`)),
    ]
  })
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
  if (read.ok) return []
  const message = `"${cut(cron)}" is not a cron expression: ${read.reason}.`
  return [{ code: 'DSL_VALUE_FORMAT', severity: 'error', message, at: `${at}/cron` }]
}
