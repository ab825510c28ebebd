/**
 * Laws of plans and runs over generated flows: what a digest is over, and that the decider
 * and the reducer depend on nothing but their arguments.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { digestOfText } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import type { Flow } from '#engine/dsl/flow.ts'
import { compile, execDigest, printPlan, type Resolution } from '#engine/plan/compile.ts'
import type { Plan } from '#engine/plan/plan.ts'
import { decide } from '#engine/runtime/decider/decide.ts'
import { evolve } from '#engine/runtime/decider/evolve.ts'
import { counting, fold, replay } from '#engine/runtime/decider/replay.ts'
import { undecided } from '#engine/runtime/decider/find.ts'
import { emptyState } from '#engine/runtime/decider/state.ts'
import { openPayloads } from '#engine/runtime/payload.ts'
import { openProgram } from '#engine/runtime/program.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import { openViewer, viewRun } from '#engine/runtime/view.ts'
import { build } from '#test/sim/build.ts'
import { cases } from '#test/sim/case.ts'
import { dump } from '#test/sim/dump.ts'
import { simulate } from '#test/sim/simulate.ts'
import type { World } from '#test/sim/world.ts'

const seed = Number(process.env['IONFLUX_FUZZ_SEED'] ?? 20_260)
const numRuns = process.env['IONFLUX_DEEP'] === undefined ? 150 : 5_000
const timeout = Math.max(30_000, numRuns * 40)

/** Steps as a file has them, of every shape that holds steps. */
const steps = fc.letrec<{ readonly list: Json; readonly step: Json }>((tie) => ({
  list: fc.array(tie('step'), {
    minLength: 1,
    maxLength: 3,
  }) as fc.Arbitrary<Json>,
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ let: fc.jsonValue({ maxDepth: 2 }) }) as fc.Arbitrary<Json>,
    fc.record({
      use: fc.constant('act@^1'),
      with: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.integer()),
      retry: fc.integer({ min: 1, max: 5 }),
    }) as fc.Arbitrary<Json>,
    fc.record({
      sleep: fc.constantFrom('90s', '5m', 'PT5M'),
      timeout: fc.constant('1h'),
    }) as fc.Arbitrary<Json>,
    fc.record({
      if: fc.constantFrom('${{ true }}', '${{ inputs.n > 1 }}'),
      then: tie('list'),
      else: tie('list'),
    }) as fc.Arbitrary<Json>,
    fc.record({
      each: fc.record({
        in: fc.constant('${{ inputs.list }}'),
        concurrency: fc.integer({ min: 1, max: 9 }),
      }),
      steps: tie('list'),
    }) as fc.Arbitrary<Json>,
    fc.record({ try: tie('list'), catch: tie('list'), finally: tie('list') }) as fc.Arbitrary<Json>,
    fc.record({
      parallel: fc.record({ a: tie('list'), b: tie('list') }),
      join: fc.constantFrom('all', 'any'),
    }) as fc.Arbitrary<Json>,
  ),
}))

function named(list: Json, prefix = 's'): Json {
  return (list as Record<string, Json>[]).map((step, i) => {
    const id = `${prefix}_${i}`
    const inner = Object.entries(step).map(([key, value]) => {
      const isSteps =
        Array.isArray(value) && ['then', 'else', 'steps', 'try', 'catch', 'finally'].includes(key)
      if (isSteps) return [key, named(value, `${id}${key}`)]
      if (key !== 'parallel') return [key, value]
      return [
        key,
        Object.fromEntries(
          Object.entries(value as Record<string, Json>).map(([name, one]) => [
            name,
            named(one, `${id}${name}`),
          ]),
        ),
      ]
    })
    return { id, ...(Object.fromEntries(inner) as Record<string, Json>) }
  })
}

const flows = steps.list.map(
  (list) =>
    ({
      dsl: 'flux/1',
      id: 'law',
      steps: named(list),
      permissions: { net: ['a.example'], secrets: ['S'] },
    }) as unknown as Flow,
)

