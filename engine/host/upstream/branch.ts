/**
 * A sync as one commit on a branch of its own: the working tree, its index and the branch that
 * is checked out stay as they are.
 */
import { realpathSync } from 'node:fs'
import { relative, sep } from 'node:path'

import { systemClock } from '#engine/durable/system.ts'
import { openGit, openGitWriter } from '#engine/mirror/open.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import type { FileChange } from '#engine/mirror/write/port.ts'

import type { Sync } from './sync.ts'

export interface BranchWish {
  readonly root: string
  readonly branch: string
  readonly sync: Sync
  /** The plan, for the message of the commit. */
  readonly markdown: string
}

const author = { name: 'ionflux', email: 'ionflux@localhost' }

/** The sync in one line, for a commit and for a pull request. */
export function titleOf({ before, after }: Sync): string {
  return `sync: ${after.name} ${before.version} to ${after.version}`
}

/** Commits to the branch, which begins at what is checked out. */
export async function commitSync({ root, branch, sync, markdown }: BranchWish): Promise<CommitId> {
  const git = await openGit(root)
  const folder = relative(realpathSync(git.root), realpathSync(root)).split(sep).join('/')
  await git.close()
  const changes = [...sync.changes].map(([path, bytes]): FileChange => {
    const whole = folder === '' ? path : `${folder}/${path}`
    return bytes === null ? { path: whole, isDeleted: true } : { path: whole, bytes }
  })
  const writer = await openGitWriter(root)
  const { commit } = await writer.commit({
    branch,
    from: 'HEAD',
    changes,
    message: `${titleOf(sync)}\n\n${markdown}\n`,
    author,
    at: systemClock().now(),
  })
  return commit
}
