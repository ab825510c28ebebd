/**
 * Goal: a recorded run makes a test that passes at once. Method: random programs with scripted
 * services, each run once under the simulation's scheduler, exported, and run as a test.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { runIdFrom } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { openMemory } from '#engine/durable/memory.ts'
import type { Block, Plan, PlanStep } from '#engine/plan/plan.ts'
import { openPayloads } from '#engine/runtime/payload.ts'
import type { Caller } from '#engine/runtime/ports.ts'
import { viewRun } from '#engine/runtime/view.ts'
import type { TestFile } from '#engine/testing/file.ts'
import { stepAt, type Outline, type OutlineStep } from '#engine/testing/outline.ts'
import { caseOf, type Recorded } from '#engine/testing/recorded/case.ts'
import { printTest } from '#engine/testing/recorded/print.ts'
import { repair } from '#engine/testing/recorded/repair.ts'
import { openSuite } from '#engine/testing/suite.ts'
import { build, type Built } from '#test/sim/build.ts'
import { cases, runIds, type Case } from '#test/sim/case.ts'
import { simulate } from '#test/sim/simulate.ts'
import { stepIdOf } from '#test/sim/step-id.ts'
import { resultOf } from '#test/sim/world.ts'

const seed = Number(process.env['IONFLUX_FUZZ_SEED'] ?? 20_270)
const numRuns = process.env['IONFLUX_DEEP'] === undefined ? 150 : 3_000
const timeout = Math.max(60_000, numRuns * 60)

/**
 * Programs that nobody interrupts, and in which one thing is under way at a time: which of two
 * that end in one millisecond counts is the scheduler's to say, and no record gives it back. Nor
 * does it give back what was remembered before.
 */
const calm = cases()
  .map((one): Case => {
    const { cancelAt: _, timeoutMs: __, ...rest } = one
    const quiet = { ...rest, runs: 1, retries: 0, signals: [], answers: [], turn: 512 }
    const text = JSON.stringify(quiet).replaceAll(/,"timeoutMs":\d+/g, '')
    return JSON.parse(text.replaceAll(/"concurrency":\d+/g, '"concurrency":1')) as Case
  })
  .filter((one) => !/"k":"(?:race|parallel|state)"/.test(JSON.stringify(one)))

test('every recorded run makes a test that passes', { timeout }, async () => {
  let passed = 0
  await fc.assert(
    fc.asyncProperty(calm, async (one) => {
      const built = build(one)
      const { recorded, isEnded } = await record(one, built)
      if (!isEnded) return
      const draft: TestFile = { dsl: 'test/1', cases: [caseOf(recorded, 'recorded')] }
      const parts = {
        plan: built.main,
        outline: outlineOf(built.main),
        blobs: new Map(built.bytes),
        real: scripted(built),
        checkInput: (_: unknown, input: Json) => Promise.resolve({ ok: true as const, input }),
        source: {},
      }
      const reread = (file: TestFile): TestFile =>
        parseDocument({ file: '', text: printTest(file, '') }).value as unknown as TestFile
      const open = (file: TestFile) => openSuite({ ...parts, file: reread(file) })
      const { faults, test: made } = await repair(recorded, draft, open)
      expect({ faults, made: faults.length > 0 ? printTest(made, '') : '' }).toEqual({
        faults: [],
        made: '',
      })
      passed += 1
    }),
    { seed, numRuns },
  )
  expect(passed).toBeGreaterThan(numRuns / 2)
})

async function record(one: Case, built: Built) {
  const world = await simulate({ case: one, built })
  const [run = runIdFrom(0, new Uint8Array(10))] = runIds(one)
  const { journal, store } = openMemory(world.disk)
  const records = journal.read(run)
  const payloads = openPayloads(store)
  const view = viewRun({ plan: built.main, payloads }, records)
  const value: Recorded['value'] = (payload) => payloads.value(payload)
  const recorded: Recorded = { view, records, idOf: (path) => stepAt(path), value }
  return { recorded, isEnded: view.endedAt !== null }
}

/** Pure calls, as the services of the simulation answer them. */
function scripted(built: Built): Caller {
  return {
    call(request) {
      const attempts = built.calls.get(stepIdOf(request.path))?.attempts ?? []
      const attempt = attempts[Math.min(request.attempt, attempts.length) - 1]
      return resultOf(built, request, attempt ?? { does: 'ok', ms: -1 })
    },
  }
}

/** The steps of a plan; its place in a file is nobody's concern here. */
function outlineOf(plan: Plan): Outline {
  const steps = new Map<string, OutlineStep>()
  const visit = (block: Block | undefined): void => {
    for (const step of block?.steps ?? []) {
      const calls = step.kind === 'flow' ? { kind: 'flow' as const, name: step.flow } : undefined
      steps.set(step.id, { id: step.id, at: '', ...(calls === undefined ? {} : { calls }) })
      for (const inner of blocksOf(step)) visit(inner)
    }
  }
  visit(plan.body)
  visit(plan.onFailure)
  return { steps, components: new Set(), branches: [] }
}

function blocksOf(step: PlanStep): readonly Block[] {
  const parts = Object.values(step).flatMap((part: unknown) =>
    Array.isArray(part) ? part : [part],
  )
  return parts.flatMap((part: unknown) => {
    if (typeof part !== 'object' || part === null || 'kind' in part) return []
    const inner = 'block' in part ? part.block : part
    return typeof inner === 'object' && inner !== null && 'steps' in inner ? [inner as Block] : []
  })
}
