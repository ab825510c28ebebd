/**
 * How control moves through the tree of frames, forward and out.
 *
 * Forward: a step's output goes to its block, the block goes on or ends. Out, by an error,
 * a cancel or a `return`, with one mechanism for the three: what still runs inside is cut
 * short and every `finally` on the way runs, innermost first; then the block around goes on.
 * `fail`: a step ends without output. `leave`: a block is left, and its owner takes the
 * unwinding, keeps it or passes it on. `abandon`: a step, or the run, is told to stop.
 */
import { childRunId } from '#engine/core/id.ts'
import type { PlanStep } from '#engine/plan/plan.ts'
import type { Held } from '#engine/runtime/payload.ts'
import { stopWait } from '#engine/runtime/waits/stop.ts'

import {
  fill,
  leaveBranch,
  leaveItem,
  type Moves,
  settleEach,
  settleParallel,
  startReady,
  turnEnded,
} from './fan-out.ts'
import type {
  BlockFrame,
  BlockStepFrame,
  ComponentFrame,
  CallFrame,
  EachFrame,
  ParallelFrame,
  Series,
  StepFrame,
  TryFrame,
  Unwind,
  WhileFrame,
} from './frames.ts'
import {
  concludeAfter,
  isWaitedFor,
  type SagaMoves,
  undoLosers,
  undone,
  unknownOf,
  windUp,
} from './saga.ts'
import { blockFrame, isCall, isLeaf, limitTo, type RunState, stepFrame } from './state.ts'

const saga: SagaMoves = { advance, complete, fail }
const moves: Moves = {
  advance,
  complete,
  fail,
  stop: stopBlock,
  undoLosers: (state, race) => undoLosers(saga, state, race),
}

/** Goes on to the next step of a block, or ends the block. */
export function advance(state: RunState, block: BlockFrame): void {
  const step = block.block.steps[block.next]
  if (step !== undefined) return open(state, block, step)
  if (block.block.output === undefined) return finish(state, block, block.last)
  block.isClosing = true
  state.ready.push(block)
}

function open(state: RunState, block: BlockFrame, step: PlanStep): void {
  const frame = stepFrame(step, block, state)
  block.step = frame
  state.frames.set(frame.path, frame)
  state.trace?.opened(frame)
  if (step.timeoutMs !== undefined) {
    limitTo(state, frame, step.timeoutMs)
  }
  if (frame.step.kind === 'parallel' || frame.step.kind === 'race')
    return startReady(moves, state, frame as ParallelFrame)
  if (frame.step.kind === 'try') return enter(state, frame as TryFrame, frame.step.body)
  state.ready.push(frame)
}

/** Opens the one block of a choice, a turn or a part of `try`. */
export function enter(
  state: RunState,
  owner: BlockStepFrame & { child: BlockFrame | undefined },
  block: BlockFrame['block'],
  index = 0,
): void {
  const path = owner.step.kind === 'while' ? `${owner.path}[${index}]` : owner.path
  const child = blockFrame({ path, block, owner, index })
  owner.phase = 'open'
  owner.child = child
  if (path !== owner.path) state.frames.set(path, child)
  advance(state, child)
}

/** A block ran to its end: its output becomes that of what it belongs to. */
export function finish(state: RunState, block: BlockFrame, output: Held): void {
  block.isClosing = false
  const owner = block.owner
  if (owner === undefined) {
    if (block === state.after) return concludeAfter(state)
    return windUp(saga, state, state.closing ?? { kind: 'done', output })
  }
  if (owner.closing !== undefined) return leave(state, block, owner.closing)
  switch (owner.step.kind) {
    case 'if':
    case 'switch':
    case 'component':
    case 'await':
    case 'approve':
      return complete(state, owner, output)
    case 'try':
      return finishTry(state, owner as TryFrame, output)
    case 'while': {
      state.frames.delete(block.path)
      turnEnded(owner as WhileFrame, block, output)
      state.ready.push(owner)
      return
    }
    case 'each':
      return settleEach(moves, state, owner as EachFrame, block.index, output)
    case 'parallel':
    case 'race':
      return settleParallel(moves, state, owner as ParallelFrame, block.index, output)
  }
}

function finishTry(state: RunState, frame: TryFrame, output: Held): void {
  if (frame.part !== 'finally') {
    frame.output = output
    const last = frame.step.finally
    if (last !== undefined) {
      frame.part = 'finally'
      return enter(state, frame, last)
    }
    return complete(state, frame, output)
  }
  if (frame.pending !== undefined) return fail(state, frame, frame.pending)
  complete(state, frame, frame.output)
}

/** A step has its output: the frame collapses to it and the block goes on. */
export function complete(state: RunState, frame: StepFrame, output: Held): void {
  drop(state, frame)
  state.trace?.closed(frame, { outcome: 'done', at: state.now })
  const series = seriesOf(frame)
  if (series !== undefined) return undone(saga, state, { frame: frame as CallFrame, series })
  const block = frame.parent
  block.outputs.set(frame.step.id, output)
  block.last = output
  block.step = undefined
  block.next += 1
  advance(state, block)
}

/** Takes a frame out of the tree, with the timers it has. */
function drop(state: RunState, frame: StepFrame): void {
  state.frames.delete(frame.path)
  if (frame.phase === 'uncertain') state.uncertain.delete(frame.path)
  if (frame.phase === 'waiting') {
    state.timers.push({ path: frame.path, timer: isCall(frame) ? 'retry' : 'sleep' })
  }
  stopWait(state, frame)
  // One that was told to stop and waited for has a timer, too.
  const isLimited = frame.step.timeoutMs !== undefined || (isCall(frame) && frame.closing)
  if (isLimited) state.timers.push({ path: frame.path, timer: 'timeout' })
}

