/**
 * The engine as a benchmark sees it: real journal, real decider, and actions that are plain
 * functions behind the real `Caller` port, so that the engine is measured and not the guest.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type Digest, digestOfText } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import type { Flow, Step } from '#engine/dsl/flow.ts'
import type { Effects } from '#engine/dsl/template.ts'
import type { Durable } from '#engine/durable/durable.ts'
import { openSqlite } from '#engine/durable/sqlite/open.ts'
import { systemClock, systemIds } from '#engine/durable/system.ts'
import { compile, printPlan } from '#engine/plan/compile.ts'
import { keepingCaller } from '#engine/runtime/cache/keeping.ts'
import { type Engine, openEngine } from '#engine/runtime/engine.ts'
import type { Caller, CallRequest, Store } from '#engine/runtime/ports.ts'

export type Action = (input: Json, call: CallRequest) => Json

export interface BenchLab {
  readonly engine: Engine
  readonly host: Durable
  readonly dir: string
  plan(flow: Flow): Digest
  /** With every `use` served by the default export of one unit. */
  planOf(flow: Flow, unit: Digest): Digest
  run(plan: Digest, input: Json): Promise<void>
  close(): Promise<void>
}

export function openBench(
  actions: Readonly<Record<string, readonly [Effects, Action]>>,
  dir = mkdtempSync(join(tmpdir(), 'ionflux-bench-')),
  guests?: (store: Store) => Caller & { close(): Promise<void> },
): BenchLab {
  mkdirSync(dir, { recursive: true })
  const host = openSqlite(dir)
  const sandbox = guests?.(host.store)
  const clock = systemClock()
  const engine = openEngine({
    ...host,
    clock,
    ids: systemIds(),
    caller: sandbox ?? keepingCaller(plainCaller(actions), { ...host, clock, release: '1' }),
    checkInput: (_, input) => Promise.resolve({ ok: true, input }),
  })
  const add = (
    flow: Flow,
    unitOf: (name: string) => { unit: Digest; effects: Effects },
  ): Digest => {
    const { plan, problems } = compile(flow, {
      action(name) {
        const { unit, effects } = unitOf(name)
        return { name, unit, export: 'default', action: { effects } }
      },
      transform: () => undefined,
      flow: () => undefined,
    })
    if (plan === undefined) throw new Error(JSON.stringify(problems))
    return host.store.put(new TextEncoder().encode(printPlan(plan)))
  }
  return {
    engine,
    host,
    dir,
    plan: (flow) =>
      add(flow, (name) => ({ unit: digestOfText(name), effects: actions[name]?.[0] ?? 'unsafe' })),
    planOf: (flow, unit) => add(flow, () => ({ unit, effects: 'pure' })),
    async run(plan, input) {
      const run = await engine.start({ plan, input, source: {} })
      await engine.wait(run)
    },
    async close() {
      engine.close()
      await sandbox?.close()
      await host.close()
    },
  }
}

function plainCaller(actions: Readonly<Record<string, readonly [Effects, Action]>>): Caller {
  return {
    call(request) {
      const action = actions[request.action.name]
      if (action === undefined) throw new Error(`no action ${request.action.name}`)
      return { ok: true, output: action[1](request.input, request) }
    },
  }
}

export function discard(dir: string): void {
  rmSync(dir, { recursive: true, force: true })
}

/** `count` steps one after another, each adding one to the output of the one before. */
export function chain(count: number, action: string): Flow {
  const steps: Step[] = Array.from({ length: count }, (_, i) => ({
    id: `s${i}`,
    use: action,
    with: { n: i === 0 ? '${{ inputs.n }}' : `\${{ steps.s${i - 1}.output }}` },
  }))
  return { dsl: 'flux/1', id: `chain-${action}`, steps }
}

export async function atOnce(
  many: { readonly count: number; readonly concurrency: number },
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < many.count) await work(next++)
  }
  await Promise.all(Array.from({ length: many.concurrency }, lane))
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** Three significant digits. */
export function short(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}
