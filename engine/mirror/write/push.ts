/**
 * Pushes one commit to one branch of a repository elsewhere, and only forward: a branch that
 * moved meanwhile stays where it is. Also asks where the tags of one are.
 */
import { tmpdir } from 'node:os'

import { IonError } from '#engine/core/error.ts'

import { runGit } from '#engine/mirror/command.ts'

export interface PushWish {
  /** The repository that has the commit. */
  readonly dir: string
  readonly url: string
  readonly commit: string
  readonly branch: string
  /** Sent to an https address only. */
  readonly token?: string | undefined
}

/** Throws `MIRROR_REF_MOVED` when the branch is elsewhere, `MIRROR_WRITE_FAILED` otherwise. */
export async function pushBranch({ branch, commit, ...wish }: PushWish): Promise<void> {
  if (await push(wish, `${commit}:refs/heads/${branch}`)) return
  const message = `The branch "${branch}" of "${wish.url}" was moved meanwhile. Do it again.`
  throw new IonError('MIRROR_REF_MOVED', message, { data: { branch } })
}

/** Pushes a tag that `dir` has. Throws like `pushBranch`, also where the tag is another commit. */
export async function pushTag({
  tag,
  ...wish
}: Pick<PushWish, 'dir' | 'url' | 'token'> & { readonly tag: string }): Promise<void> {
  if (await push(wish, `refs/tags/${tag}:refs/tags/${tag}`)) return
  const message = `The tag "${tag}" of "${wish.url}" is another commit. Tag a new version.`
  throw new IonError('MIRROR_REF_MOVED', message, { data: { tag } })
}

/** What git says where the ref is elsewhere, or somebody else is moving it right now. */
const isMoved =
  /\[rejected\]|non-fast-forward|fetch first|already exists|cannot lock ref|failed to update ref/

/** False where the ref is elsewhere. */
async function push(
  { dir, url, token }: Pick<PushWish, 'dir' | 'url' | 'token'>,
  refspec: string,
): Promise<boolean> {
  const args = ['push', '--quiet', '--porcelain', '--', url, refspec]
  const { status, stdout, stderr } = await runGit({ cwd: dir, args, ...transport(url, token) })
  if (status === 0) return true
  const said = `${stdout.toString('utf8')}\n${stderr}`
  if (isMoved.test(said)) return false
  const last = stderr.trim().split('\n').at(-1) ?? ''
  throw new IonError(
    'MIRROR_WRITE_FAILED',
    `"${url}" did not take the commit: ${last.slice(0, 300)}. A token is the secret that is named for its host: IONFLUX_SECRET_GIT_TOKEN_GITHUB_COM for github.com.`,
    { data: { url } },
  )
}

/** The commit of each tag of `url` that is there, by name. Throws `MIRROR_FETCH_FAILED`. */
export async function remoteTags(
  url: string,
  names: readonly string[],
  /** Sent to an https address only. */
  token?: string,
): Promise<ReadonlyMap<string, string>> {
  const refs = names.flatMap((name) => [`refs/tags/${name}`, `refs/tags/${name}^{}`])
  const args = ['ls-remote', '--tags', '--', url, ...refs]
  const { status, stdout, stderr } = await runGit({ cwd: tmpdir(), args, ...transport(url, token) })
  if (status !== 0) {
    const last = stderr.trim().split('\n').at(-1) ?? ''
    const message = `The tags of "${url}" could not be asked for: ${last.slice(0, 300)}.`
    throw new IonError('MIRROR_FETCH_FAILED', message, { data: { url } })
  }
  const found = new Map<string, string>()
  for (const line of stdout.toString('utf8').split('\n')) {
    const [, oid, name, peeled] = /^([0-9a-f]+)\trefs\/tags\/(.+?)(\^\{\})?$/.exec(line) ?? []
    // An annotated tag is listed twice; the commit is the peeled one.
    if (oid !== undefined && name !== undefined && (peeled !== undefined || !found.has(name)))
      found.set(name, oid)
  }
  return found
}

/** Which transport the address names, with the token where it goes over TLS. */
function transport(
  url: string,
  token = '',
): {
  readonly protocols: readonly string[]
  readonly settings?: Readonly<Record<string, string>>
} {
  const protocols = [url.slice(0, url.indexOf(':'))]
  if (token === '' || !url.startsWith('https:')) return { protocols }
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64')
  return { protocols, settings: { 'http.extraHeader': `Authorization: Basic ${basic}` } }
}
