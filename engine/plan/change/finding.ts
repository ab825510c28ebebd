/**
 * Makes a finding of one side of a change, with its place in the text.
 */
import type { ChangeSeverity, Finding, FlowVersion } from './change.ts'

/** A finding before it has a flow and a place in the text. */
export interface FindingAt {
  readonly code: Finding['code']
  readonly severity: ChangeSeverity
  readonly message: string
  readonly step?: string
  /** JSON Pointer into the document; absent means the id of the flow. */
  readonly at?: string
}

/** A finding in the file of `version`. */
export function found({ id, document }: FlowVersion, place: FindingAt): Finding {
  const at = place.at ?? '/id'
  const span = document.span(at)
  const { line } = document.lines.position(span.start)
  return { ...place, flow: id, file: document.file, at, span, line }
}
