/**
 * What a change to a repository would do, as data: the shapes that every part of it fills.
 *
 * A change is a pure function of two sets of flow documents and of what they name. Nothing
 * is run for it, so it is safe on the pull request of a stranger. `compare.ts` makes it, the
 * command line shows it.
 */
import type { Code } from '#engine/core/codes.ts'
import type { Digest } from '#engine/core/digest.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import type { Problem, Span } from '#engine/core/problem.ts'
import type { Document } from '#engine/dsl/text.ts'
import type { ActionSpec } from '#engine/dsl/world.ts'
import type { Plan } from '#engine/plan/plan.ts'

/** How much a finding asks of a reviewer, from least to most. */
export const severities = ['info', 'review', 'escalation', 'block'] as const
export type ChangeSeverity = (typeof severities)[number]

/** One flow on one side of a change. */
export interface FlowVersion {
  readonly id: string
  readonly document: Document
  /** The value of the document; an object. */
  readonly flow: JsonObject
  /** Absent when it does not compile. */
  readonly plan?: Plan
  readonly digest?: Digest
  /** Problems that keep it from running. */
  readonly errors: readonly Problem[]
  /** What it uses that only a lock can name, as a sentence: from a commit without one it does not run. */
  readonly unlocked?: string
  /** What a `use:` of it names, on this side. */
  findAction(name: string): ActionSpec | undefined
}

/** All flows of one side, by id; by file those that have the id of another one. */
export type Side = ReadonlyMap<string, FlowVersion>

/** Severities that a repository chose for itself, by code. */
export type ChangePolicy = Readonly<Partial<Record<Code, ChangeSeverity>>>

export interface Finding {
  readonly code: Code
  readonly severity: ChangeSeverity
  /** One sentence with a full stop. */
  readonly message: string
  /** The id of the flow. */
  readonly flow: string
  /** The id of the step, where it is about one. */
  readonly step?: string
  /** Where in the file of the side that has it. */
  readonly file?: string
  readonly at?: string
  readonly span?: Span
  /** The line of `span`, from 1. */
  readonly line?: number
}

/** One value of a step or of the flow that is not what it was; absent means there was none. */
export interface ValueChange {
  /** JSON Pointer from the step, or from the flow. */
  readonly at: string
  readonly before?: Json
  readonly after?: Json
}

export interface StepChange {
  readonly id: string
  readonly kind: 'added' | 'removed' | 'renamed' | 'moved' | 'changed'
  /** What the step does, in a few words: `use std/http/get`. */
  readonly does: string
  /** The id it had; only of a renamed one. */
  readonly was?: string
  /** It runs after, within or with the output of other steps than before. */
  readonly isRewired: boolean
  readonly values: readonly ValueChange[]
}

export interface FlowChange {
  readonly id: string
  readonly kind: 'added' | 'removed' | 'changed'
  readonly file: string
  /** The file it was in, where that is another. */
  readonly was?: string
  /** `execDigest` on both sides; equal ones run alike. */
  readonly before?: Digest
  readonly after?: Digest
  readonly steps: readonly StepChange[]
  /** What changed outside of the steps. */
  readonly values: readonly ValueChange[]
  readonly findings: readonly Finding[]
  /** The plan as it would be; absent for a removed or broken flow. */
  readonly plan?: Plan
}

export interface Change {
  /** Flows that are not the same on both sides, sorted by id. */
  readonly flows: readonly FlowChange[]
  readonly unchanged: number
  /** All of them, the most severe first. */
  readonly findings: readonly Finding[]
  /** What an approval is for: nothing volatile, so it outlives a rebase. */
  readonly planDigest: Digest
}
