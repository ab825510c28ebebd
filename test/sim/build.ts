/**
 * Turns a case into plans, and keeps what each of their calls is scripted to do.
 */
import { type Digest, digestOfText } from '#engine/core/digest.ts'
import type { Template } from '#engine/dsl/template.ts'
import { execDigest, printPlan } from '#engine/plan/compile.ts'
import type { Block, Plan, PlanStep } from '#engine/plan/plan.ts'
import { openPrograms, type Programs } from '#engine/runtime/program.ts'

import type { Case, Node, Out } from './case.ts'
import { called, hangsOnPath, wholeOf } from './make/flows.ts'
import { asked, awaited, emitted, outOf, remembered } from './make/parts.ts'
import { isEven, numberOf, numbered, pick, policy, type Seen, withOf } from './make/templates.ts'
import { type Call, undoOf } from './make/undo.ts'

export interface Built {
  readonly main: Plan
  readonly child: Plan
  readonly mainDigest: Digest
  readonly childDigest: Digest
  /** Both plans, compiled once for all processes. */
  readonly programs: Programs
  /** Both plans as bytes, by digest. */
  readonly bytes: ReadonlyMap<Digest, Uint8Array>
  /** By step id; what undoes a step has `!` behind it. */
  readonly calls: ReadonlyMap<string, Call>
  /** Ids of steps that a `finally` or `on_failure` holds, at any depth. */
  readonly finals: ReadonlySet<string>
  /** Ids of races. */
  readonly races: ReadonlySet<string>
  /** Ids of the steps of `on_failure`. */
  readonly afters: ReadonlySet<string>
}

interface Building {
  readonly prefix: string
  readonly calls: Map<string, Call>
  readonly finals: Set<string>
  readonly races: Set<string>
  readonly afters: Set<string>
  readonly childDigest: Digest | undefined
  /** Calls that are given something of other steps ask a model. */
  readonly asksModels: boolean
  count: number
}

/** Makes the plans of `one`. */
export function build(one: Case): Built {
  const calls = new Map<string, Call>()
  const finals = new Set<string>()
  const races = new Set<string>()
  const afters = new Set<string>()
  const asksModels = one.turns !== undefined
  const shared = { calls, finals, races, afters, asksModels, count: 0 }
  const kid: Building = { ...shared, prefix: 'k', childDigest: undefined }
  const child = plan(kid, { flow: 'kid', nodes: one.child, out: 'last' })
  const childDigest = execDigest(child)
  const top: Building = { ...shared, prefix: 's', childDigest }
  const { main: nodes, out, timeoutMs, onFailure } = one
  const body = plan(top, { flow: 'main', nodes, out, timeoutMs, onFailure })
  const main: Plan = { ...body, ...wholeOf(one) }
  const mainDigest = execDigest(main)
  const bytes = new Map([main, child].map((p) => [execDigest(p), Buffer.from(printPlan(p))]))
  const programs = openPrograms({ get: (digest) => bytes.get(digest) ?? new Uint8Array() })
  return { main, child, mainDigest, childDigest, programs, bytes, calls, finals, races, afters }
}

function plan(
  at: Building,
  from: {
    readonly flow: string
    readonly nodes: readonly Node[]
    readonly out: Out
    readonly timeoutMs?: number | undefined
    readonly onFailure?: readonly Node[] | undefined
  },
): Plan {
  const seen = { values: ['inputs'], numbers: ['inputs.n'], isFinal: false, isLooped: false }
  const body = block(at, from.nodes, { seen, out: 'last' })
  const last = body.steps.at(-1)
  const outputs = outOf(from.out, last === undefined ? 'inputs' : `steps.${last.id}.output`)
  return {
    $type: 'ionflux.plan/v1',
    flow: from.flow,
    body,
    permissions: {},
    ...(outputs === undefined ? {} : { outputs }),
    ...(from.timeoutMs === undefined ? {} : { timeoutMs: from.timeoutMs }),
    ...onFailure(at, from.onFailure, seen),
  }
}

function onFailure(
  at: Building,
  nodes: readonly Node[] | undefined,
  body: Seen,
): { readonly onFailure?: Block } {
  const seen: Seen = { ...body, values: ['inputs', 'error.code'], isFinal: true, isAfter: true }
  return nodes === undefined ? {} : { onFailure: block(at, nodes, { seen, out: 'last' }) }
}

function block(
  at: Building,
  nodes: readonly Node[],
  how: { readonly seen: Seen; readonly out: Out },
): Block {
  let { seen } = how
  const steps: PlanStep[] = []
  for (const node of nodes) {
    const id = `${at.prefix}${++at.count}`
    if (seen.isFinal) at.finals.add(id)
    if (seen.isAfter === true) at.afters.add(id)
    steps.push(stepOf(at, { id, node, seen }))
    const value = `steps.${id}.output`
    seen = {
      ...seen,
      // What an emit yields hangs on its path, which the second reading does not know.
      values: hangsOnPath(node) ? seen.values : [...seen.values, value],
      numbers: node.k === 'call' ? [...seen.numbers, value] : seen.numbers,
    }
  }
  const last = steps.at(-1)
  const output = outOf(how.out, last === undefined ? 'inputs' : `steps.${last.id}.output`)
  return output === undefined ? { steps } : { steps, output }
}

/** Inside a component only its parameters and its own steps are seen. */
function component(
  at: Building,
  node: Extract<Node, { k: 'if' }>,
  seen: Seen,
): Omit<Extract<PlanStep, { kind: 'component' }>, 'id'> {
  const own = { ...seen, values: ['inputs'], numbers: ['inputs.n'] }
  const body = block(at, node.then, { seen: own, out: node.out })
  return { kind: 'component', component: 'part', with: numbered(seen, node.ref), body }
}

