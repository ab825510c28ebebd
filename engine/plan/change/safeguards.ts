/**
 * Safeguards that a change takes away or weakens: approvals, time limits, caps of retries and
 * loops, ways out of an error, budgets, limits of concurrency, assertions.
 */
import { isObject, isSame, type Json, type JsonObject, wordOf } from '#engine/core/json.ts'
import { parseDuration } from '#engine/dsl/duration.ts'

import type { Finding, FlowVersion } from './change.ts'
import { type FindingAt, found } from './finding.ts'
import { type StepAt, stepsOf } from './steps.ts'

/** What guarded `before` and no longer guards `after`. A removed step guards nothing any more. */
export function safeguardFindings(before: FlowVersion, after: FlowVersion): readonly Finding[] {
  const [old, now] = [stepsOf(before.flow), stepsOf(after.flow)]
  const renamed = new Set([...now.keys()].filter((id) => !old.has(id)))
  const ofSteps = [...old.values()].flatMap((step) => {
    const kept = now.get(step.id)
    return kept === undefined ? gone(step, now, renamed) : weakened(step, kept)
  })
  return [...ofFlow(before.flow, after.flow), ...ofSteps].map((place) => found(after, place))
}

/** Steps whose only purpose is to guard. */
const guards: Readonly<Record<string, { readonly what: string; readonly isHard: boolean }>> = {
  approve: { what: 'the approval', isHard: true },
  assert: { what: 'the assertion', isHard: false },
}

function gone(
  step: StepAt,
  now: ReadonlyMap<string, StepAt>,
  added: ReadonlySet<string>,
): readonly FindingAt[] {
  const kind = Object.keys(guards).find((key) => Object.hasOwn(step.own, key))
  const guard = kind === undefined ? undefined : guards[kind]
  if (kind === undefined || guard === undefined) return []
  const heir = [...added].some((id) => isSame(now.get(id)?.own[kind], step.own[kind]))
  if (heir) return []
  return [removed(`${guard.what} "${step.id}"`, guard.isHard ? 'escalation' : 'review')]
}

function removed(what: string, severity: FindingAt['severity'], step?: StepAt): FindingAt {
  const message = `The change takes away ${what}.`
  const place = step === undefined ? {} : { step: step.id, at: step.at }
  return { code: 'PLAN_SAFEGUARD_REMOVED', severity, message, ...place }
}

function weaker(what: string, step?: StepAt): FindingAt {
  const message = `The change weakens ${what}.`
  const place = step === undefined ? {} : { step: step.id, at: step.at }
  return { code: 'PLAN_SAFEGUARD_WEAKENED', severity: 'review', message, ...place }
}

function weakened({ own: old }: StepAt, step: StepAt): readonly FindingAt[] {
  const { own, id } = step
  const name = `of "${id}"`
  return [
    ...limit(`the time limit ${name}`, { old: old['timeout'], now: own['timeout'] }, step),
    ...cap(`the cap of attempts ${name}`, attempts(old), attempts(own), step),
    ...cap(`the cap of turns ${name}`, number(old['max']), number(own['max']), step),
    ...absent(['catch', 'finally', 'compensate'], old, own).map((key) =>
      removed(`"${key}" ${name}`, 'review', step),
    ),
    ...approvalWeakened(old['approve'], own['approve'], step),
    ...(isObject(own['each']) && isObject(old['each'])
      ? onError(old['each'], own['each'], step)
      : []),
  ]
}

function attempts({ retry }: JsonObject): number | undefined {
  return number(isObject(retry) ? retry['max'] : retry)
}

function number(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function cap(
  what: string,
  old: number | undefined,
  now: number | undefined,
  step: StepAt,
): readonly FindingAt[] {
  return old !== undefined && now !== undefined && now > old
    ? [weaker(`${what}, from ${old} to ${now}`, step)]
    : []
}

function limit(
  what: string,
  { old, now }: { readonly old: Json | undefined; readonly now: Json | undefined },
  step?: StepAt,
): readonly FindingAt[] {
  if (typeof old !== 'string') return []
  if (now === undefined) return [removed(`${what}, ${old}`, 'review', step)]
  const [before, after] = [parseDuration(old), parseDuration(wordOf(now))]
  if (before === undefined || after === undefined || after <= before) return []
  return [weaker(`${what}, from ${old} to ${wordOf(now)}`, step)]
}

function absent(keys: readonly string[], old: JsonObject, now: JsonObject): readonly string[] {
  return keys.filter((key) => Object.hasOwn(old, key) && !Object.hasOwn(now, key))
}

function approvalWeakened(
  old: Json | undefined,
  now: Json | undefined,
  step: StepAt,
): readonly FindingAt[] {
  if (!isObject(old)) return []
  if (!isObject(now)) return [removed(`the approval "${step.id}"`, 'escalation', step)]
  const found: FindingAt[] = []
  const [before, after] = [number(old['quorum']) ?? 1, number(now['quorum']) ?? 1]
  if (after < before)
    found.push({
      ...weaker(`the quorum of "${step.id}", from ${before} to ${after}`, step),
      severity: 'escalation',
    })
  if (!isSame(old['by'], now['by']))
    found.push({
      ...weaker(`who may approve "${step.id}"`, step),
      severity: 'escalation',
      message: `Others than before may approve "${step.id}".`,
    })
  if (!isSame(old['on_timeout'], now['on_timeout']) && now['on_timeout'] === 'approve')
    found.push(weaker(`"${step.id}": it is approved when nobody answers`, step))
  return found
}

function onError(old: JsonObject, now: JsonObject, step: StepAt): readonly FindingAt[] {
  const [before, after] = [old['on_error'] ?? 'fail', now['on_error'] ?? 'fail']
  return before === 'fail' && after !== 'fail'
    ? [weaker(`"${step.id}": items that fail no longer fail it`, step)]
    : []
}

function ofFlow(old: JsonObject, now: JsonObject): readonly FindingAt[] {
  const found: FindingAt[] = [
    ...limit('the time limit of the flow', { old: old['timeout'], now: now['timeout'] }),
    ...absent(['concurrency', 'rate_limit', 'on_failure'], old, now).map((key) =>
      removed(`"${key}" of the flow`, 'review'),
    ),
  ]
  for (const [key, before] of Object.entries(budgetOf(old))) {
    const after = budgetOf(now)[key]
    if (after === undefined) found.push(removed(`the budget "${key}"`, 'escalation'))
    else if (typeof before === 'number' && typeof after === 'number' && after > before)
      found.push(weaker(`the budget "${key}", from ${before} to ${after}`))
  }
  return found
}

function budgetOf(flow: JsonObject): JsonObject {
  const { permissions } = flow
  const budget = flow['budget'] ?? (isObject(permissions) ? permissions['budget'] : undefined)
  return isObject(budget) ? budget : {}
}