const resolution: Resolution = {
  action: (name) => ({
    name,
    unit: digestOfText(name),
    export: 'default',
    action: { effects: 'idempotent' },
  }),
  transform: (code) => digestOfText(code),
  flow: () => undefined,
}

function planOf(flow: Flow): Plan {
  const { plan, problems } = compile(flow, resolution)
  if (plan === undefined) throw new Error(JSON.stringify(problems))
  return plan
}

/** The same value with the keys of every map that has no order in another order. */
function shuffled(value: Json): Json {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(
    ([key, inner]) =>
      [
        key,
        key === 'parallel' || key === 'with' || key === 'let' ? inner : shuffled(inner as Json),
      ] as const,
  )
  return Object.fromEntries(entries.toReversed()) as Json
}

test('a flow compiles to one digest, however often and in whatever order its keys stand', () => {
  fc.assert(
    fc.property(flows, (flow) => {
      const digest = execDigest(planOf(flow))
      expect(execDigest(planOf(flow))).toBe(digest)
      expect(execDigest(planOf(shuffled(flow as unknown as Json) as unknown as Flow))).toBe(digest)
    }),
    { seed, numRuns },
  )
})

test('a plan is plain data: printed and read again it is the same', () => {
  fc.assert(
    fc.property(flows, (flow) => {
      const plan = planOf(flow)
      const again = JSON.parse(printPlan(plan)) as Plan
      expect(again).toEqual(plan)
      expect(printPlan(again)).toBe(printPlan(plan))
    }),
    { seed, numRuns },
  )
})

interface Journaled {
  readonly plan: Plan
  readonly records: readonly RunRecord[]
}

function journals(world: World): readonly Journaled[] {
  const { built, disk } = world
  return [...disk.runs.values()].map(({ header }) => ({
    plan: header.plan === built.mainDigest ? built.main : built.child,
    records: world.records(header.run),
  }))
}

async function everyRun(law: (one: Journaled) => void): Promise<void> {
  await fc.assert(
    fc.asyncProperty(cases(), async (one) => {
      for (const journal of journals(await simulate({ case: one, built: build(one) }))) law(journal)
    }),
    { seed, numRuns },
  )
}

const payloads = openPayloads({
  get: () => {
    throw new Error('these values are small')
  },
  put: () => {
    throw new Error('these values are small')
  },
})

test('folding a journal at once or record by record gives one state', { timeout }, async () => {
  await everyRun(({ plan, records }) => {
    const kept = counting(records)
    const first = kept[0]?.record
    if (first?.kind !== 'run.started') throw new Error('a run begins with its start')
    const state = emptyState(plan, first)
    for (const { seq, record } of kept) {
      state.seq = seq - 1
      evolve(state, structuredClone(record))
    }
    expect(dump(state)).toEqual(dump(replay(plan, records)))
  })
})

test(
  'deciding twice gives the same commands and leaves the state as it was',
  { timeout },
  async () => {
    await everyRun(({ plan, records }) => {
      const sight = { program: openProgram(digestOfText('law'), plan), payloads }
      const places = records.map((_, i) => i + 1).filter((n) => n % 3 === 0 || n === records.length)
      for (const n of places) {
        const state = fold(plan, counting(records.slice(0, n)))
        const before = dump(state)
        const ready = undecided(state)
        const commands = decide(sight, state, ready)
        expect(decide(sight, state, ready)).toEqual(commands)
        expect(dump(state)).toEqual(before)
        const again = fold(plan, counting(records.slice(0, n)))
        expect(decide(sight, again, undecided(again))).toEqual(commands)
      }
    })
  },
)

test('a view grown record by record is the view of the whole', { timeout }, async () => {
  await everyRun(({ plan, records }) => {
    const viewer = openViewer({ plan, payloads })
    for (const record of records) viewer.apply(record)
    expect(viewer.view()).toEqual(viewRun({ plan, payloads }, records))
    expect(
      viewer.view().steps.filter(({ status }) => status === 'running' || status === 'waiting'),
    ).toEqual([])
  })
})
