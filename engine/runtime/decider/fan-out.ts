/**
 * Blocks side by side: the items of an `each`, the branches of a `parallel`.
 *
 * How many run at once, what their results come to, and when the others are stopped. How a
 * single step or block moves is `tree.ts`, which hands its moves in: the two need each other.
 */
import { type Held, heldNull } from '#engine/runtime/payload.ts'

import {
  branchEntries,
  branchPath,
  doneCount,
  isStillPossible,
  joined,
  raceEntries,
  wantedCount,
} from './join.ts'
import type {
  BlockFrame,
  EachFrame,
  ParallelFrame,
  StepFrame,
  Unwind,
  WhileFrame,
} from './frames.ts'
import { blockFrame, type RunState } from './state.ts'

/** What a fan-out asks of the tree around it. */
export interface Moves {
  advance(state: RunState, block: BlockFrame): void
  complete(state: RunState, frame: StepFrame, output: Held): void
  fail(state: RunState, frame: StepFrame, unwind: Unwind): void
  /** Undoes what the losers of a race did; true when there is nothing to undo. */
  undoLosers(state: RunState, race: ParallelFrame): boolean
  stop(state: RunState, block: BlockFrame, unwind: Unwind): void
}

/** Begins items as far as `concurrency` allows. */
export function fill(moves: Moves, state: RunState, frame: EachFrame): void {
  if (frame.isFilling) return // an item that ends at once comes back here
  frame.isFilling = true
  while (
    frame.closing === undefined &&
    frame.nextItem < frame.count &&
    frame.live.size < frame.step.concurrency
  ) {
    const index = frame.nextItem++
    const path = `${frame.path}[${index}]`
    const item = blockFrame({ path, block: frame.step.body, owner: frame, index })
    frame.live.set(index, item)
    state.frames.set(path, item)
    moves.advance(state, item)
  }
  frame.isFilling = false
  const isOver =
    frame.closing === undefined && frame.nextItem >= frame.count && frame.live.size === 0
  if (isOver && state.frames.get(frame.path) === frame) endEach(moves, state, frame)
}

/** Begins every branch whose needs have ended well. */
export function startReady(moves: Moves, state: RunState, frame: ParallelFrame): void {
  const names = frame.step.branches.map((branch) => branch.name)
  frame.step.branches.forEach((branch, index) => {
    // A branch without steps ends in `advance`, and may end the whole with it.
    if (frame.closing !== undefined || frame.isJoined || frame.begun.has(index)) return
    const needs = frame.step.kind === 'race' ? [] : (frame.step.branches[index]?.needs ?? [])
    if (!needs.every((need) => frame.results[names.indexOf(need)] !== undefined)) return
    const path = branchPath(frame, index)
    const block = blockFrame({ path, block: branch.block, owner: frame, index })
    frame.begun.add(index)
    frame.live.set(index, block)
    state.frames.set(path, block)
    moves.advance(state, block)
  })
}

export function leaveItem(
  moves: Moves,
  state: RunState,
  frame: EachFrame,
  block: BlockFrame,
  unwind: Unwind,
): void {
  if (unwind.kind === 'error' && frame.closing === undefined && frame.step.onError !== 'fail') {
    const { code, message } = unwind.error
    const kept =
      frame.step.onError === 'collect' ? { value: { error: { code, message } } } : undefined
    return settleEach(moves, state, frame, block.index, kept)
  }
  frame.live.delete(block.index)
  state.frames.delete(block.path)
  leaveMany(moves, state, frame, unwind)
}

export function leaveBranch(
  moves: Moves,
  state: RunState,
  frame: ParallelFrame,
  block: BlockFrame,
  unwind: Unwind,
): void {
  frame.live.delete(block.index)
  state.frames.delete(block.path)
  if (frame.isJoined) return endJoined(moves, state, frame)
  if (unwind.kind === 'error' && frame.closing === undefined) {
    frame.failed.add(block.index)
    if (isStillPossible(frame)) return
  }
  leaveMany(moves, state, frame, unwind)
}

/** Stops the other blocks of a fan-out; the last of them lets the unwinding go on. */
function leaveMany(
  moves: Moves,
  state: RunState,
  frame: EachFrame | ParallelFrame,
  unwind: Unwind,
): void {
  if (frame.closing === undefined) {
    frame.closing = unwind
    // The last one to stop ends the frame, perhaps within this very loop.
    for (const other of frame.live.values()) moves.stop(state, other, unwind)
  }
  if (frame.live.size === 0 && state.frames.get(frame.path) === frame) {
    moves.fail(state, frame, frame.closing)
  }
}

/** Takes the result of one item; without one the item is left out. */
export function settleEach(
  moves: Moves,
  state: RunState,
  frame: EachFrame,
  index: number,
  output: Held | undefined,
): void {
  frame.live.delete(index)
  state.frames.delete(`${frame.path}[${index}]`)
  frame.results[index] = output
  if (frame.closing !== undefined) {
    if (frame.live.size === 0) moves.fail(state, frame, frame.closing)
    return
  }
  if (frame.nextItem < frame.count) return fill(moves, state, frame)
  if (frame.live.size > 0 || frame.isFilling) return
  endEach(moves, state, frame)
}

/** All items have ended. */
function endEach(moves: Moves, state: RunState, frame: EachFrame): void {
  frame.results.length = frame.count
  moves.complete(state, frame, { items: frame.results.filter((one) => one !== undefined) })
}

/** Takes the result of one branch and ends the step when enough have ended well. */
export function settleParallel(
  moves: Moves,
  state: RunState,
  frame: ParallelFrame,
  index: number,
  output: Held,
): void {
  frame.live.delete(index)
  state.frames.delete(branchPath(frame, index))
  if (frame.closing !== undefined) {
    if (frame.live.size === 0) moves.fail(state, frame, frame.closing)
    return
  }
  if (!frame.isJoined) frame.results[index] = output
  if (doneCount(frame) < wantedCount(frame)) return startReady(moves, state, frame)
  frame.isJoined = true
  frame.winner = index
  for (const other of frame.live.values()) moves.stop(state, other, joined)
  endJoined(moves, state, frame)
}

/** Ends a `parallel` that has what it wants, once the losers have stopped, and of a race are undone. */
function endJoined(moves: Moves, state: RunState, frame: ParallelFrame): void {
  if (frame.live.size > 0 || frame.phase !== 'open') return
  if (state.frames.get(frame.path) !== frame) return
  // It had what it wanted, but was itself told to stop while the losers still tidied up.
  if (frame.closing !== undefined) return moves.fail(state, frame, frame.closing)
  if (frame.step.kind === 'race') {
    if (frame.series !== undefined || !moves.undoLosers(state, frame)) return
    return moves.complete(state, frame, { entries: raceEntries(frame) })
  }
  if (frame.step.output === undefined)
    return moves.complete(state, frame, { entries: branchEntries(frame) })
  frame.phase = 'ready'
  state.ready.push(frame)
}

/** A turn of a loop ran to its end. A page costs what it holds, not what came before. */
export function turnEnded(loop: WhileFrame, block: BlockFrame, output: Held): void {
  const { gather } = loop.step
  loop.child = undefined
  loop.turn += 1
  loop.phase = 'ready'
  if (gather === undefined) loop.previous = output
  else {
    loop.previous = block.outputs.get(gather.carry) ?? heldNull
    for (const item of 'items' in output ? output.items : [output]) loop.gathered.push(item)
  }
}

/** What a loop yields when it is over. */
export function yieldOf(loop: WhileFrame): Held {
  return loop.step.gather === undefined ? loop.previous : { items: loop.gathered }
}
