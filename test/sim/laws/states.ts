/**
 * What flows remember: every write that a step reports happened, and happened once.
 */
import { isObject } from '#engine/core/json.ts'
import { stepIdOf } from '#test/sim/step-id.ts'
import type { World } from '#test/sim/world.ts'

/** Keys that are written, by the ids of their steps: plans are looked through once. */
const known = new WeakMap<World['built'], ReadonlyMap<string, string>>()

/** Versions count the writes to a key, whatever died in between. */
export function checkStates(world: World): void {
  const { built } = world
  const sets = known.get(built) ?? new Map([...setsIn(built.main), ...setsIn(built.child)])
  known.set(built, sets)
  const writes = new Map<string, number>()
  for (const [run, { header }] of world.disk.runs) {
    for (const record of world.records(run)) {
      const key = record.kind === 'step.done' ? sets.get(stepIdOf(record.path)) : undefined
      if (key === undefined) continue
      const name = `${header.flow} ${key}`
      writes.set(name, (writes.get(name) ?? 0) + 1)
    }
  }
  for (const name of ['main k0', 'main k1', 'kid k0', 'kid k1']) {
    const [flow = '', key = ''] = name.split(' ')
    const version = world.disk.states.get(flow)?.rows.get(key)?.version ?? 0
    const wanted = writes.get(name) ?? 0
    if (version !== wanted) world.breach('a write counts once', `${name}: ${version}, ${wanted}`)
  }
}

/** The keys that steps write, by the ids of the steps. */
function setsIn(plan: unknown): readonly (readonly [string, string])[] {
  if (Array.isArray(plan)) return plan.flatMap(setsIn)
  if (!isObject(plan)) return []
  const { kind, does, id, key } = plan as unknown as SetStep
  const inner = Object.values(plan).flatMap(setsIn)
  if (kind !== 'state' || does !== 'set') return inner
  return [[id, key.value], ...inner]
}

/** A step of the simulation that writes: its key is written out. */
interface SetStep {
  readonly kind: string
  readonly does: string
  readonly id: string
  readonly key: { readonly value: string }
}
