/**
 * What a fork of a run begins with, and what becomes of the effects of the run it comes from.
 *
 * Pure: the records that count before a step, under another name. What was committed is
 * reused; a step that was under way then begins again. Hosts write it (`live/fork.ts`).
 */
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import type { Block, Plan, PlanStep } from '#engine/plan/plan.ts'

import { counting } from './decider/replay.ts'
import type { Payload, RunRecord, RunStarted } from './record.ts'

export interface ForkWish {
  /** The name of the fork. */
  readonly run: RunId
  /** The path of the step that it goes on with. */
  readonly from: string
  /** Takes the place of the input. */
  readonly input?: Payload
  /** By step path: takes the place of what the step gave; for `from` itself, the step is not run. */
  readonly outputs: ReadonlyMap<string, Payload>
}

/** A past call that changes something outside, or asks. */
export interface PastEffect {
  readonly path: string
  /** The action, or the flow that was called. */
  readonly what: string
}

export interface Fork {
  readonly records: readonly RunRecord[]
  /** Done before the step: their results are taken over. */
  readonly reused: readonly PastEffect[]
  /** Done later or not finished: they happen again if the fork gets there. */
  readonly repeated: readonly PastEffect[]
  /** Their outputs are given. */
  readonly stubbed: readonly PastEffect[]
}

/** Makes a fork of the run that `records` tell of. Throws `RUN_NOT_FORKABLE`. */
export function forkOf(plan: Plan, records: readonly RunRecord[], wish: ForkWish): Fork {
  const kept = counting(records).map(({ record }) => record)
  const cut = kept.findIndex((record) => 'path' in record && isOf(record.path, wish.from))
  if (cut < 1) throw refused(neverCame(kept, wish.from))
  const before = withoutOpen(kept.slice(0, cut))
  if (before.some(({ kind }) => kind === 'run.cancel')) {
    throw refused(`it was being cancelled when it came to "${wish.from}"`)
  }
  const first = before[0] as RunStarted
  const { parent: _parent, ...rest } = first
  const started: RunStarted = {
    ...rest,
    run: wish.run,
    forked: { run: first.run, seq: cut },
    ...(wish.input === undefined ? {} : { input: wish.input }),
  }
  const body = before.slice(1).map((record) => withOutput(record, wish.outputs))
  const stub = stubOf(kept[cut] as RunRecord, wish)
  for (const path of wish.outputs.keys()) {
    const isThere = path === wish.from || body.some((one) => isDone(one) && one.path === path)
    if (!isThere) throw refused(`"${path}" had no output before "${wish.from}"`)
  }
  return { records: [started, ...body, ...stub], ...effectsOf(plan, { kept, before, wish }) }
}

function neverCame(records: readonly RunRecord[], from: string): string {
  const paths = new Set(
    records.flatMap((one) => ('path' in one && one.path !== '' ? [one.path] : [])),
  )
  const near = suggest(from, paths)
  return `the run never came to "${from}"${near === undefined ? '' : `, but to "${near}"`}`
}

function refused(why: string): IonError {
  return new IonError('RUN_NOT_FORKABLE', `There is no fork to make: ${why}.`)
}

function isOf(path: string, step: string): boolean {
  return path === step || path.startsWith(`${step}/`) || path.startsWith(`${step}[`)
}

function isDone(record: RunRecord): record is Extract<RunRecord, { kind: 'step.done' }> {
  return record.kind === 'step.done'
}

/** Without the intents that have no result: the fork makes its own, under keys of its own. */
function withoutOpen(records: readonly RunRecord[]): readonly RunRecord[] {
  const open = new Map<string, RunRecord>()
  for (const record of records) {
    if (record.kind === 'step.started' || record.kind === 'step.uncertain') {
      if (record.kind === 'step.started') open.set(record.path, record)
    } else if ('path' in record) open.delete(record.path)
  }
  const doubts = new Set(open.keys())
  const left = new Set(open.values())
  return records.filter((one) => {
    return !left.has(one) && !(one.kind === 'step.uncertain' && doubts.has(one.path))
  })
}

/** What the other run spent is not spent by this one. */
function withoutSpent(record: RunRecord): RunRecord {
  const { spent: _, ...rest } = record as Extract<RunRecord, { kind: 'step.done' }>
  return rest
}

function withOutput(record: RunRecord, outputs: ForkWish['outputs']): RunRecord {
  const output = isDone(record) ? outputs.get(record.path) : undefined
  const own = 'spent' in record ? withoutSpent(record) : record
  return output === undefined ? own : ({ ...own, output } as RunRecord)
}

function stubOf({ at }: RunRecord, { from, outputs }: ForkWish): readonly RunRecord[] {
  const output = outputs.get(from)
  return output === undefined ? [] : [{ kind: 'step.done', path: from, at, output, attempt: 1 }]
}

function effectsOf(
  plan: Plan,
  { kept, before, wish }: Record<'kept' | 'before', readonly RunRecord[]> & { wish: ForkWish },
): Pick<Fork, 'reused' | 'repeated' | 'stubbed'> {
  const names = new Map<string, string>()
  collect(plan.body, names)
  if (plan.onFailure !== undefined) collect(plan.onFailure, names)
  const done = new Set(before.flatMap((one) => (isDone(one) ? [one.path] : [])))
  const all = new Map<string, PastEffect>()
  for (const record of kept) {
    if (record.kind !== 'step.started' && record.kind !== 'step.done') continue
    const what = names.get(idOf(record.path))
    if (what !== undefined) all.set(record.path, { path: record.path, what })
  }
  const effects = [...all.values()]
  const stubbed = effects.filter(({ path }) => wish.outputs.has(path))
  const rest = effects.filter(({ path }) => !wish.outputs.has(path))
  return {
    reused: rest.filter(({ path }) => done.has(path)),
    repeated: rest.filter(({ path }) => !done.has(path) && !path.endsWith('/compensate')),
    stubbed,
  }
}

function idOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** What every call that is not pure does, by step id. */
function collect({ steps }: Block, names: Map<string, string>): void {
  for (const step of steps) {
    if (step.kind === 'call' && step.action.effects !== 'pure') names.set(step.id, step.action.name)
    if (step.kind === 'flow') names.set(step.id, `flow ${step.flow}`)
    for (const block of blocksOf(step)) collect(block, names)
  }
}

function blocksOf(step: PlanStep): readonly Block[] {
  return Object.values(step).flatMap((part: unknown) => {
    if (Array.isArray(part)) {
      return part.flatMap((one: { readonly block?: Block }) => one.block ?? [])
    }
    return isBlock(part) ? [part] : []
  })
}

function isBlock(part: unknown): part is Block {
  return typeof part === 'object' && part !== null && 'steps' in part
}
