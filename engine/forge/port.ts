/**
 * A forge (GitHub and what speaks its API) as a port: what ionflux asks of it, and what it
 * reports back.
 *
 * Every call may throw `CONN_REQUEST_REFUSED`. One that the forge wants later has
 * `data.retryAfterMs`, and until then the other calls throw it too, without asking.
 */

export interface CommentWish {
  /** `owner/name` */
  readonly repository: string
  /** Of the pull request or issue. */
  readonly number: number
  /** A text in `body` by which the comment is found again, so that there is one of each. */
  readonly marker: string
  readonly body: string
}

export interface StatusWish {
  readonly repository: string
  readonly commit: string
  /** What the status is about; a later one of the same takes its place. */
  readonly context: string
  readonly state: 'success' | 'failure' | 'pending' | 'error'
  /** One sentence; what is too long is cut. */
  readonly description: string
}

/** A remark at a line of a file. */
export interface Annotation {
  /** From the root of the repository. */
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly level: 'notice' | 'warning' | 'failure'
  readonly title: string
  readonly message: string
}

export interface CheckWish {
  readonly repository: string
  readonly commit: string
  /** What the check is about; a later one of the same takes its place. */
  readonly name: string
  readonly conclusion: 'success' | 'neutral' | 'failure'
  /** One sentence; what is too long is cut. */
  readonly title: string
  /** Markdown; what is too long is cut. */
  readonly summary: string
  /** What is too much is left out. */
  readonly annotations: readonly Annotation[]
}

export interface PullRequest {
  readonly number: number
  /** The commit that is proposed. */
  readonly head: string
  /** The branch that it would be merged into. */
  readonly base: string
}

export interface ProposeWish {
  /** `owner/name` */
  readonly repository: string
  /** What is proposed; the forge has it already. */
  readonly branch: string
  /** The fork that has the branch, `owner/name`; without it the repository itself. */
  readonly fork?: string | undefined
  /** The branch that it would be merged into. */
  readonly base: string
  readonly title: string
  /** Markdown; what is too long is cut. */
  readonly body: string
}

export interface Proposed {
  readonly number: number
  /** Where people look at it. */
  readonly url: string
  /** False where it was open already, and has the title and the text now. */
  readonly isNew: boolean
}

export interface ListedRepository {
  /** Stays the same when the repository is renamed. */
  readonly id: number
  /** `owner/name` */
  readonly name: string
  readonly url: string
  readonly branch: string
  readonly topics: readonly string[]
  readonly isArchived: boolean
}

export interface ListWish {
  readonly organisation: string
  /** Only those that have it. */
  readonly topic?: string | undefined
}

export interface Forge {
  /** Writes the comment, or edits the one with the same marker in place. Returns its address. */
  comment(wish: CommentWish): Promise<string>
  status(wish: StatusWish): Promise<void>
  /**
   * Reports on a commit as a check run, with annotations; the same one is edited in place.
   * False where the token may not write check runs: then nothing was reported.
   */
  check(wish: CheckWish): Promise<boolean>
  /** Opens a pull request from a branch; the one that is open is edited in place. */
  propose(wish: ProposeWish): Promise<Proposed>
  /** The open ones, the latest first. */
  pulls(repository: string): Promise<readonly PullRequest[]>
  /** All repositories of an organisation that may be seen, or an error: never a part of them. */
  repositories(wish: ListWish): Promise<readonly ListedRepository[]>
}
