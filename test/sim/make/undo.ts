/**
 * Turns what undoes a step of a case into its call.
 */
import { digestOfText } from '#engine/core/digest.ts'
import type { Template } from '#engine/dsl/template.ts'
import type { CallStep } from '#engine/plan/plan.ts'

import type { Undo } from '#test/sim/case.ts'
import { policy } from './templates.ts'

/** What an action does, attempt by attempt. */
export type Call = Pick<Undo, 'attempts'>

/** What undoes a step sees its output. */
export function undoOf(
  at: { readonly calls: Map<string, Call> },
  { id, undo }: { readonly id: string; readonly undo: Undo | undefined },
): { readonly compensate?: CallStep } {
  if (undo === undefined) return {}
  at.calls.set(`${id}!`, undo)
  const { effects, timeoutMs } = undo
  const of: Template = { kind: 'expression', source: `steps.${id}.output` }
  const call: CallStep = {
    id: 'compensate',
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...policy(undo.retry),
    kind: 'call',
    action: { name: 'undo', unit: digestOfText('undo'), export: 'default', effects },
    with: {
      kind: 'map',
      entries: [
        ['me', { kind: 'value', value: `${id}!` }],
        ['of', of],
      ],
    },
  }
  return { compensate: call }
}
