/**
 * The snapshots of a test file, in a file beside it: compared, or written on request.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'

import type { JsonObject } from '#engine/core/json.ts'
import { overwrite } from '#engine/host/plugin/overwrite.ts'
import type { Files } from '#engine/host/repository/files.ts'
import { differences } from '#engine/testing/difference.ts'
import type { Fault } from '#engine/testing/judge.ts'
import type { CaseRun } from '#engine/testing/run-case.ts'
import { printSnapshots, readSnapshots, snapshotOf } from '#engine/testing/snapshot.ts'

/** A case that has a snapshot, and what came of it. */
export interface Compared {
  readonly name: string
  /** JSON Pointer of the case. */
  readonly at: string
  readonly run: CaseRun
}

export interface SnapshotFile {
  /** What differs from the snapshot of the case. */
  compare(one: Compared): readonly Fault[]
  /** Keeps the run as the snapshot of the case, for `write`. */
  keep(one: Compared): void
  /** Writes what was kept and forgets cases that are not in `names`; the path, where anything changed. */
  write(names: readonly string[]): string | undefined
}

/** `x.test.yaml` keeps its snapshots in `x.test.snapshot.json`. */
export function snapshotFileOf(test: string): string {
  return test.replace(/\.ya?ml$/, '.snapshot.json')
}

/** Opens the snapshots of the test file at a path from the root of `files`; no link is followed. */
export function openSnapshotFile(files: Files, test: string): SnapshotFile {
  const path = snapshotFileOf(test)
  const file = join(files.root, path)
  const text = files.readText(path) ?? ''
  const before: JsonObject = readSnapshots(text)?.cases ?? {}
  const fresh = new Map<string, JsonObject>()
  return {
    compare({ name, at, run }) {
      const known = Object.hasOwn(before, name) ? before[name] : undefined
      const place = `${at}/snapshot`
      if (known === undefined) {
        const message = 'There is no snapshot of this case yet.'
        const help = 'Look at what the run does, then write it: ionflux test --update.'
        return [{ at: place, message, help }]
      }
      const found = differences(known, snapshotOf(run), 'whole')
      if (found.length === 0) return []
      const message = 'The run is not what its snapshot says.'
      const help = 'Where the change is meant: ionflux test --update.'
      return [{ at: place, message, help, differences: found }]
    },
    keep: ({ name, run }) => void fresh.set(name, snapshotOf(run)),
    write(names) {
      const cases = names.flatMap((name) => {
        const one = fresh.get(name) ?? (Object.hasOwn(before, name) ? before[name] : undefined)
        return one === undefined ? [] : [[name, one] as const]
      })
      const next = cases.length === 0 ? '' : printSnapshots({ cases: Object.fromEntries(cases) })
      if (next === text) return undefined
      if (next === '') rmSync(file)
      else overwrite(file, next)
      return path
    },
  }
}
