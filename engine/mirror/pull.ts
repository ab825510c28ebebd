/**
 * Fetches a proposed change, or a tag, and the branch that it is for into a bare repository of
 * their own, with the history that tells where the two parted.
 *
 * The mirror itself never sees what strangers propose, and has no history. Nothing is checked out; the repository
 * may be deleted at any time and is made anew.
 */
import { mkdir, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'

import { runGit } from './command.ts'

interface FetchWish {
  readonly url: string
  /** Where the bare repository lies. */
  readonly folder: string
  readonly branch: string
  /** What is sent to the host. */
  readonly token?: string
}

export interface PullWish extends FetchWish {
  readonly number: number
}

export interface TagWish extends FetchWish {
  readonly tag: string
}

/** The names under which `folder` has what was fetched. */
export interface FetchedPull {
  readonly base: string
  readonly head: string
}

/** Throws `MIRROR_FETCH_FAILED` with what git said. */
export async function fetchPull(wish: PullWish): Promise<FetchedPull> {
  const { number } = wish
  const head = `refs/heads/pull-${number}`
  return { base: await fetchBeside(wish, `refs/pull/${number}/head:${head}`), head }
}

/** The name of the branch in `folder`, which has the tag too. Throws like `fetchPull`. */
export async function fetchTag(wish: TagWish): Promise<string> {
  return await fetchBeside(wish, `refs/tags/${wish.tag}:refs/tags/${wish.tag}`)
}

async function fetchBeside(wish: FetchWish, refspec: string): Promise<string> {
  const { url, folder, branch } = wish
  const base = 'refs/heads/base'
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
      refspec,
    ])
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true })
    throw thrown
  }
  return base
}

async function git({ url, folder: cwd, token }: FetchWish, args: readonly string[]): Promise<void> {
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
