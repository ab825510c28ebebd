/**
 * The law of runs that nobody waits for: a step that says one has begun tells the truth, and
 * such a run goes its own way, whatever becomes of the one that started it.
 */
import type { RunId } from '#engine/core/id.ts'
import { isObject, wordOf } from '#engine/core/json.ts'
import type { MemoryDisk } from '#engine/durable/memory-disk.ts'
import type { PlanStep } from '#engine/plan/plan.ts'
import { counting } from '#engine/runtime/decider/replay.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import type { Built } from '#test/sim/build.ts'
import { stepIdOf } from '#test/sim/step-id.ts'

/** Ids of the steps that let a run go, by world: plans are looked through once. */
const known = new WeakMap<Built, ReadonlySet<string>>()

/** What of a world the law is about. */
export interface Letting {
  readonly built: Built
  readonly disk: Pick<MemoryDisk, 'runs'>
  records(run: RunId): readonly RunRecord[]
  breach(law: string, detail: string): void
}

/** Checks a world in which nothing moves any more. */
export function checkDetached(world: Letting): void {
  const { built } = world
  const ids = known.get(built) ?? new Set(detachedIn(built.main))
  known.set(built, ids)
  if (ids.size === 0) return
  for (const [run, { header }] of world.disk.runs) {
    const records = world.records(run)
    for (const { record } of counting(records)) {
      if (record.kind !== 'step.done' || !ids.has(stepIdOf(record.path))) continue
      const child = childOf(record)
      if (world.disk.runs.get(child)?.header.parent !== run)
        world.breach('a run that was let go has begun', `${run} ${record.path}`)
    }
    if (header.parent === undefined || !isDetached(records)) continue
    if (records.some(({ kind }) => kind === 'run.cancel'))
      world.breach('a run that was let go goes its own way', run)
  }
}

function childOf({ output }: Extract<RunRecord, { kind: 'step.done' }>): RunId {
  const value = 'value' in output ? output.value : null
  return wordOf(isObject(value) ? (value['run'] ?? '') : '') as RunId
}

/** Whether nobody waits for the run of these records. */
export function isDetached([first]: readonly RunRecord[]): boolean {
  return first?.kind === 'run.started' && first.parent?.isDetached === true
}

function detachedIn(plan: unknown): readonly string[] {
  if (Array.isArray(plan)) return plan.flatMap(detachedIn)
  if (!isObject(plan)) return []
  const { kind, id, detach } = plan as unknown as PlanStep & { readonly detach?: boolean }
  const inner = Object.values(plan).flatMap(detachedIn)
  return kind === 'flow' && detach === true ? [id, ...inner] : inner
}
