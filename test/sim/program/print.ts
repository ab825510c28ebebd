/**
 * Programs as the text of flows: what `reading.ts` says in recursion, said in `flux/1`.
 */
import type { Json, JsonObject } from '#engine/core/json.ts'

import type { Body, Node, Num, Program } from './program.ts'
import { modulus } from './reading.ts'

export interface Printed {
  /** The flow that is called, and the one that is started. */
  readonly flows: readonly string[]
  readonly components: Readonly<Record<string, string>>
}

interface Printer {
  readonly components: Record<string, string>
  count: number
}

/** Expressions of the numbers that are in sight. */
type Seen = readonly string[]

type Step = JsonObject & { readonly id: string }

export function print({ main, child, onFailure }: Program): Printed {
  const printer: Printer = { components: {}, count: 0 }
  const kid = steps(printer, child, ['inputs.n'])
  const top = steps(printer, main, ['inputs.n'])
  const after = onFailure === undefined ? [] : steps(printer, onFailure, ['inputs.n']).steps
  const flow = (id: string, more: JsonObject): string =>
    JSON.stringify({ dsl: 'flux/1', id, ...more }, null, 1)
  return {
    flows: [
      flow('kid', { steps: orNothing(printer, kid.steps), outputs: whole(kid.seen.at(-1)) }),
      flow('program', {
        steps: top.steps,
        outputs: top.seen.map(whole),
        ...(after.length === 0 ? {} : { on_failure: after }),
      }),
    ],
    components: printer.components,
  }
}

function whole(source: string | undefined): string {
  return `\${{ int(${source}) }}`
}

function numbered(seen: Seen, { ref, plus }: Num): string {
  return `(int(${seen[seen.length - 1 - (ref % seen.length)]}) * 2 + ${plus}) % ${modulus}`
}

function value(seen: Seen, num: Num): string {
  return `\${{ ${numbered(seen, num)} }}`
}

function steps(
  printer: Printer,
  body: Body,
  seen: Seen,
): { readonly steps: readonly Step[]; readonly seen: Seen } {
  const all: Step[] = []
  let now = seen
  for (const node of body) {
    const id = fresh(printer)
    const { before = [], step, gives } = stepOf(printer, { id, node, seen: now })
    all.push(...before, { id, ...step })
    now = [...now, ...gives]
  }
  return { steps: all, seen: now }
}

function fresh(printer: Printer): string {
  return `s${++printer.count}`
}

function orNothing(printer: Printer, all: readonly Step[]): readonly Step[] {
  return all.length > 0 ? all : [{ id: fresh(printer), let: null }]
}

/** Steps that end with the last number in sight. */
function block(printer: Printer, body: Body, seen: Seen): Step[] {
  const inner = steps(printer, body, seen)
  return [...inner.steps, { id: fresh(printer), let: whole(inner.seen.at(-1)) }]
}

interface Said {
  readonly before?: readonly Step[]
  readonly step: JsonObject
  /** Expressions of what it adds to the numbers in sight. */
  readonly gives: Seen
}

function stepOf(
  printer: Printer,
  { id, node, seen }: { readonly id: string; readonly node: Node; readonly seen: Seen },
): Said {
  const output = `steps.${id}.output`
  const inner = (body: Body, more: Seen = []): Step[] => block(printer, body, [...seen, ...more])
  const gives = [output]
  switch (node.k) {
    case 'act':
      return { step: acting(node, value(seen, node.num)), gives }
    case 'let':
      return { step: { let: value(seen, node.num) }, gives }
    case 'sleep':
      return { step: { sleep: `${node.minutes}m` }, gives: [] }
    case 'until':
      return { step: { until: '2020-01-01T00:00:00Z' }, gives: [] }
    case 'slow': {
      const nap = { id: fresh(printer), sleep: '2h' }
      return { step: { if: '${{ true }}', timeout: '1m', then: [nap] }, gives: [] }
    }
    case 'fail':
      return { step: { fail: { code: node.code, message: 'as written' } }, gives: [] }
    case 'assert':
      return { step: { assert: `\${{ (${numbered(seen, node.num)}) % 2 == 0 }}` }, gives: [] }
    case 'return':
      return { step: { return: value(seen, node.num) }, gives: [] }
    case 'if': {
      const when = `\${{ (${numbered(seen, node.num)}) % 2 == 0 }}`
      return { step: { if: when, then: inner(node.then), else: inner(node.else) }, gives }
    }
    case 'switch': {
      const cases = Object.fromEntries(node.cases.map((body, i) => [String(i), inner(body)]))
      const on = `\${{ (${numbered(seen, node.num)}) % 3 }}`
      const none = node.cases.length === 0 ? { '9': inner([]) } : {}
      return {
        step: { switch: on, cases: { ...cases, ...none }, default: inner(node.rest) },
        gives,
      }
    }
    case 'each': {
      const each = {
        in: node.items as Json,
        as: `item_${id}`,
        concurrency: node.isWide ? 3 : 1,
        on_error: node.onError,
      }
      return { step: { each, steps: inner(node.body, [`item_${id}`]) }, gives: [`size(${output})`] }
    }
    case 'while': {
      const { turns, max } = node
      const goesOn = `\${{ turn.index < ${turns} }}`
      // A loop in it has a turn of its own.
      const turn = { id: fresh(printer), let: '${{ turn.index }}' }
      const all = [turn, ...inner(node.body, [`steps.${turn.id}.output`])]
      const step = { while: goesOn, max, steps: all }
      return { step, gives: turns === 0 ? [] : gives }
    }
    case 'parallel': {
      const branches = node.branches.map((body, i) => {
        const needs = node.isChain && i > 0 ? { needs: [`b${i - 1}`] } : {}
        return [`b${i}`, { ...needs, steps: inner(body) }] as const
      })
      const names = branches.map(([name]) => `${output}.${name}`)
      return { step: { parallel: Object.fromEntries(branches) }, gives: names }
    }
    case 'race': {
      const w = [{ id: fresh(printer), sleep: '100h' }, ...inner(node.winner)]
      const losers = node.losers.map((body, i) => {
        return [`l${i}`, [...inner(body), { id: fresh(printer), sleep: '10000h' }]] as const
      })
      return { step: { race: { w, ...Object.fromEntries(losers) } }, gives: [`${output}.output`] }
    }
    default:
      return otherOf(printer, { id, node, seen })
  }
}

