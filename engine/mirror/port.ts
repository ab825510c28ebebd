/**
 * Git as a port: what ionflux may ask a repository, and all of it is reading.
 *
 * Nothing is checked out and nothing is written, so that a hostile tree can name any
 * path it likes and a user's work tree is never touched. Two adapters answer in the
 * same words (`native.ts`, `git.ts`); one contract suite runs on both.
 */
import type { IonError } from '#engine/core/error.ts'

declare const brand: unique symbol
/** The object id of a commit: 40 lower-case hex digits, or 64 in a SHA-256 repository. */
export type CommitId = string & { readonly [brand]: 'CommitId' }

/** Who and when, as the commit says it; nothing of it is verified. */
export interface Signature {
  readonly name: string
  readonly email: string
  /** RFC 3339 with the offset that the author had; null where the commit has no readable date. */
  readonly date: string | null
}

export interface Commit {
  readonly id: CommitId
  /** Empty for a root, and for a commit at the edge of a shallow clone. */
  readonly parents: readonly CommitId[]
  readonly author: Signature
  readonly committer: Signature
  /** The first paragraph on one line. */
  readonly subject: string
  /** What follows the first paragraph; empty where there is nothing. */
  readonly body: string
}

export interface Tag {
  readonly name: string
  /** What the tag points to, peeled. Tags of trees and blobs are left out. */
  readonly commit: CommitId
  readonly isAnnotated: boolean
  /** When an annotated tag was made, or the commit of a light one. */
  readonly date: string | null
}

/** `file` is the only type that can be read; the others are listed and never followed. */
export type EntryType = 'file' | 'symlink' | 'submodule'

export interface TreeEntry {
  /** From the root of the tree, with `/`. Bytes that are no UTF-8 appear as U+FFFD. */
  readonly path: string
  readonly type: EntryType
  /** Six octal digits: `100644`, `100755`, `120000`, `160000`. */
  readonly mode: string
  readonly oid: string
  /** In bytes; absent for submodules. */
  readonly size?: number
}

export interface Blob {
  readonly oid: string
  readonly bytes: Uint8Array
}

export type ReadRequest = { readonly at: string; readonly path: string } | { readonly oid: string }

export interface Change {
  readonly path: string
  readonly kind: 'added' | 'modified' | 'deleted'
  /** Absent for an added path. */
  readonly before?: string
  /** Absent for a deleted path. */
  readonly after?: string
}

export interface Head {
  /** Absent while the repository has no commit. */
  readonly commit?: CommitId
  /** Absent when HEAD is detached. */
  readonly branch?: string
}

export interface LogQuery {
  /** Leaves out what is reachable from here. */
  readonly from?: string
  readonly to: string
  readonly limit: number
}

/** One open repository. Every `at`, `from` and `to` takes what `resolve` takes. */
export interface GitPort {
  /** The work tree, or the repository itself when it is bare. Absolute. */
  readonly root: string
  readonly adapter: 'native' | 'isomorphic'
  head(): Promise<Head>
  /**
   * The commit that a branch, tag, id (also the start of one), `HEAD` or any of them with
   * `~N` and `^N` means. Throws `MIRROR_REF_UNKNOWN`, or `MIRROR_HISTORY_EMPTY` while
   * the repository has no commit.
   */
  resolve(ref: string): Promise<CommitId>
  /** Newest first by the committer's date, as `git log` orders them. */
  log(query: LogQuery): Promise<readonly Commit[]>
  /** Sorted by name. */
  tags(): Promise<readonly Tag[]>
  /**
   * Every entry below `path` (the whole tree without it), sorted by the bytes of the path.
   * Throws `MIRROR_PATH_UNKNOWN` when there is nothing at `path`.
   */
  tree(query: { readonly at: string; readonly path?: string }): Promise<readonly TreeEntry[]>
  /** One file. Throws `MIRROR_PATH_UNKNOWN`, or `MIRROR_OBJECT_REFUSED` for all but a file of bearable size. */
  read(request: ReadRequest): Promise<Blob>
  /** Many files at once, in the order asked; what cannot be read answers with its own error. */
  readMany(requests: readonly ReadRequest[]): Promise<readonly (Blob | IonError)[]>
  /** What changed on the way from one tree to the other, sorted by path; a rename is a deletion and an addition. */
  diff(query: { readonly from: string; readonly to: string }): Promise<readonly Change[]>
  close(): Promise<void>
}
