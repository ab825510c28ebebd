/**
 * Fetches one commit of a repository elsewhere into a bare one that is thrown away.
 *
 * Nothing is checked out, no hook, helper or setting of the machine is used, and only the
 * transport that the address names is allowed. What is in the commit is read by `GitPort`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'

import { runGit } from './command.ts'
import { openNative } from './native.ts'
import type { CommitId, GitPort } from './port.ts'

export interface Fetched extends AsyncDisposable {
  readonly git: GitPort
  readonly commit: CommitId
}

/**
 * Fetches `ref` (a branch, a tag or a full commit id; the default branch without it).
 * Throws `MIRROR_FETCH_FAILED` with what git said.
 */
export async function fetchCommit(url: string, ref = 'HEAD'): Promise<Fetched> {
  const dir = await mkdtemp(join(tmpdir(), 'ionflux-fetch-'))
  const dispose = async (): Promise<void> => await rm(dir, { recursive: true, force: true })
  try {
    await git(dir, ['init', '--quiet', '--bare', '.'], url)
    const protocol = url.slice(0, url.indexOf(':'))
    const asked = ['fetch', '--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules']
    await git(dir, [...asked, '--', url, ref], url, [protocol])
    const port = await openNative(dir)
    const commit = await port.resolve('FETCH_HEAD')
    return {
      git: port,
      commit,
      [Symbol.asyncDispose]: async () => {
        await port.close()
        await dispose()
      },
    }
  } catch (thrown) {
    await dispose()
    throw thrown
  }
}

async function git(
  cwd: string,
  args: readonly string[],
  url: string,
  protocols: readonly string[] = [],
): Promise<void> {
  const { status, stderr } = await runGit({ cwd, args, protocols })
  if (status === 0) return
  const said = stderr.trim().split('\n').at(-1) ?? ''
  throw new IonError(
    'MIRROR_FETCH_FAILED',
    `"${url}" could not be fetched: ${said.slice(0, 500)}.`,
    {
      data: { url },
    },
  )
}
