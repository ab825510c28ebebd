/**
 * A laboratory for flows: YAML text, actions given as functions, a clock that stands still.
 *
 * Everything between the text and the journal is the real thing; only the actions, the clock
 * and the ids are made up.
 */
import { type Digest, digestOfText } from '#engine/core/digest.ts'
import { type Ids, type RunId, runIdFrom } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { openMemory, type MemoryHost } from '#engine/durable/memory.ts'
import { memoryDisk, type MemoryDisk } from '#engine/durable/memory-disk.ts'
import type { Effects } from '#engine/dsl/template.ts'
import { componentsOf, type Component, type ComponentFile } from '#engine/dsl/component/file.ts'
import type { Flow } from '#engine/dsl/flow.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { checkInput } from '#engine/host/inputs.ts'
import { compile, printPlan } from '#engine/plan/compile.ts'
import { type Engine, openEngine } from '#engine/runtime/engine.ts'
import { keepingCaller } from '#engine/runtime/cache/keeping.ts'
import { openPayloads } from '#engine/runtime/payload.ts'
import type { Caller, CallRequest, CallResult, RunLog } from '#engine/runtime/ports.ts'
import type { RunSource } from '#engine/runtime/record.ts'
import { type RunView, viewRun } from '#engine/runtime/view.ts'

import { virtualClock, type VirtualClock } from './clock.ts'

/** An action as a test writes it; one whose name begins with `ask` gives a `CallResult`. Throw a `{ code, message }` to fail. */
export type Fake = (input: Json, call: CallRequest) => Json | Promise<Json>

export interface Lab {
  readonly engine: Engine
  readonly host: MemoryHost
  readonly disk: MemoryDisk
  readonly clock: VirtualClock
  /** `path#attempt` of every call, in order. */
  readonly calls: string[]
  readonly keys: Map<string, Set<string>>
  /** Plans by flow id. */
  readonly plans: ReadonlyMap<string, Digest>
  start(input?: Json, run?: string, from?: RunSource): Promise<RunId>
  /** Lets everything happen that can, and time pass until nothing is left to wait for. */
  settle(): Promise<void>
  /** Starts, settles and shows. */
  run(input?: Json): Promise<RunView>
  view(run: RunId): RunView
  /** The process dies; another one opens the same disk and carries on. */
  crash(carriesOn?: boolean): Lab
}

export interface LabSetup {
  readonly flows: readonly string[]
  /** Texts of components by the path they are named by. */
  readonly components?: Readonly<Record<string, string>>
  readonly actions?: Readonly<Record<string, readonly [Effects, Fake]>>
  /** Pure actions are worth keeping, and their outputs are kept from run to run. */
  readonly keeps?: boolean
  readonly disk?: MemoryDisk
  /** `turn`: what is queued becomes durable once per turn of the event loop, as with SQLite. */
  readonly commit?: 'microtask' | 'turn'
  readonly clock?: VirtualClock
  readonly calls?: string[]
}

/** Opens a laboratory. The last flow is the one that is started; it may call those before it. */
export function lab(setup: LabSetup): Lab {
  const disk = setup.disk ?? memoryDisk()
  const clock = setup.clock ?? virtualClock()
  const calls = setup.calls ?? []
  const keys = new Map<string, Set<string>>()
  const life = { isOver: false }
  const host = mortal(
    openMemory(disk, { commit: setup.commit === 'turn' ? 'manual' : 'microtask' }),
    life,
  )
  const plans = compileAll(setup, host)
  const { actions = {}, keeps: isWorth = false } = setup
  const caller = fakeCaller({ actions, calls, keys, isWorth })
  const engine = openEngine({
    ...host,
    clock,
    ids: fakeIds(disk.runs.size),
    caller: setup.keeps === true ? keepingCaller(caller, { ...host, clock, release: '1' }) : caller,
    checkInput,
  })
  const { plan, plan: source } = plans
  const payloads = openPayloads(host.store)

  async function settle(): Promise<void> {
    for (let idle = 0; idle < 3;) {
      await new Promise((resolve) => setImmediate(resolve))
      if (host.queued() > 0) {
        host.flush()
        idle = 0
      } else if (clock.step()) idle = 0
      else idle += 1
    }
  }
  function view(run: RunId): RunView {
    return viewRun({ plan: source.plan, payloads }, host.journal.read(run))
  }
  async function start(input: Json = {}, run?: string, from: RunSource = {}): Promise<RunId> {
    const named = run === undefined ? {} : { run: run as RunId }
    return await engine.start({ plan: plan.digest, input, source: from, ...named })
  }
  return {
    engine,
    host,
    disk,
    clock,
    calls,
    keys,
    plans: plans.known,
    settle,
    view,
    start,
    async run(input) {
      const run = await start(input)
      await settle()
      return view(run)
    },
    crash(carriesOn = true) {
      life.isOver = true
      const next = lab({ ...setup, disk, clock, calls })
      if (carriesOn) next.engine.recover()
      return next
    },
  }
}

