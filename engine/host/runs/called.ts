/**
 * What the runs wait for that a run called: it goes on when they do, so whoever looks at it
 * needs to know. Reads only; how it is shown belongs to the command line.
 */
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import type { DurableReader } from '#engine/durable/durable.ts'
import { isOver, openApprovals, viewOf, type RunView, type StepView } from '#engine/host/views.ts'

type Reader = Pick<DurableReader, 'journal' | 'store'>

/** A step that waits, in a run that another one called. */
export interface CalledStep {
  readonly run: RunId
  readonly flow: string
  readonly step: StepView
}

/** Questions to people in runs that `run` called, through however many others. */
export function askedBelow(
  reader: Pick<DurableReader, 'journal'>,
  run: RunId,
): readonly { readonly run: RunId; readonly path: string }[] {
  return openApprovals(reader).filter((one) => isBelow(reader, one.run, run))
}

/** What the runs wait for now that the open steps of a run called, through however many others. */
export function waitsBelow(reader: Reader, { steps }: RunView): readonly CalledStep[] {
  return steps.flatMap(({ child, endedAt }) => {
    if (child === undefined || endedAt !== undefined) return []
    const view = viewOf(reader, child)
    if (isOver(view.status)) return []
    const own = view.steps.filter(({ status }) => status === 'waiting' || status === 'uncertain')
    return [
      ...own.map((step) => ({ run: child, flow: view.flow, step })),
      ...waitsBelow(reader, view),
    ]
  })
}

function isBelow({ journal }: Pick<DurableReader, 'journal'>, run: RunId, top: RunId): boolean {
  let at = journal.find(run)?.parent
  for (let depth = 0; at !== undefined && at !== top && depth < limits.runDepthMax; depth++)
    at = journal.find(at)?.parent
  return at === top
}
