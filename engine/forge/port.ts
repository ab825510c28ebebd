/**
 * A forge (GitHub and what speaks its API) as a port: what ionflux reports back to it.
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

export interface Forge {
  /** Writes the comment, or edits the one with the same marker in place. Returns its address. */
  comment(wish: CommentWish): Promise<string>
}
