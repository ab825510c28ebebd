/**
 * Where the repository is that is published from: as others fetch it, and by an id that a rename
 * does not change.
 */
import { IonError } from '#engine/core/error.ts'
import { runGit } from '#engine/mirror/command.ts'
import { parseSource } from '#engine/plan/lock/source.ts'

export interface Origin {
  readonly url: string
  readonly repo: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** `given`, or the remote `origin`. Throws `CLI_USAGE` where there is none that others can fetch. */
export async function originOf(
  root: string,
  { given, env }: { readonly given?: string | undefined; readonly env: Environment },
): Promise<Origin> {
  const url = given ?? (await remoteOf(root))
  if (url === undefined || parseSource(`git+${url}`) === undefined) {
    const what =
      url === undefined ? 'There is no remote "origin".' : `"${url}" cannot be fetched by all.`
    const message = `${what} Say where others get this repository: --url https://HOST/OWNER/REPO.`
    throw new IonError('CLI_USAGE', message)
  }
  const id = env['GITHUB_REPOSITORY_ID'] ?? ''
  const isHere = env['GITHUB_REPOSITORY'] !== undefined && url.includes(env['GITHUB_REPOSITORY'])
  return { url, repo: isHere && /^\d+$/.test(id) ? `github:${id}` : url }
}

/** The remote as an address without a person in it. */
export async function remoteOf(root: string): Promise<string | undefined> {
  const { status, stdout } = await runGit({ cwd: root, args: ['remote', 'get-url', 'origin'] })
  if (status !== 0) return undefined
  const text = stdout.toString('utf8').trim()
  const [, host, path] = /^(?:ssh:\/\/)?(?:[\w.-]+@)([\w.-]+)[:/](.+)$/.exec(text) ?? []
  if (host !== undefined && path !== undefined) return `https://${host}/${path}`
  return text.replace(/^(https?:\/\/)[^/@]*@/, '$1')
}