function stepOf(
  at: Building,
  { id, node, seen }: { id: string; node: Node; seen: Seen },
): PlanStep {
  const timed =
    'timeoutMs' in node && node.timeoutMs !== undefined ? { timeoutMs: node.timeoutMs } : {}
  const base = { id, ...timed }
  const inner = (
    nodes: readonly Node[],
    out: Out = 'last',
    more: readonly string[] = [],
    numbers: readonly string[] = [],
  ): Block => {
    const values = [...seen.values, ...more]
    const isLooped = seen.isLooped || node.k === 'each' || node.k === 'while'
    return block(at, nodes, {
      seen: { ...seen, values, numbers: [...seen.numbers, ...numbers], isLooped },
      out,
    })
  }
  switch (node.k) {
    case 'call':
      at.calls.set(id, node)
      return {
        ...base,
        ...policy(node.retry),
        kind: 'call',
        action: {
          name: 'act',
          unit: digestOfText('act'),
          export: 'default',
          effects: node.effects,
          ...(at.asksModels && node.refs.length > 0 ? { spends: true } : {}),
        },
        with: withOf(seen, id, node.refs),
        ...undoOf(at, { id, undo: node.undo }),
        ...(node.hasKey && !seen.isLooped && seen.isAfter !== true
          ? { idempotency: { kind: 'text', parts: [`${id}-`, { source: 'run.id' }] } }
          : {}),
      }
    case 'flow':
      return { ...base, ...called(at, { id, node, seen }) }
    case 'let':
      return { ...base, kind: 'let', value: pick(seen.values, node.ref) }
    case 'return':
      return { ...base, kind: 'return', value: pick(seen.values, node.ref) }
    case 'sleep':
      return { ...base, kind: 'sleep', for: { kind: 'value', value: node.ms } }
    case 'fail':
      return {
        ...base,
        kind: 'fail',
        code: node.code,
        message: { kind: 'value', value: 'as written' },
      }
    case 'assert':
      return { ...base, kind: 'assert', when: isEven(seen, node.ref) }
    case 'approve':
      return { ...base, ...asked(node, inner) }
    case 'state':
      return { ...base, ...remembered(node) }
    case 'emit':
      return { ...base, ...emitted(node) }
    case 'await':
      return { ...base, ...awaited(node, inner) }
    case 'if': {
      if (node.ref >= 6) return { ...base, ...component(at, node, seen) }
      const otherwise = node.else === undefined ? {} : { else: inner(node.else, node.out) }
      return {
        ...base,
        kind: 'if',
        when: isEven(seen, node.ref),
        then: inner(node.then, node.out),
        ...otherwise,
      }
    }
    case 'switch': {
      const cases = node.cases.map((nodes, i) => ({ when: String(i), block: inner(nodes) }))
      const number = numberOf(seen, node.ref)
      const value: Template = { kind: 'expression', source: `int(${number}) % 3` }
      return { ...base, kind: 'switch', value, cases, default: inner(node.rest) }
    }
    case 'each': {
      const items = [
        pick(seen.numbers, node.ref),
        { kind: 'value', value: 4 },
        { kind: 'value', value: 9 },
      ] as const
      const body = inner(node.body, node.out, ['item', 'turn.index'], ['item'])
      const { concurrency, onError } = node
      return {
        ...base,
        kind: 'each',
        in: { kind: 'list', items: items.slice(0, node.count) },
        as: 'item',
        concurrency,
        onError,
        body,
      }
    }
    case 'while': {
      const when: Template = { kind: 'expression', source: `turn.index < ${node.turns}` }
      return {
        ...base,
        kind: 'while',
        when,
        max: node.max,
        body: inner(node.body, node.out, ['turn.previous'], ['turn.index']),
      }
    }
    case 'parallel':
      return {
        ...base,
        kind: 'parallel',
        ...parallel(node, inner),
        ...(node.out === 'last' ? {} : { output: outOf(node.out, 'branches') as Template }),
      }
    case 'race': {
      at.races.add(id)
      const branches = node.branches.map(({ body, out }, i) => {
        return { name: `b${i}`, block: inner(body, out) }
      })
      return { ...base, kind: 'race', branches }
    }
    case 'try': {
      const taken = node.catch === undefined ? [] : [inner(node.catch, 'last', ['error.code'])]
      const catches = taken.map((one) =>
        node.on === undefined ? { block: one } : { on: node.on, block: one },
      )
      const last =
        node.finally === undefined
          ? {}
          : { finally: block(at, node.finally, { seen: { ...seen, isFinal: true }, out: 'last' }) }
      return { ...base, kind: 'try', body: inner(node.body, node.out), catches, ...last }
    }
  }
}

function parallel(
  node: Extract<Node, { k: 'parallel' }>,
  inner: (nodes: readonly Node[], out: Out, more?: readonly string[]) => Block,
): Pick<Extract<PlanStep, { kind: 'parallel' }>, 'branches' | 'join'> {
  const branches = node.branches.map((branch, i) => {
    const needs = i === 0 ? [] : branch.needs.map((need) => `b${need % i}`)
    const more = needs.map((need) => `branches.${need}.output`)
    return {
      name: `b${i}`,
      needs: [...new Set(needs)],
      block: inner(branch.body, branch.out, more),
    }
  })
  return { branches, join: node.join }
}
