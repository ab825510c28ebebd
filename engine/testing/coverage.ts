/**
 * Which steps and which ways of a flow its tests have taken, added up over all cases.
 */
import { type Outline, type OutlineBranch, type OutlineStep } from './outline.ts'
import type { CaseRun } from './run-case.ts'

/** What was taken. It grows with every case. */
export interface Taken {
  readonly steps: Set<string>
  /** `gate then`. */
  readonly branches: Set<string>
}

export interface Coverage {
  readonly steps: { readonly covered: number; readonly all: number }
  readonly branches: { readonly covered: number; readonly all: number }
  /** In the order of the file. */
  readonly missedSteps: readonly OutlineStep[]
  readonly missedBranches: readonly OutlineBranch[]
}

export function nothingTaken(): Taken {
  return { steps: new Set(), branches: new Set() }
}

export function take(taken: Taken, { view, records, idOf }: CaseRun): void {
  for (const { path } of view?.steps ?? []) taken.steps.add(idOf(path))
  for (const record of records) {
    if (record.kind === 'branch.taken') taken.branches.add(`${idOf(record.path)} ${record.branch}`)
  }
}

export function coverageOf({ steps, branches }: Outline, taken: Taken): Coverage {
  const all = [...steps.values()]
  const missedSteps = all.filter(({ id }) => !taken.steps.has(id))
  const missedBranches = branches.filter(({ step, name, first }) =>
    first === undefined ? !taken.branches.has(`${step} ${name}`) : !taken.steps.has(first),
  )
  return {
    steps: { covered: all.length - missedSteps.length, all: all.length },
    branches: { covered: branches.length - missedBranches.length, all: branches.length },
    missedSteps,
    missedBranches,
  }
}
