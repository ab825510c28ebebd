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

export interface PullRequest {
  readonly number: number
  /** The commit that is proposed. */
  readonly head: string
  /** The branch that it would be merged into. */
  readonly base: string
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
  /** The open ones, the latest first. */
  pulls(repository: string): Promise<readonly PullRequest[]>
  /** All repositories of an organisation that may be seen, or an error: never a part of them. */
  repositories(wish: ListWish): Promise<readonly ListedRepository[]>
}