/** What waits, remembers, or is elsewhere. */
function otherOf(
  printer: Printer,
  one: { readonly id: string; readonly node: Node; readonly seen: Seen },
): Said {
  const { id, node, seen } = one
  const output = `steps.${id}.output`
  const gives = [output]
  switch (node.k) {
    case 'try': {
      const body = block(printer, node.body, seen)
      const taken = node.catch === undefined ? undefined : block(printer, node.catch, seen)
      const last = node.finally === undefined && taken !== undefined ? undefined : node.finally
      const on = node.on === undefined ? taken : [{ on: [node.on], steps: taken ?? [] }]
      return {
        step: {
          try: body,
          ...(taken === undefined || on === undefined ? {} : { catch: on }),
          ...(last === undefined && taken !== undefined
            ? {}
            : { finally: block(printer, last ?? [], seen) }),
        },
        gives,
      }
    }
    case 'state': {
      const read = fresh(printer)
      const key = `k${node.key}`
      const next = value([`steps.${read}.output.value`], { ref: 0, plus: node.num.plus })
      const expected = `\${{ steps.${read}.output.version }}`
      return {
        before: [{ id: read, state: { get: key, default: 0 } }],
        step: { state: { set: key, value: next, expected } },
        gives: [`steps.${read}.output.value`],
      }
    }
    case 'await': {
      const late = node.late === undefined ? {} : { on_timeout: block(printer, node.late, seen) }
      const wait = { signal: `n${node.signal}`, timeout: '1h', ...late }
      return { step: { await: wait, output: '${{ event.data }}' }, gives }
    }
    case 'relay': {
      const event = `relay.${id}`
      const [a, nap, told] = [fresh(printer), fresh(printer), fresh(printer)]
      const hears = [{ id: a, await: { event, timeout: '50h' }, output: '${{ event.data }}' }]
      const says = [
        { id: nap, sleep: '1m' },
        { id: told, emit: { event, data: node.data } },
      ]
      return { step: { parallel: { hears, says } }, gives: [`${output}.hears`] }
    }
    case 'approve':
      return {
        step: { approve: { ask: 'Well?', timeout: '5h', on_timeout: node.late } },
        gives: [],
      }
    case 'component': {
      const path = `${id}.component.yaml`
      const own = { dsl: 'flux/1', id, steps: block(printer, node.body, ['inputs.n']) }
      printer.components[path] = JSON.stringify(own, null, 1)
      return { step: { component: `./${path}`, with: { n: value(seen, node.num) } }, gives }
    }
    case 'flow':
      return { step: { flow: 'kid', with: { n: value(seen, node.num) } }, gives }
    default:
      throw new Error(`nobody prints "${node.k}"`)
  }
}

function acting(node: Extract<Node, { k: 'act' }>, n: string): JsonObject {
  const { effects, cell, fails, how, tries, isLate, isUndone } = node
  return {
    use: effects,
    with: { cell, n, fails, how, isLate },
    ...(tries === 1 ? {} : { retry: { max: tries, backoff: { first: '1s' } } }),
    ...(isUndone ? { compensate: { use: 'undo', with: { cell, n } } } : {}),
  }
}
