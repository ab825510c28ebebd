/**
 * The frames of a run: one small object per running step, block and turn.
 *
 * Only shapes are here. What makes a frame is `state.ts`, how records change it `evolve.ts`
 * and `tree.ts`, what it asks for next `decide.ts`. A new kind of step adds its frame here.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import type { Failure } from '#engine/core/error.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import type {
  Block,
  CallStep,
  ComponentStep,
  EachStep,
  FlowStep,
  IfStep,
  ParallelStep,
  PlanStep,
  RaceStep,
  SwitchStep,
  TryStep,
  WhileStep,
} from '#engine/plan/plan.ts'
import type { ApproveStep, AwaitStep } from '#engine/plan/waiting.ts'
import type { Held } from '#engine/runtime/payload.ts'
import type { Payload } from '#engine/runtime/record.ts'
import type { ApprovalDecided, ApprovalOpened } from '#engine/runtime/waits/record.ts'

/** Why control leaves a block before its end. */
export type Unwind =
  | {
      readonly kind: 'error'
      readonly error: Failure
      readonly path: string
      readonly cause: number
    }
  | { readonly kind: 'cancel'; readonly reason: string; readonly cause: number }
  | { readonly kind: 'return'; readonly output: Held }

/** One instance of a block: a body, a branch, a turn. Its steps run one after another. */
export interface BlockFrame {
  readonly kind: 'block'
  /** What the paths of its steps begin with; empty for the body of the flow. */
  readonly path: string
  readonly block: Block
  /** The step it belongs to; undefined for the body of the flow. */
  readonly owner: BlockStepFrame | undefined
  /** Item or turn number; the branch's number in `parallel`. */
  readonly index: number
  next: number
  step: StepFrame | undefined
  /** By step id. */
  readonly outputs: Map<string, Held>
  last: Held
  /** All steps have run and `block.output` waits to be evaluated. */
  isClosing: boolean
}

interface FrameOf<Step extends PlanStep> {
  readonly kind: 'step'
  readonly path: string
  readonly step: Step
  readonly parent: BlockFrame
  /** Of the latest attempt, or of the step where it has none. */
  startedAt: Instant
  /** When it is out of time; a timer says so. */
  limit: Instant | undefined
  /** What ends the frame once everything in it has stopped. */
  closing: Unwind | undefined
}

/**
 * `ready` waits for a decision, `running` for a result, `waiting` for a timer, `uncertain` for
 * somebody who knows.
 * A frame whose blocks run is `open`.
 */
export type Phase = 'ready' | 'running' | 'waiting' | 'uncertain' | 'open'

export interface CallFrame extends FrameOf<CallStep | FlowStep> {
  phase: Phase
  /** The attempt under way or coming next, from 1. */
  attempt: number
  /** Attempts before the latest `runs retry`; the policy does not count them. */
  spared: number
  /** What the intent committed: a second execution gets the same. */
  input: Held | undefined
  key: string | undefined
  /** When the next attempt may start, while the frame waits for it. */
  due: Instant | undefined
  /** The output of a step that is done, while the input of what undoes it is evaluated. */
  result: Held | undefined
  /** Of a call that undoes a step: the series it belongs to. */
  readonly series: Series | undefined
}

/** What undoes a step that is committed. */
export interface Armed {
  /** Of the step. */
  readonly path: string
  readonly step: CallStep
  readonly input: Held
  readonly key: string | undefined
  /** Sequence number of the record that armed it. */
  readonly seq: number
}

/** Steps that are being undone, one after another, the latest first. */
export interface Series {
  /** What is left to undo; the next one is last. */
  readonly left: Armed[]
  /** The race whose losers are undone; absent when it is the whole run. */
  readonly race?: ParallelFrame
}

