/**
 * What flows remember, on the disk of the memory host.
 */
import type { MemoryDisk } from './memory-disk.ts'
import type { StateRow, StateRows, StateSpace, StateWrite } from './states.ts'

/** The state of one flow. */
export interface DiskStates {
  readonly rows: Map<string, StateRow>
  space: StateSpace
}

/** What is committed. */
export function stateRowsOn(disk: MemoryDisk): StateRows {
  return {
    find: (flow, key) => disk.states.get(flow)?.rows.get(key),
    list: (flow, { prefix, after = '', limit }) =>
      [...(disk.states.get(flow)?.rows ?? [])]
        .map(([key, row]) => ({ key, ...row, bytes: Buffer.from(key) }))
        .filter(
          ({ key, bytes }) =>
            key.startsWith(prefix) && Buffer.compare(bytes, Buffer.from(after)) > 0,
        )
        .toSorted((a, b) => Buffer.compare(a.bytes, b.bytes))
        .slice(0, limit)
        .map(({ key, version, text }) => ({ key, version, text })),
    space: (flow) => disk.states.get(flow)?.space ?? { keys: 0, floor: 0 },
  }
}

/** Makes writes part of the disk. */
export function keepStates(disk: MemoryDisk, writes: readonly StateWrite[]): void {
  for (const { flow, key, row, space } of writes) {
    const known = disk.states.get(flow) ?? { rows: new Map<string, StateRow>(), space }
    if (row === undefined) known.rows.delete(key)
    else known.rows.set(key, row)
    known.space = space
    disk.states.set(flow, known)
  }
}