/** Ends a step without an output. Everything inside it has stopped. */
export function fail(state: RunState, frame: StepFrame, unwind: Unwind): void {
  drop(state, frame)
  const outcome =
    unwind.kind === 'error' ? 'failed' : unwind.kind === 'cancel' ? 'cancelled' : 'done'
  state.trace?.closed(frame, { outcome, at: state.now, unwind })
  const series = seriesOf(frame)
  if (series !== undefined) {
    const error = unwind.kind === 'error' ? unwind.error : unknownOf(frame.path)
    return undone(saga, state, { frame: frame as CallFrame, series, error })
  }
  frame.parent.step = undefined
  leave(state, frame.parent, unwind)
}

function seriesOf(frame: StepFrame): Series | undefined {
  return isCall(frame) ? frame.series : undefined
}

/** Leaves a block whose step ended without an output. */
export function leave(state: RunState, block: BlockFrame, unwind: Unwind): void {
  block.isClosing = false
  const owner = block.owner
  if (owner === undefined) {
    if (block === state.after) return concludeAfter(state, unwind)
    return windUp(saga, state, state.closing ?? unwind)
  }
  switch (owner.step.kind) {
    case 'component':
      // Its `return` ends the component, not the run.
      if (unwind.kind === 'return' && owner.closing === undefined) {
        return complete(state, owner, unwind.output)
      }
      return fail(state, owner, owner.closing ?? unwind)
    case 'if':
    case 'switch':
    case 'await':
    case 'approve':
      return fail(state, owner, owner.closing ?? unwind)
    case 'while':
      state.frames.delete(block.path)
      return fail(state, owner, owner.closing ?? unwind)
    case 'try':
      return leaveTry(state, owner as TryFrame, owner.closing ?? unwind)
    case 'each':
      return leaveItem(moves, state, owner as EachFrame, block, unwind)
    case 'parallel':
    case 'race':
      return leaveBranch(moves, state, owner as ParallelFrame, block, unwind)
  }
}

/** Tells `frame` to stop for the reason `unwind`; without a frame, the whole run. */
export function abandon(state: RunState, unwind: Unwind, frame?: StepFrame): void {
  if (frame === undefined) {
    if (state.ending !== undefined) return
    if (state.after !== undefined) return stopBlock(state, state.after, unwind)
    if (state.undoing !== undefined) return // what was done is undone, whoever asks again
    state.closing ??= unwind
    return stopBlock(state, state.root, unwind)
  }
  if (isLeaf(frame)) {
    if (isCall(frame) && isWaitedFor(state, frame, unwind)) return
    // A detached run that has begun goes on by itself, whatever becomes of this one.
    if (frame.step.kind === 'flow' && isCall(frame) && frame.step.detach !== true) {
      // After a restart nobody remembers whether the child began, but its name is known.
      const child = childRunId(state.run, `${frame.path}#${frame.attempt}`)
      state.cancelled.push({ path: frame.path, child })
    } else if (isCall(frame) && frame.phase === 'running')
      state.cancelled.push({ path: frame.path })
    return fail(state, frame, unwind)
  }
  frame.closing ??= unwind
  if (frame.phase === 'ready' || frame.phase === 'waiting') return fail(state, frame, frame.closing)
  if ('child' in frame) {
    // What `finally` does is let through: it is the promise that it runs.
    if (frame.step.kind === 'try' && (frame as TryFrame).part === 'finally') return
    if (frame.child !== undefined) stopBlock(state, frame.child, unwind)
    return
  }
  if ('series' in frame && frame.series !== undefined) return // it goes on once the losers are undone
  if (frame.live.size === 0) return fail(state, frame, frame.closing)
  for (const block of frame.live.values()) stopBlock(state, block, unwind)
}

function stopBlock(state: RunState, block: BlockFrame, unwind: Unwind): void {
  const cancel: Unwind =
    unwind.kind === 'cancel' ? unwind : { kind: 'cancel', reason: 'left', cause: state.seq }
  if (block.step === undefined) return leave(state, block, cancel)
  abandon(state, cancel, block.step)
}

function leaveTry(state: RunState, frame: TryFrame, unwind: Unwind): void {
  frame.child = undefined
  if (frame.part === 'finally') return fail(state, frame, unwind)
  if (frame.part === 'body' && unwind.kind === 'error' && frame.closing === undefined) {
    const code = unwind.error.code
    const taker = frame.step.catches.find((one) => one.on === undefined || one.on.includes(code))
    if (taker !== undefined) {
      frame.part = 'catch'
      frame.error = unwind.error
      return enter(state, frame, taker.block)
    }
  }
  const last = frame.step.finally
  if (last === undefined) return fail(state, frame, unwind)
  frame.part = 'finally'
  frame.pending = unwind
  enter(state, frame, last)
}

/** The list of an `each` is known: begins its items. */
export function openItems(state: RunState, frame: EachFrame): void {
  fill(moves, state, frame)
}

/** The parameters of a component are known: begins its steps. */
export function begin(state: RunState, frame: ComponentFrame, input: Held): void {
  frame.input = input
  enter(state, frame, frame.step.body)
}
