/**
 * What an action may do with the repository of its run, as types.
 */
import type { Json, JsonObject } from '#engine/core/json.ts'

import type { BlobHandle } from './data.ts'

/** Each takes and gives what the action of the same name in `std/git` does. */
export interface Git {
  log<Output = Json>(args?: JsonObject): Promise<Output>
  tags<Output = Json>(args?: JsonObject): Promise<Output>
  tree<Output = Json>(args?: JsonObject): Promise<Output>
  read<Output = Json>(args?: JsonObject): Promise<Output>
  diff<Output = Json>(args?: JsonObject): Promise<Output>
  /**
   * Commits to a branch, and never to one that is checked out. Needs a grant of the branch,
   * `git: ["write:ionflux/*"]`. The same wish in the same run makes the same commit.
   */
  commit(wish: GitCommit): Promise<{
    readonly branch: string
    readonly commit: string
    readonly parent: string | null
    /** False where the branch had all of it already. */
    readonly is_new: boolean
  }>
  /** Makes a tag, which is never moved. Needs a grant of its name, `git: ["tag:v*"]`. */
  tag(wish: {
    readonly name: string
    /** The run's own commit unless told. */
    readonly at?: string
    readonly message?: string
    readonly author?: GitAuthor
  }): Promise<{ readonly tag: string; readonly commit: string; readonly is_new: boolean }>
}

export interface GitCommit {
  readonly branch: string
  readonly files: readonly GitChange[]
  readonly message?: string
  readonly author?: GitAuthor
  /** Where a branch begins that is not there yet; the run's own commit unless told. */
  readonly from?: string
  /** The commit that the branch must be at, or null for no such branch; else `MIRROR_REF_MOVED`. */
  readonly expected?: string | null
}

/** What becomes of one file of a commit. */
export type GitChange =
  | { readonly path: string; readonly text: string; readonly executable?: boolean }
  | { readonly path: string; readonly base64: string; readonly executable?: boolean }
  | { readonly path: string; readonly blob: BlobHandle; readonly executable?: boolean }
  | { readonly path: string; readonly delete: true }

export interface GitAuthor {
  readonly name: string
  readonly email: string
}
