/**
 * Disks for tests: a folder that goes away with the test, and benches of both hosts.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Durable } from '#engine/durable/durable.ts'
import { copyOfDisk, memoryDisk } from '#engine/durable/memory-disk.ts'
import { openMemory } from '#engine/durable/memory.ts'
import { openSqlite } from '#engine/durable/sqlite/open.ts'

/** A fresh folder; removed at the end of the scope. */
export function folder(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'ionflux-test-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** One disk, and hosts that come and go on it. */
export interface Bench {
  open(): Durable
  /** Ends the living host like SIGKILL: what is queued is never committed. */
  crash(): void
  [Symbol.dispose](): void
}

export function memoryBench(): Bench {
  let disk = memoryDisk()
  return {
    open: () => openMemory(disk),
    crash() {
      disk = copyOfDisk(disk)
    },
    [Symbol.dispose]: () => undefined,
  }
}

export function sqliteBench(): Bench {
  const stack = new DisposableStack()
  let dir = stack.use(folder()).path
  return {
    open() {
      const host = openSqlite(dir)
      stack.defer(() => void host.close())
      return host
    },
    // What a process leaves behind when it dies is its files as they are at that moment.
    crash() {
      const next = stack.use(folder()).path
      copyFiles(dir, next)
      dir = next
    },
    [Symbol.dispose]: () => stack.dispose(),
  }
}

/** Copies database and write-ahead log, as a crash would leave them. */
export function copyFiles(from: string, to: string): void {
  for (const name of ['journal.db', 'journal.db-wal']) {
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name))
  }
}
