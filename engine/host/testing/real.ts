/**
 * The calls of tests that are really made: pure code, and what a case allows.
 *
 * One sandbox serves all cases of a command. What an action may keep is kept for its case
 * alone, in memory and in a folder that goes away, never in the user's data directory.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Digest } from '#engine/core/digest.ts'
import { openMemory } from '#engine/durable/memory.ts'
import { systemClock } from '#engine/durable/system.ts'
import { openOperations } from '#engine/host/operations.ts'
import { openSandbox, openSecrets } from '#engine/host/plugin/sandbox.ts'
import type { Caller } from '#engine/runtime/ports.ts'
import type { States } from '#engine/runtime/states.ts'
import { blobOf, type Blobs } from '#engine/testing/suite.ts'

export interface RealCalls {
  readonly caller: Caller
  /** Forgets what earlier cases kept. */
  forget(): void
  close(): Promise<void>
}

/** Opens the sandbox over `blobs`; secrets are those of the data `directory`. */
export function openReal(blobs: Blobs, directory: string): RealCalls {
  let states = openMemory().states
  const own: States = {
    find: (flow, key) => states.find(flow, key),
    list: (flow, query) => states.list(flow, query),
    preview: (changes) => states.preview(changes),
    change: async (changes) => await states.change(changes),
    settled: async () => await states.settled(),
  }
  const folder = mkdtempSync(join(tmpdir(), 'ionflux-test-'))
  const secrets = openSecrets(directory)
  const operations = openOperations({
    secrets,
    states: own,
    directory: folder,
    withoutRepository: 'This test belongs to no repository, so there is none to read.',
  })
  const store = { get: (digest: Digest) => blobOf(blobs, digest) }
  const sandbox = openSandbox({ store, clock: systemClock(), operations, secrets })
  return {
    caller: sandbox,
    forget: () => (states = openMemory().states),
    close: async () => {
      await sandbox.close()
      await operations.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
