/**
 * Compiles a step with a component: its steps are put where it is used.
 *
 * What they name is resolved from the component's own file, so a component means the same
 * wherever it is used.
 */
import type { UsedComponent } from '#engine/dsl/component/file.ts'
import type { ComponentStep as Written } from '#engine/dsl/flow.ts'

import type { ComponentStep } from './plan.ts'
import type { Around } from './waits.ts'

/** The component at the pointer `path`; an empty one where there is none, which was said. */
export function componentOf(
  { outside, inside }: { readonly outside: Around; readonly inside: Around },
  from: { readonly step: Written; readonly path: string; readonly used: UsedComponent | undefined },
): Omit<ComponentStep, 'id'> {
  const { step, path, used } = from
  const { id, inputs, steps, output } = used?.component ?? { id: '', steps: [] }
  const given = output === undefined ? {} : { output: inside.template(output, '/output') }
  return {
    kind: 'component',
    component: id,
    ...(step.with === undefined ? {} : { with: outside.template(step.with, `${path}/with`) }),
    ...(inputs === undefined ? {} : { inputs }),
    body: { ...inside.block(steps, '/steps'), ...given },
  }
}