/** A host that writes nothing any more once its process is dead. */
function mortal(host: MemoryHost, life: { isOver: boolean }): MemoryHost {
  const fenced = (log: RunLog): RunLog => ({
    ...log,
    append: (batch) => (life.isOver ? new Promise(() => undefined) : log.append(batch)),
  })
  const { journal } = host
  return {
    ...host,
    journal: {
      ...journal,
      create: (header) => fenced(journal.create(header)),
      open: (run) => fenced(journal.open(run)),
    },
  }
}

function componentFiles({ components = {} }: LabSetup): ReadonlyMap<string, ComponentFile> {
  return new Map(
    Object.entries(components).map(([path, text]) => {
      const document = parseDocument({ file: path, text })
      return [path, { path, document, component: document.value as unknown as Component }]
    }),
  )
}

function compileAll(
  setup: LabSetup,
  host: MemoryHost,
): {
  readonly known: ReadonlyMap<string, Digest>
  readonly plan: { readonly digest: Digest; readonly plan: Parameters<typeof viewRun>[0]['plan'] }
} {
  const known = new Map<string, Digest>()
  let last: ReturnType<typeof compileAll>['plan'] | undefined
  for (const text of setup.flows) {
    const document = parseDocument({ file: 'lab.flow.yaml', text })
    const flow = document.value as unknown as Flow
    const { plan, problems } = compile(flow, {
      action: (name) => {
        const action = setup.actions?.[name]
        return (
          action && {
            name,
            unit: digestOfText(name),
            export: 'default',
            action: { effects: action[0] },
            spends: name.startsWith('ask'),
          }
        )
      },
      transform: (code) => digestOfText(code),
      components: componentsOf('lab.flow.yaml', componentFiles(setup)),
      flow: (id) => {
        const digest = known.get(id)
        return digest && { plan: digest }
      },
    })
    if (plan === undefined)
      throw new Error(problems.map((one) => `${one.at}: ${one.message}`).join('\n'))
    const digest = host.store.put(new TextEncoder().encode(printPlan(plan)))
    known.set(flow.id, digest)
    last = { digest, plan }
  }
  if (last === undefined) throw new Error('a laboratory needs a flow')
  return { known, plan: last }
}

function fakeCaller(with_: {
  readonly actions: NonNullable<LabSetup['actions']>
  readonly calls: string[]
  readonly keys: Map<string, Set<string>>
  readonly isWorth: boolean
}): Caller {
  return {
    call(request) {
      with_.calls.push(`${request.path}#${request.attempt}`)
      const keys = with_.keys.get(request.path) ?? new Set()
      with_.keys.set(request.path, keys.add(request.key))
      const action = with_.actions[request.action.name]
      if (action === undefined) throw new Error(`no action "${request.action.name}"`)
      try {
        const output = action[1](request.input, request)
        if (request.action.spends === true) return output as unknown as CallResult
        if (with_.isWorth) return { ok: true, output: output as Json, usage, isOfInput: true }
        if (!(output instanceof Promise)) return { ok: true, output }
        return output.then((late) => ({ ok: true, output: late }) as const, failure)
      } catch (thrown) {
        return failure(thrown)
      }
    },
  }
}

/** Just enough to be worth keeping. */
const usage = { wallMs: 9, cpuMs: limits.cacheCpuMsMin, hostCalls: 0, bytesIn: 9, bytesOut: 9 }

function failure(thrown: unknown): CallResult {
  const { code = 'broken', message = 'broken' } = thrown as { code?: string; message?: string }
  return { ok: false, error: { code, message } }
}

function fakeIds(first: number): Ids {
  let next = first
  return { runId: () => runIdFrom(1_760_000_000_000 + next++, new Uint8Array(10)) }
}
