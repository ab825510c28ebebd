/**
 * What goes wrong while an expression is evaluated, and the budget that keeps it finite.
 *
 * Thrown inside this folder only; `expression.ts` turns it into an `IonError` that names the
 * expression and the place. A failure of kind `value` can be absorbed, as CEL wants it, by
 * the other side of `&&` and `||`; one of kind `cost` ends the evaluation whatever is around it.
 */
import { limits } from '#engine/core/limits.ts'

import type { Scope } from '#engine/dsl/template.ts'
import type { Value } from './value.ts'

export type FailureKind = 'value' | 'absent' | 'cost'

export class ExpressionFailure extends Error {
  readonly kind: FailureKind
  /** Half-open range in the expression; set by the node that the failure comes from. */
  start: number | undefined
  end: number | undefined

  constructor(message: string, kind: FailureKind = 'value') {
    super(message)
    this.name = 'ExpressionFailure'
    this.kind = kind
  }
}

/** One evaluation: what it sees, and what it may still cost. */
export interface Frame {
  readonly scope: Scope
  /** The variables of macros, by slot. */
  readonly locals: Value[]
  /** Units left of `limits.expressionCostMax`; one is about the visit of one node. */
  cost: number
}

/** Takes `units` from the budget of `frame`. */
export function charge(frame: Frame, units: number): void {
  frame.cost -= units
  if (frame.cost < 0) throw costExceeded()
}

export function costExceeded(): ExpressionFailure {
  return new ExpressionFailure(
    `it takes more than ${limits.expressionCostMax} steps; do the heavy part in a transform`,
    'cost',
  )
}

/** Refuses a text that has grown too long, and charges for its length. */
export function chargeText(frame: Frame, chars: number): void {
  if (chars > limits.expressionTextCharsMax) {
    throw new ExpressionFailure(
      `it makes a text of more than ${limits.expressionTextCharsMax} characters`,
      'cost',
    )
  }
  charge(frame, chars >>> 4)
}
