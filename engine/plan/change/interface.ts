/**
 * What callers of a flow rely on: inputs that they must give and outputs that they read.
 */
import { contractOfFlow, inputChanges, outputChanges } from '#engine/plan/release/contract.ts'
import { pointer } from '#engine/core/json.ts'

import type { Finding, FlowVersion } from './change.ts'
import { type FindingAt, found } from './finding.ts'

/** Changes of inputs and outputs that can break whoever starts the flow or reads its result. */
export function interfaceFindings(before: FlowVersion, after: FlowVersion): readonly Finding[] {
  const [old, now] = [before, after].map(({ flow }) => contractOfFlow(flow).entries[''])
  const places = [
    ...inputChanges(old?.input, now?.input).map((one) => ({ ...one, word: 'input' })),
    ...outputChanges(old?.output, now?.output).map((one) => ({ ...one, word: 'output' })),
  ].flatMap(({ bump, word, at, kind, what }): readonly FindingAt[] => {
    if (bump !== 'major') return []
    const name = at.split('.', 1)[0] ?? ''
    const inputs = kind === 'gone' || name === '' ? '/inputs' : `/inputs/properties${pointer(name)}`
    const subject = at === '' ? `The ${word}` : `The ${word} "${at}"`
    const place = word === 'input' ? inputs : '/outputs'
    return [breaking(`${subject} ${what}.`, place)]
  })
  return places.map((place) => found(after, place))
}

function breaking(message: string, at: string): FindingAt {
  return { code: 'PLAN_INTERFACE_BROKEN', severity: 'review', message, at }
}
