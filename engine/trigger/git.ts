/**
 * Which refs of a repository start a flow.
 */
import type { JsonObject } from '#engine/core/json.ts'
import type { GitTrigger } from '#engine/dsl/flow.ts'
import { isMatch } from '#engine/dsl/power/glob.ts'

/** A branch or tag that is now at a commit. */
export interface RefEvent {
  /** `refs/heads/main`, `refs/tags/v1` */
  readonly ref: string
  readonly commit: string
  /** Where it was before; absent for one that is new. */
  readonly before?: string
  /** The name of the repository. */
  readonly repository: string
}

/** Whether the trigger wants this: a push to one of its branches, or one of its tags. */
export function wants({ push, tag }: GitTrigger, { ref }: RefEvent): boolean {
  const branch = nameBelow(ref, 'refs/heads/')
  const name = nameBelow(ref, 'refs/tags/')
  if (branch !== undefined) return push?.some((glob) => isMatch(glob, branch)) ?? false
  return name !== undefined && (tag?.some((glob) => isMatch(glob, name)) ?? false)
}

/** What a flow sees as `event`. */
export function gitEvent({ ref, commit, before, repository }: RefEvent): JsonObject {
  const branch = nameBelow(ref, 'refs/heads/')
  const tag = nameBelow(ref, 'refs/tags/')
  return {
    kind: tag === undefined ? 'push' : 'tag',
    repository,
    ref,
    commit,
    before: before ?? null,
    branch: branch ?? null,
    tag: tag ?? null,
  }
}

function nameBelow(ref: string, folder: string): string | undefined {
  return ref.startsWith(folder) ? ref.slice(folder.length) : undefined
}
