/**
 * Fetches a proposed change and the branch that it is for into a bare repository of their own,
 * with the history that tells where the two parted.
 *
 * The mirror itself never sees what strangers propose. Nothing is checked out; the repository
 * may be deleted at any time and is made anew.
 */
import { mkdir, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'

import { runGit } from './command.ts'

export interface PullWish {
  readonly url: string
  /** Where the bare repository lies. */
  readonly folder: string
  readonly branch: string
  readonly number: number
  /** What is sent to the host. */
  readonly token?: string
}

/** The names under which `folder` has what was fetched. */
export interface FetchedPull {
  readonly base: string
  readonly head: string
}

/** Throws `MIRROR_FETCH_FAILED` with what git said. */
export async function fetchPull(wish: PullWish): Promise<FetchedPull> {
  const { url, folder, branch, number } = wish
  const [base, head] = ['refs/heads/base', `refs/heads/pull-${number}`]
  try {
    if (!existsSync(join(folder, 'HEAD'))) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await git(wish, ['init', '--quiet', '--bare', '.'])
    }
    await git(wish, [
      'fetch',
      '--quiet',
      '--force',
      '--no-tags',
      '--no-recurse-submodules',
      '--',
      url,
      `refs/heads/${branch}:${base}`,
      `refs/pull/${number}/head:${head}`,
    ])
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true })
    throw thrown
  }
  return { base, head }
}

async function git({ url, folder: cwd, token }: PullWish, args: readonly string[]): Promise<void> {
  const { protocol, origin, host } = new URL(url)
  const pair = Buffer.from(token?.includes(':') === true ? token : `x-access-token:${token ?? ''}`)
  const header = `Authorization: Basic ${pair.toString('base64')}`
  const settings = {
    'http.followRedirects': 'false',
    ...(token === undefined ? {} : { [`http.${origin}/.extraHeader`]: header }),
  }
  const { status, stderr } = await runGit({
    cwd,
    args,
    protocols: [protocol.slice(0, -1)],
    settings,
  })
  if (status === 0) return
  const said = (stderr.trim().split('\n').at(-1) ?? '').slice(0, 300)
  throw new IonError('MIRROR_FETCH_FAILED', `"${host}" says: ${said.replace(/\.$/, '')}.`, {
    data: { host },
  })
}
