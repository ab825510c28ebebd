/**
 * The lock of a repository, read. Every run asks for it, so it knows nothing of what makes a
 * lock or fetches what one names.
 */
import type { Problem } from '#engine/core/problem.ts'
import type { Files } from '#engine/host/repository/files.ts'
import { type Lock, lockFile, readLock } from '#engine/plan/lock/lock.ts'

/** The lock in `files`, or what is wrong with it; neither where there is none. */
export function lockIn(files: Files): { readonly lock?: Lock; readonly problem?: Problem } {
  const text = files.readText(lockFile)
  if (text === undefined) return {}
  const read = readLock(text)
  return read.ok ? { lock: read.lock } : { problem: read.problem }
}
