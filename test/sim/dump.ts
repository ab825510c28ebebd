/**
 * The state of a run as comparable data: everything that a decision can see.
 *
 * Left out is what only the living process knows: that a pure call or a child is under way,
 * when a frame was opened without a record, and what was evaluated once and kept.
 */
import type { Json } from '#engine/core/json.ts'
import type { BlockFrame, Frame, StepFrame } from '#engine/runtime/decider/frames.ts'
import type { RunState } from '#engine/runtime/decider/state.ts'

export function dump(state: RunState): Json {
  const { seq, now, status, closing, ending, mail, isPaused } = state
  const frames = [...state.frames.values()]
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(frameOf)
  return plain({
    seq,
    now,
    status,
    closing,
    ending,
    root: blockOf(state.root),
    frames,
    isPaused,
    mail: mailOf(mail),
    saga: sagaOf(state),
  })
}

function sagaOf(state: RunState): unknown {
  const { armed, lapses, undoing, after, afterError, wasCancelled, uncertain, gate, slot, atGate } =
    state
  const [done, left] = [armed, undoing?.left].map((all) => all?.map(({ path }) => path))
  return {
    done,
    lapses,
    left,
    after: after && blockOf(after),
    afterError,
    wasCancelled,
    uncertain: [...uncertain].toSorted(),
    gate,
    slot,
    atGate,
  }
}

function mailOf({ ids, signals, waiting, kept }: RunState['mail']): unknown {
  const who = [...waiting].map(([name, frames]) => [name, [...frames].map(({ path }) => path)])
  return { ids: [...ids], signals: [...signals], who, kept }
}

function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}

function frameOf(frame: Frame): unknown {
  return frame.kind === 'block' ? blockOf(frame) : stepOf(frame)
}

function blockOf(block: BlockFrame): unknown {
  const { path, index, next, last, isClosing } = block
  return { path, index, next, last, isClosing, step: block.step?.path, outputs: [...block.outputs] }
}

function stepOf(frame: StepFrame): unknown {
  const { path, closing } = frame
  const base = {
    path,
    closing,
    parent: frame.parent.path,
    kind: frame.step.kind,
    phase: phaseOf(frame),
  }
  if ('attempt' in frame) {
    const { attempt, spared, due } = frame
    return {
      ...base,
      attempt,
      spared,
      ...(frame.phase === 'waiting' ? { due } : {}),
      input: frame.input,
      key: frame.key,
      result: frame.result,
      left: frame.series?.left.map((one) => one.path),
    }
  }
  if ('turn' in frame)
    return {
      ...base,
      turn: frame.turn,
      previous: frame.previous,
      child: frame.child && blockOf(frame.child),
    }
  if ('part' in frame) {
    const { part, error, pending, output } = frame
    return { ...base, part, error, pending, output, child: frame.child && blockOf(frame.child) }
  }
  if ('votes' in frame) {
    const { by, digest, show, escalation, votes, child } = frame
    const due = frame.phase === 'waiting' ? frame.due : undefined
    return { ...base, by, digest, show, escalation, votes, due, child: child && blockOf(child) }
  }
  if ('inbox' in frame) {
    const { topic, match, inbox, taken, child } = frame
    const due = frame.phase === 'waiting' ? frame.due : undefined
    return { ...base, topic, match, due, inbox, taken, child: child && blockOf(child) }
  }
  if ('child' in frame) return { ...base, child: frame.child && blockOf(frame.child) }
  if ('begun' in frame) {
    const { live, begun, failed, isJoined, results, winner, series } = frame
    return {
      ...base,
      live: [...live.keys()].toSorted((a, b) => a - b),
      begun: [...begun].toSorted((a, b) => a - b),
      failed: [...failed].toSorted((a, b) => a - b),
      isJoined,
      winner,
      left: series?.left.map((one) => one.path),
      results,
    }
  }
  if ('live' in frame) {
    const { count, nextItem, live, results } = frame
    return {
      ...base,
      count,
      nextItem,
      live: [...live.keys()].toSorted((a, b) => a - b),
      results: [...results],
    }
  }
  return { ...base, due: frame.phase === 'waiting' ? frame.due : undefined }
}

function phaseOf(frame: StepFrame): string {
  const isKnownByRecord =
    frame.step.kind !== 'flow' &&
    !(frame.step.kind === 'call' && frame.step.action.effects === 'pure')
  return frame.phase === 'running' && !isKnownByRecord ? 'ready' : frame.phase
}

/** A value as text, without the messages of errors in it. */
export function plainText(value: Json): string {
  return JSON.stringify(value, (key, inner: unknown) => (key === 'message' ? undefined : inner))
}
