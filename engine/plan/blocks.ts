/**
 * The blocks inside a step of a plan, and all steps of a plan: how others walk through one
 * without knowing each kind of step.
 */
import type { Block, Plan, PlanStep } from './plan.ts'

/** The blocks that may run as a part of `step`, in the order of the file. */
export function blocksOf(step: PlanStep): readonly Block[] {
  switch (step.kind) {
    case 'if':
      return step.else === undefined ? [step.then] : [step.then, step.else]
    case 'switch':
      return [...step.cases.map(({ block }) => block), step.default]
    case 'each':
    case 'while':
    case 'component':
      return [step.body]
    case 'parallel':
    case 'race':
      return step.branches.map(({ block }) => block)
    case 'try':
      return [
        step.body,
        ...step.catches.map(({ block }) => block),
        ...(step.finally === undefined ? [] : [step.finally]),
      ]
    case 'approve':
      return typeof step.onTimeout === 'string' ? [] : [step.onTimeout]
    case 'await':
      return step.onTimeout === undefined ? [] : [step.onTimeout]
    default:
      return []
  }
}

/** Every step of `plan`, those of `on_failure` last. */
export function* stepsOf({
  body,
  onFailure,
}: Pick<Plan, 'body' | 'onFailure'>): Generator<PlanStep> {
  const open = onFailure === undefined ? [body] : [onFailure, body]
  for (let block = open.pop(); block !== undefined; block = open.pop()) {
    for (const step of block.steps) {
      yield step
      open.push(...blocksOf(step).toReversed())
    }
  }
}
