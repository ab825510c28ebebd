/**
 * Git as a port for writing: commits to branches and new tags, and nothing else.
 *
 * It adds objects and moves a ref from a known place to the next, so a work tree, an index
 * and a branch that somebody has checked out are never touched, and nobody's commit is
 * lost. Two adapters do the same (`native.ts`, `portable.ts`); one contract suite runs on
 * both. Reading is `mirror/port.ts`.
 */
import type { CommitId } from '#engine/mirror/port.ts'

export interface Person {
  readonly name: string
  readonly email: string
}

/** What becomes of one path. */
export type FileChange =
  | {
      readonly path: string
      readonly bytes: Uint8Array
      /** Absent keeps what the file had; a new one is not executable. */
      readonly isExecutable?: boolean
    }
  | { readonly path: string; readonly isDeleted: true }

export interface CommitWish {
  /** The name behind `refs/heads/`. */
  readonly branch: string
  /** Where the branch must be: a commit, or null for no such branch. Absent means wherever it is. */
  readonly expected?: CommitId | null
  /** Where a branch begins that is not there yet; anything that `resolve` takes. */
  readonly from?: string
  readonly changes: readonly FileChange[]
  readonly message: string
  readonly author: Person
  /** Milliseconds since 1970. The same wish with the same time makes the same commit. */
  readonly at: number
}

export interface Committed {
  readonly commit: CommitId
  /** Absent for the first commit of a history. */
  readonly parent?: CommitId
  /** False where the branch had all of it already. */
  readonly isNew: boolean
}

export interface TagWish {
  readonly name: string
  /** What is tagged; anything that `resolve` takes. */
  readonly target: string
  /** Makes an annotated tag. */
  readonly message?: string
  readonly author: Person
  readonly at: number
}

/**
 * Both throw `MIRROR_REF_REFUSED` for a name or path that cannot be written or a branch that
 * is checked out, `MIRROR_REF_MOVED` when a ref is not where it was expected, and
 * `MIRROR_WRITE_FAILED`.
 */
export interface GitWriter {
  readonly adapter: 'native' | 'portable'
  commit(wish: CommitWish): Promise<Committed>
  /** A tag is never moved: one that is there and means something else is `MIRROR_REF_MOVED`. */
  tag(wish: TagWish): Promise<{ readonly commit: CommitId; readonly isNew: boolean }>
}
