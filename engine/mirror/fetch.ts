/**
 * Fetches one commit of a repository elsewhere into a bare one that is thrown away.
 *
 * What is on another host is asked for by our own client (`wire/`), so the rules of the way
 * out hold and a token goes to its own host; what is on this machine, by the system's git.
 * Nothing is checked out, and no hook, helper or setting of the machine is used.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { HttpDoor } from '#engine/connection/http.ts'

import { runGit } from './command.ts'
import { openGit } from './open.ts'
import { indexPack } from './pack/index-pack.ts'
import type { CommitId, GitPort } from './port.ts'
import { isFullId } from './ref.ts'
import { indexNative, makeBare, writeShallow } from './sync/absorb.ts'
import { fetchPack, listRefs, type RemoteOptions } from './wire/remote.ts'

export interface Fetched extends AsyncDisposable {
  readonly git: GitPort
  readonly commit: CommitId
}

export interface FetchOptions {
  /** Sent to the host of the address and to no other. */
  readonly token?: string
  /** With its history: a commit on it can be pushed where nobody has that yet. */
  readonly isWhole?: boolean
}

/**
 * Fetches `ref` (a branch, a tag or a full commit id; the default branch without it).
 * Throws `MIRROR_FETCH_FAILED`, `MIRROR_REPOSITORY_GONE`, and what the way out and `indexPack` throw.
 */
export async function fetchCommit(
  url: string,
  ref = 'HEAD',
  options: FetchOptions = {},
): Promise<Fetched> {
  const dir = await mkdtemp(join(tmpdir(), 'ionflux-fetch-'))
  const dispose = async (): Promise<void> => await rm(dir, { recursive: true, force: true })
  try {
    const isElsewhere = /^https?:/.test(url)
    const found = isElsewhere ? await fromHost(dir, { url, ref, ...options }) : undefined
    if (found === undefined) await fromDisk(dir, { url, ref, ...options })
    const git = await openGit(dir)
    const commit = await git.resolve(found ?? 'FETCH_HEAD')
    return {
      git,
      commit,
      [Symbol.asyncDispose]: async () => {
        await git.close()
        await dispose()
      },
    }
  } catch (thrown) {
    await dispose()
    throw thrown
  }
}

/** The branch of a repository on a host that its HEAD names. Throws `MIRROR_FETCH_FAILED`. */
export async function defaultBranch(url: string, { token }: FetchOptions = {}): Promise<string> {
  await using door = new HttpDoor()
  const remote = { door, url: url.replace(/\/+$/, ''), ...(token === undefined ? {} : { token }) }
  const { head } = (await listRefs(remote, undefined)).read()
  if (head !== undefined) return head
  const message = `"${url}" does not say which branch is its main one.`
  throw new IonError('MIRROR_FETCH_FAILED', message, { data: { url } })
}

interface Wish extends FetchOptions {
  readonly url: string
  readonly ref: string
}

async function fromHost(dir: string, { url, ref, token, isWhole = false }: Wish): Promise<string> {
  await using door = new HttpDoor()
  const remote: RemoteOptions = {
    door,
    url: url.replace(/\/+$/, ''),
    ...(token === undefined ? {} : { token }),
  }
  const want = isFullId(ref) ? ref : await findRef(remote, ref)
  await makeBare(dir)
  const file = join(dir, 'incoming.pack')
  const { shallow } = await fetchPack(remote, { want, shallow: [], isShallow: !isWhole, file })
  await writeShallow(dir, shallow)
  const isLarge = (await stat(file)).size > limits.mirrorPortablePackBytesMax
  if (isLarge) await indexNative(dir, file)
  else await indexPack(dir, file, async () => undefined)
  return want
}

/** The commit that a name means: a tag before a branch, as git has it. */
async function findRef(remote: RemoteOptions, ref: string): Promise<string> {
  const { refs, head } = (await listRefs(remote, ref === 'HEAD' ? undefined : ref)).read()
  const names =
    ref === 'HEAD' ? [`refs/heads/${head ?? ''}`] : [`refs/tags/${ref}`, `refs/heads/${ref}`]
  for (const name of names) {
    const found = refs.find((one) => one.ref === name)
    if (found !== undefined) return found.commit
  }
  const what = ref === 'HEAD' ? 'no commit yet' : `no branch and no tag "${ref}"`
  throw new IonError('MIRROR_FETCH_FAILED', `"${remote.url}" has ${what}.`, {
    data: { url: remote.url, ref },
  })
}

async function fromDisk(dir: string, { url, ref, isWhole = false }: Wish): Promise<void> {
  await git(dir, ['init', '--quiet', '--bare', '.'], url)
  const protocol = url.slice(0, url.indexOf(':'))
  const depth = isWhole ? [] : ['--depth=1']
  const asked = ['fetch', '--quiet', ...depth, '--no-tags', '--no-recurse-submodules']
  await git(dir, [...asked, '--', url, ref], url, [protocol])
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
