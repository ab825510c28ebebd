/**
 * Triggers as far as this language version checks them: their cron expressions and the
 * ids that tell several of one kind apart.
 */
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
  const cron = isObject(trigger) ? trigger['cron'] : undefined
  if (typeof cron !== 'string') return []
  const wrong = cronFault(cron)
  if (wrong === undefined) return []
  const message = `"${cut(cron)}" is not a cron expression: ${wrong}.`
  return [{ code: 'DSL_VALUE_FORMAT', severity: 'error', message, at: `${at}/cron` }]
}

const fields = [
  { name: 'minute', min: 0, max: 59, words: [] },
  { name: 'hour', min: 0, max: 23, words: [] },
  { name: 'day of month', min: 1, max: 31, words: [] },
  {
    name: 'month',
    min: 1,
    max: 12,
    words: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { name: 'day of week', min: 0, max: 7, words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
] as const

/** Why `cron` is none, in one clause; undefined when it is. */
function cronFault(cron: string): string | undefined {
  const parts = cron.trim().split(/\s+/)
  if (parts.length !== fields.length) {
    return `it has ${parts.length} fields, not the five of minute, hour, day, month, weekday`
  }
  for (const [i, field] of fields.entries()) {
    for (const item of (parts[i] ?? '').split(',')) {
      if (!isItem(item.toLowerCase(), field)) {
        return `"${cut(item)}" cannot be the ${field.name} (${field.min} to ${field.max})`
      }
    }
  }
  return undefined
}

function isItem(item: string, field: (typeof fields)[number]): boolean {
  const [range = '', step, ...rest] = item.split('/')
  if (rest.length > 0 || (step !== undefined && !/^[1-9]\d{0,2}$/.test(step))) return false
  if (range === '*') return true
  const bounds = range.split('-').map((text) => numberOf(text, field))
  const [low, high = low] = bounds
  return bounds.length <= 2 && low !== undefined && high !== undefined && low <= high
}

function numberOf(text: string, field: (typeof fields)[number]): number | undefined {
  const word = (field.words as readonly string[]).indexOf(text)
  const value = word === -1 ? Number(text) : word + field.min
  const isOne = word !== -1 || /^\d{1,2}$/.test(text)
  return isOne && value >= field.min && value <= field.max ? value : undefined
}
