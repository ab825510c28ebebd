/**
 * Says what a run does next, given its state: the pure half of every host.
 *
 * It takes no clock, no chance and no I/O, and looks only at the frames that the latest
 * record made ready. What an expression gives becomes a record, so that a replay needs no
 * expression. Hosts execute the commands (`turn.ts`) and apply the records (`evolve.ts`).
 */
import { IonError, toFailure } from '#engine/core/error.ts'
import { childRunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import type { Held } from '#engine/runtime/payload.ts'
import type { RunFailed, RunRecord } from '#engine/runtime/record.ts'

import { askAtGate } from '#engine/runtime/admission/gate.ts'
import { asks } from '#engine/runtime/waits/approve.ts'

import { awaits } from './await.ts'
import { type Command, condition, record, yields } from './command.ts'
import { branchesOf, evaluate, evaluateWith, itemsOf, type Sight, turnOf } from './scope.ts'
import { openComponent, plain } from './plain.ts'
import { arm, lapsed } from './saga.ts'
import type {
  ApproveFrame,
  AwaitFrame,
  BlockFrame,
  CallFrame,
  ComponentFrame,
  EachFrame,
  Frame,
  StepFrame,
} from './frames.ts'
import { isHeld, type RunState } from './state.ts'
import type { ParallelFrame, PlainFrame, WhileFrame } from './frames.ts'

/** What follows from the latest record. After a restart pass `undecided(state)` as `ready`. */
export function decide(
  sight: Sight,
  state: RunState,
  ready: readonly Frame[] = state.ready,
): readonly Command[] {
  const commands: Command[] = []
  for (const cut of state.cancelled) commands.push({ kind: 'cancelStep', ...cut })
  for (const change of state.timers) commands.push({ kind: 'setTimer', ...change })
  commands.push(...state.outside)
  if (isHeld(state)) return commands
  if (state.gate !== undefined) {
    const asked = askAtGate(sight, state)
    return asked === undefined ? commands : [...commands, asked]
  }
  for (const frame of ready) {
    const command = decideFrame(sight, state, frame)
    if (command !== undefined) commands.push(command)
  }
  return commands
}

function decideFrame(sight: Sight, state: RunState, frame: Frame): Command | undefined {
  if (frame === state.root && state.ending !== undefined) {
    const end = ending(sight, state)
    const isChecked = end.kind === 'run.done' && state.plan.returns !== undefined
    return isChecked ? { kind: 'checkOutput', done: end } : record(end)
  }
  try {
    return frame.kind === 'block'
      ? closeBlock(sight, state, frame)
      : decideStep(sight, state, frame)
  } catch (thrown) {
    // A journal that cannot be read, or a bug of ours, is no failure of the step.
    if (!(thrown instanceof IonError) || thrown.code.startsWith('JOURNAL_')) throw thrown
    const attempt = 'attempt' in frame ? frame.attempt : 1
    const error = toFailure(thrown, 'RUN_EXPRESSION_FAILED')
    return record({ kind: 'step.failed', path: pathOf(frame), attempt, at: state.now, error })
  }
}

function pathOf(frame: Frame): string {
  return frame.path
}

function closeBlock(sight: Sight, state: RunState, block: BlockFrame): Command | undefined {
  const template = block.block.output
  if (!block.isClosing || template === undefined) return undefined
  return yields(sight, state, {
    path: block.path,
    output: evaluate(sight, state, { template, block }),
  })
}

function decideStep(sight: Sight, state: RunState, frame: StepFrame): Command | undefined {
  switch (frame.step.kind) {
    case 'call':
    case 'flow':
      return start(sight, state, frame as CallFrame)
    case 'if':
    case 'switch':
      return choose(sight, state, frame)
    case 'each':
      return openEach(sight, state, frame as EachFrame)
    case 'while':
      return turn(sight, state, frame as WhileFrame)
    case 'parallel':
    case 'race':
      return join(sight, state, frame as ParallelFrame)
    case 'component':
      return openComponent(sight, state, frame as ComponentFrame)
    case 'approve':
      return asks(sight, state, frame as ApproveFrame)
    case 'await':
      return awaits(sight, state, frame as AwaitFrame)
    case 'try':
      return undefined
    default:
      return plain(sight, state, frame as PlainFrame)
  }
}

function start(sight: Sight, state: RunState, frame: CallFrame): Command {
  if (frame.result !== undefined) return arm(sight, state, frame)
  const { step, path, attempt, parent: block } = frame
  const recorded = frame.input === undefined ? undefined : sight.payloads.value(frame.input)
  const input =
    recorded ??
    (step.with === undefined ? {} : evaluate(sight, state, { template: step.with, block }))
  if (step.kind === 'flow') {
    const child = childRunId(state.run, `${path}#${attempt}`)
    return { kind: 'spawnRun', path, step, child, input }
  }
  if (step.idempotency === undefined) return { kind: 'startStep', path, step, attempt, input }
  const own = frame.key ?? evaluate(sight, state, { template: step.idempotency, block })
  const key = typeof own === 'string' ? own : JSON.stringify(own)
  return { kind: 'startStep', path, step, attempt, input, key }
}

function choose(sight: Sight, state: RunState, frame: StepFrame): Command {
  const { step, path, parent: block } = frame
  const at = state.now
  if (step.kind === 'if') {
    const holds = condition(evaluate(sight, state, { template: step.when, block }), path)
    const branch = holds ? 'then' : step.else === undefined ? 'none' : 'else'
    return record({ kind: 'branch.taken', path, at, branch })
  }
  if (step.kind !== 'switch') throw new Error('only a choice is chosen')
  const value = evaluate(sight, state, { template: step.value, block })
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const isCase = step.cases.some((one) => one.when === text)
  return record({ kind: 'branch.taken', path, at, branch: isCase ? `case:${text}` : 'default' })
}

function openEach(sight: Sight, state: RunState, frame: EachFrame): Command {
  const items: unknown = itemsOf(sight, state, frame)
  if (!Array.isArray(items)) {
    throw new IonError('RUN_EXPRESSION_FAILED', `"in" of "${frame.path}" is not a list.`)
  }
  if (items.length > limits.eachItemsMax) {
    throw new IonError(
      'RUN_LIMIT_EXCEEDED',
      `"${frame.path}" has ${items.length} items; ${limits.eachItemsMax} is the most.`,
    )
  }
  return record({ kind: 'each.opened', path: frame.path, at: state.now, count: items.length })
}

function turn(sight: Sight, state: RunState, frame: WhileFrame): Command {
  const { step, path, parent: block } = frame
  const more = { turn: turnOf(sight, frame) }
  const goesOn = condition(evaluateWith(sight, state, { template: step.when, block, more }), path)
  if (goesOn && frame.turn >= step.max) {
    throw new IonError('RUN_LOOP_EXCEEDED', `"${path}" wants more than its ${step.max} turns.`)
  }
  const index = goesOn ? frame.turn : -1
  return record({ kind: 'while.turned', path, at: state.now, index })
}

function join(sight: Sight, state: RunState, frame: ParallelFrame): Command | undefined {
  if (frame.step.kind === 'race') return undefined
  const template = frame.step.output
  if (template === undefined) return undefined
  const more = { branches: branchesOf(sight, frame) }
  const output = evaluateWith(sight, state, { template, block: frame.parent, more })
  return yields(sight, state, { path: frame.path, output })
}

function ending(sight: Sight, state: RunState): RunRecord {
  const at = state.now
  const end = state.ending
  switch (end?.kind) {
    case 'error': {
      const { path, error, cause } = end
      return { kind: 'run.failed', at, path, error, cause, ...aftermath(state) }
    }
    case 'cancel': {
      const { reason, cause } = end
      if (state.lapses.length === 0) return { kind: 'run.cancelled', at, reason, cause }
      return { kind: 'run.failed', at, path: '', error: lapsed(state.lapses), cause }
    }
    default:
      return finished(sight, state, end)
  }
}

/** What went wrong beside the error itself. */
function aftermath({ lapses, afterError }: RunState): Partial<RunFailed> {
  return {
    ...(lapses.length === 0 ? {} : { compensation: lapsed(lapses) }),
    ...(afterError === undefined ? {} : { onFailure: afterError }),
  }
}

function finished(
  sight: Sight,
  state: RunState,
  end: Extract<RunState['ending'], { readonly output: Held }> | undefined,
): RunRecord {
  const at = state.now
  const { outputs } = state.plan
  const last = end?.output ?? { value: null }
  try {
    if (outputs === undefined || end?.kind === 'return') {
      return { kind: 'run.done', at, output: recorded(sight, last) }
    }
    const output = evaluate(sight, state, { template: outputs, block: state.root })
    return { kind: 'run.done', at, output: sight.payloads.hold(output) }
  } catch (thrown) {
    const error = toFailure(thrown, 'RUN_EXPRESSION_FAILED')
    if (state.armed.length > 0 || state.plan.onFailure !== undefined) {
      return { kind: 'step.failed', path: '', attempt: 1, at, error }
    }
    // Nothing but this record brought it about: a retry drops no step for it.
    return { kind: 'run.failed', at, path: '', error, cause: state.seq + 1 }
  }
}

/** What was in parts becomes one payload; what is one already stays as it is. */
function recorded(sight: Sight, held: Held): Extract<RunRecord, { kind: 'run.done' }>['output'] {
  return 'items' in held || 'entries' in held
    ? sight.payloads.hold(sight.payloads.value(held))
    : held
}