/** A step that may have taken effect and could not be undone. */
export interface Lapse {
  readonly path: string
  readonly error: Failure
  readonly seq: number
}
/** Everything that is decided at once or waits: sleep, until, let, return, fail, assert, emit. */
export interface PlainFrame extends FrameOf<
  Exclude<PlanStep, CallStep | FlowStep | BlockStepFrame['step']>
> {
  phase: Phase
  /** When a wait ends. */
  due: Instant | undefined
}
export interface ChoiceFrame extends FrameOf<IfStep | SwitchStep> {
  phase: Phase
  child: BlockFrame | undefined
}
export interface ComponentFrame extends FrameOf<ComponentStep> {
  phase: Phase
  child: BlockFrame | undefined
  /** What `inputs` is inside; known once it is open. */
  input: Held | undefined
}
export interface EachFrame extends FrameOf<EachStep> {
  phase: Phase
  count: number
  /** The cursor: the first item that has not begun. */
  nextItem: number
  readonly live: Map<number, BlockFrame>
  readonly results: (Held | undefined)[]
  /** The list itself, evaluated when it is needed; no part of what is recorded. */
  items: readonly Json[] | undefined
  isFilling: boolean
}
export interface WhileFrame extends FrameOf<WhileStep> {
  phase: Phase
  turn: number
  child: BlockFrame | undefined
  previous: Held
  /** The items of the turns so far, where the step gathers them. */
  readonly gathered: Held[]
}
/** A `parallel`, or a `race`: a join of one whose losers are undone. */
export interface ParallelFrame extends FrameOf<ParallelStep | RaceStep> {
  phase: Phase
  readonly live: Map<number, BlockFrame>
  readonly results: (Held | undefined)[]
  readonly begun: Set<number>
  readonly failed: Set<number>
  /** It has what it wants and only waits for the losers to stop. */
  isJoined: boolean
  /** The losers of a race that are being undone. */
  series: Series | undefined
  /** The branch of a race that won. */
  winner: number | undefined
  readonly openedAt: number
}
export interface TryFrame extends FrameOf<TryStep> {
  phase: Phase
  part: 'body' | 'catch' | 'finally'
  child: BlockFrame | undefined
  /** Seen as `error` inside `catch`. */
  error: Failure | undefined
  /** What goes on once `finally` has ended: an unwinding, or the output. */
  pending: Unwind | undefined
  output: Held
}
/** What came and waits to be looked at. */
export interface Message {
  readonly id: string
  /** The name of the signal, or the subject of the event. */
  readonly topic: string
  readonly data: Payload
  readonly at: Instant
  readonly by?: string
  readonly key?: string
}
export interface AwaitFrame extends FrameOf<AwaitStep> {
  phase: Phase
  /** What it waits for; known once it waits. */
  topic: string
  match: JsonObject | undefined
  /** When the wait ends by itself. */
  due: Instant | undefined
  /** Events that came and were not looked at yet; signals are in the mailbox of the run. */
  inbox: Message[]
  readonly taken: Held[]
  /** What runs once the time is up. */
  child: BlockFrame | undefined
}

/** An answer of a person. */
export type Vote = Pick<ApprovalDecided, 'by' | 'at' | 'decision' | 'reason' | 'form' | 'id'>
export interface ApproveFrame extends FrameOf<ApproveStep> {
  phase: Phase
  due: Instant | undefined
  /** Who may answer, whom escalation called included. */
  by: readonly string[]
  /** Of what is asked, once it is. */
  digest: Digest | undefined
  show: Payload | undefined
  /** More people, and when; until then. */
  escalation: ApprovalOpened['escalation']
  readonly votes: Vote[]
  /** What runs once the time is up. */
  child: BlockFrame | undefined
}

export type BlockStepFrame =
  | ChoiceFrame
  | ComponentFrame
  | EachFrame
  | WhileFrame
  | ParallelFrame
  | TryFrame
  | AwaitFrame
  | ApproveFrame
export type StepFrame = CallFrame | PlainFrame | BlockStepFrame
export type Frame = StepFrame | BlockFrame
