/**
 * What the schema cannot say of what a run passes before it begins: times that make sense.
 */
import { isObject, type JsonObject } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'
import { parseDuration } from '#engine/dsl/duration.ts'

import { duration } from '#engine/dsl/check/steps.ts'

/** Problems of `rate_limit` and `debounce`. */
export function checkGates({ rate_limit: rate, debounce }: JsonObject): readonly Problem[] {
  const problems: Problem[] = []
  if (isObject(rate)) problems.push(...duration(rate['per'], '/rate_limit/per'))
  if (!isObject(debounce)) return problems
  const { wait, max_wait: longest } = debounce
  problems.push(...duration(wait, '/debounce/wait'), ...duration(longest, '/debounce/max_wait'))
  if (typeof wait !== 'string' || typeof longest !== 'string') return problems
  const [least, most] = [parseDuration(wait), parseDuration(longest)]
  if (least === undefined || most === undefined || most >= least) return problems
  const message = `"max_wait" is ${longest}, and a run waits for ${wait} in any case.`
  const help = 'Make it longer than "wait", or take it out.'
  const at = '/debounce/max_wait'
  return [...problems, { code: 'DSL_VALUE_FORMAT', severity: 'error', message, at, help }]
}
