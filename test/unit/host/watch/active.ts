/**
 * An active flow with these triggers, and what starting its runs needs.
 */
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { StartRequest } from '#engine/host/owner.ts'
import type { WatchEvent } from '#engine/host/watch/events.ts'
import type { StartParts } from '#engine/host/watch/start.ts'
import type { ActiveFlow } from '#engine/mirror/activate/memory.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import type { Place } from '#test/unit/host/activate/parts.ts'

export const begun = Date.parse('2026-05-01T00:00:00Z')

export function activate(at: Place, flows: Readonly<Record<string, ActiveFlow['on']>>): void {
  const [blob] = at.mirrors.content.putAll([new Uint8Array([1])])
  if (blob === undefined) throw new Error('no blob')
  const list = Object.entries(flows).map(([id, on]): ActiveFlow => {
    return { id, file: `${id}.flow.yaml`, plan: blob, blobs: [blob], on }
  })
  const over = at.memory.active('m1')?.n ?? 0
  const rest = { commit: 'c'.repeat(40) as CommitId, tree: blob, planDigest: blob, approvals: [] }
  at.memory.activate({ mirror: 'm1', kind: 'activated', at: begun, flows: list, ...rest }, over)
}

export interface Starting extends StartParts {
  readonly started: Map<RunId, StartRequest>
  readonly told: WatchEvent[]
  /** The disk is full. */
  isFull: boolean
}

/** Runs are those of a data directory: given again, they are there already. */
export function starting(at: Place, started = new Map<RunId, StartRequest>()): Starting {
  const made: Starting = {
    memory: at.memory,
    mirrors: at.mirrors,
    repositoryOf: () => '/repository',
    started,
    told: [],
    isFull: false,
    emit: (event) => void made.told.push(event),
    start: async (request) => {
      await Promise.resolve()
      if (made.isFull) throw new IonError('JOURNAL_WRITE_FAILED', 'The disk is full.')
      if (JSON.stringify(request.input).includes('refuse'))
        throw new IonError('RUN_INPUT_REFUSED', 'No.')
      started.set(request.run, request)
    },
  }
  return made
}
