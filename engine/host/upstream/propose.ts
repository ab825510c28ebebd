/**
 * A sync as a pull request: its branch goes to the remote `origin`, and the forge there is asked
 * to merge it into the branch that is checked out here.
 *
 * The token is sent to the host of `origin` and to the API, and to nobody else.
 */
import { IonError } from '#engine/core/error.ts'
import type { Proposed } from '#engine/forge/port.ts'
import { remoteOf } from '#engine/host/publish/origin.ts'
import { apiUrlOf, openForge } from '#engine/host/repository/forge.ts'
import { runGit } from '#engine/mirror/command.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import { pushBranch } from '#engine/mirror/write/push.ts'

export interface ProposalWish {
  readonly root: string
  readonly token: string
  /** The API; else that of the host of `origin`. */
  readonly apiUrl?: string | undefined
}

/** The pull request that came of it. */
export type Proposal = Proposed

export interface Proposer {
  /** Pushes and opens the pull request, or brings the open one up to date. */
  propose(branch: string, commit: CommitId, words: ProposalWords): Promise<Proposal>
}

interface ProposalWords {
  readonly title: string
  /** Markdown. */
  readonly body: string
}

/** Looks where it would go, before anything is made. Throws `CLI_USAGE` where that is nowhere. */
export async function openProposer({ root, token, apiUrl }: ProposalWish): Promise<Proposer> {
  const { url, host, repository } = await placeOf(root)
  const base = await branchHere(root)
  const forge = openForge({ apiUrl: apiUrl ?? apiUrlOf(host), token })
  return {
    propose: async (branch, commit, words) => {
      await pushProposal({ dir: root, url, commit, branch, token })
      return await forge.propose({ repository, branch, base, ...words })
    },
  }
}

export interface ForgePlace {
  readonly url: string
  readonly host: string
  /** `owner/name` */
  readonly repository: string
}

/** The repository at an address of a forge; undefined for another address. */
export function forgePlaceOf(url: string): ForgePlace | undefined {
  const parsed = URL.parse(url)
  const repository = parsed?.pathname.slice(1).replace(/\.git$/, '') ?? ''
  const isWeb = parsed?.protocol === 'https:' || parsed?.protocol === 'http:'
  const isOne = isWeb && /^[\w.-]+\/[\w.-]+$/.test(repository)
  return isOne && parsed !== null ? { url, host: parsed.host, repository } : undefined
}

async function placeOf(root: string): Promise<ForgePlace> {
  const url = await remoteOf(root)
  const found = url === undefined ? undefined : forgePlaceOf(url)
  if (found !== undefined) return found
  const what = url === undefined ? 'There is no remote "origin"' : `"${url}" is on no forge`
  throw new IonError('CLI_USAGE', `${what}; a pull request needs https://HOST/OWNER/REPO there.`)
}

async function branchHere(root: string): Promise<string> {
  const args = ['symbolic-ref', '--quiet', '--short', 'HEAD']
  const { status, stdout } = await runGit({ cwd: root, args })
  if (status === 0) return stdout.toString('utf8').trim()
  const message = 'No branch is checked out; check out the one that the pull request is for.'
  throw new IonError('CLI_USAGE', message)
}

/** Pushes, and says what to do where the branch has other commits. */
export async function pushProposal(wish: Parameters<typeof pushBranch>[0]): Promise<void> {
  try {
    await pushBranch(wish)
  } catch (thrown) {
    if (!(thrown instanceof IonError) || thrown.code !== 'MIRROR_REF_MOVED') throw thrown
    const message = `"${wish.url}" has other commits on "${wish.branch}". Fetch or delete that branch, or name another with --branch.`
    throw new IonError('MIRROR_REF_MOVED', message, { data: thrown.data, cause: thrown })
  }
}
