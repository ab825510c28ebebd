/**
 * What the schema cannot say about steps: ids that are unique, waits that are possible,
 * branches that can start.
 */
import { parseInstant } from '#engine/core/instant.ts'
import { isObject, pointer, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem } from '#engine/core/problem.ts'
import { parseDuration, printDuration } from '#engine/dsl/duration.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import { checkWaits } from '#engine/dsl/waits/check.ts'

import { cut } from './node.ts'
import type { FoundStep } from './walk.ts'

export function checkSteps(steps: readonly FoundStep[]): readonly Problem[] {
  const problems: Problem[] = []
  if (steps.length > limits.stepsPerFlowMax) {
    problems.push({
      code: 'DSL_LIMIT_EXCEEDED',
      severity: 'error',
      message: `The flow has ${steps.length} steps; at most ${limits.stepsPerFlowMax} are allowed.`,
      at: '/steps',
      help: 'Move a part of it into a flow of its own and call that.',
    })
  }
  problems.push(...duplicateIds(steps))
  for (const { step, at } of steps) {
    problems.push(...waits(step, at), ...branches(step, at), ...checkWaits(step, at))
    problems.push(...detached(step, at))
  }
  return problems
}

function duplicateIds(steps: readonly FoundStep[]): readonly Problem[] {
  const first = new Map<string, string>()
  return steps.flatMap(({ step, at }) => {
    const { id } = step
    if (typeof id !== 'string') return []
    const before = first.get(id)
    if (before === undefined) {
      first.set(id, `${at}/id`)
      return []
    }
    const problem: Problem = {
      code: 'DSL_STEP_DUPLICATE',
      severity: 'error',
      message: `The id "${id}" is taken by another step.`,
      at: `${at}/id`,
      related: [{ message: 'It is used here first.', at: before }],
      help: 'Give each step of the flow an id of its own.',
    }
    return [problem]
  })
}

/** A run that nobody waits for is not cut short by the step that starts it. */
function detached({ detach, timeout }: JsonObject, at: string): readonly Problem[] {
  if (detach !== true || timeout === undefined) return []
  const message = '"timeout" bounds the wait for a run, and a detached one is not waited for.'
  const help = 'Take it out here; a "timeout" of the called flow bounds its runs.'
  return [{ code: 'DSL_VALUE_FORMAT', severity: 'error', message, at: `${at}/timeout`, help }]
}

// ─── Waits ──────────────────────────────────────────────────────────────────

function waits(step: JsonObject, at: string): readonly Problem[] {
  const problems = ['timeout', 'sleep'].flatMap((key) => duration(step[key], `${at}/${key}`))
  const { retry, until } = step
  if (isObject(retry) && isObject(retry['backoff'])) {
    const { first, max } = retry['backoff']
    problems.push(...duration(first, `${at}/retry/backoff/first`))
    problems.push(...duration(max, `${at}/retry/backoff/max`))
  }
  if (typeof until === 'string' && !isTemplate(until) && parseInstant(until) === undefined) {
    const message = `"${cut(until)}" is not an instant such as 2026-01-01T00:00:00Z.`
    problems.push({ code: 'DSL_VALUE_FORMAT', severity: 'error', message, at: `${at}/until` })
  }
  return problems
}

/** The problem with a duration that is written out; one that an expression gives is not seen. */
export function duration(value: Json | undefined, at: string): Problem[] {
  if (typeof value !== 'string' || isTemplate(value)) return []
  const ms = parseDuration(value)
  const bare = { code: 'DSL_VALUE_FORMAT', severity: 'error', at } as const
  if (ms === undefined) {
    // Only `sleep` takes any text by the schema; the others were refused there.
    const message = `"${cut(value)}" is not a duration such as 90s, 5m, 1h30m, 4d or PT5M.`
    return at.endsWith('/sleep') ? [{ ...bare, message }] : []
  }
  if (ms <= limits.waitMsMax) return []
  const message = `"${cut(value)}" is longer than ${printDuration(limits.waitMsMax)}.`
  return [{ ...bare, message }]
}

function isTemplate(text: string): boolean {
  return text.includes('${{')
}

// ─── Branches ───────────────────────────────────────────────────────────────

function branches(step: JsonObject, at: string): readonly Problem[] {
  const { parallel, join } = step
  if (!isObject(parallel)) return []
  const names = Object.keys(parallel)
  const needs = new Map(names.map((name) => [name, needsOf(parallel[name])]))
  const here = `${at}/parallel`
  const problems = unknownNeeds(needs, here)
  const cycle = findCycle(needs)
  if (cycle !== undefined) {
    problems.push({
      code: 'PLAN_BRANCH_CYCLE',
      severity: 'error',
      message: `The branches ${cycle.map((name) => `"${name}"`).join(' → ')} wait for each other.`,
      at: `${here}${pointer(cycle[0] ?? '', 'needs')}`,
      help: 'Remove one of these needs.',
    })
  }
  if (typeof join === 'number' && join > names.length) {
    const message = `"join" waits for ${join} branches, but there are ${names.length}.`
    problems.push({ code: 'DSL_VALUE_FORMAT', severity: 'error', message, at: `${at}/join` })
  }
  return problems
}

function needsOf(branch: Json | undefined): readonly string[] {
  const needs = isObject(branch) ? branch['needs'] : undefined
  return Array.isArray(needs) ? needs.filter((need) => typeof need === 'string') : []
}

function unknownNeeds(needs: ReadonlyMap<string, readonly string[]>, at: string): Problem[] {
  return [...needs].flatMap(([name, wanted]) =>
    wanted.flatMap((need, i) => {
      if (needs.has(need)) return []
      const others = [...needs.keys()].filter((other) => other !== name)
      const meant = suggest(need, others)
      const help =
        meant === undefined ? `Branches: ${others.join(', ')}.` : `Did you mean "${meant}"?`
      const problem: Problem = {
        code: 'PLAN_BRANCH_UNKNOWN',
        severity: 'error',
        message: `There is no branch "${need}" beside "${name}".`,
        at: at + pointer(name, 'needs', i),
        help,
      }
      return [meant === undefined ? problem : withReplacement(problem, meant)]
    }),
  )
}

/** Offers `word` in place of the whole value; `locate` finds its range. */
function withReplacement(problem: Problem, word: string): Problem {
  const wrong = /"([^"]*)"/.exec(problem.message)?.[1] ?? ''
  const within = { start: 0, end: wrong.length }
  const edits = [{ span: within, text: word }]
  return { ...problem, within, fix: { title: `Write ${word}`, applicability: 'safe', edits } }
}

/** A list of branches each of which needs the next, the last one the first. */
function findCycle(needs: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>()
  for (const start of needs.keys()) {
    const path: { readonly name: string; next: number }[] = done.has(start)
      ? []
      : [{ name: start, next: 0 }]
    while (path.length > 0) {
      const top = path.at(-1)
      if (top === undefined) break
      const need = needs.get(top.name)?.[top.next]
      top.next += 1
      const seen = path.findIndex(({ name }) => name === need)
      if (need === undefined) {
        done.add(top.name)
        path.pop()
      } else if (seen !== -1) return [...path.slice(seen).map(({ name }) => name), need]
      else if (!done.has(need)) path.push({ name: need, next: 0 })
    }
  }
  return undefined
}
