/**
 * A registry in a Git repository, or in the one file of a `git bundle`: one commit of one
 * folder, fetched into a bare repository that is kept between calls, so that the next fetch
 * brings only what is new.
 */

import { IonError } from '#engine/core/error.ts'
import { makeFolder } from '#engine/host/place/folder.ts'
import { runGit } from '#engine/mirror/command.ts'
import { openNative } from '#engine/mirror/native.ts'
import type { CommitId, GitPort } from '#engine/mirror/port.ts'
import type { GitSource as Address } from '#engine/plan/lock/source.ts'
import type { RegistrySource } from '#registry/ports.ts'

import { cacheFolder, cacheOf, useCache } from './cache.ts'
import { isPath, unreachable } from './unreachable.ts'

export class GitFiles implements RegistrySource, AsyncDisposable {
  readonly label: string
  readonly #git: GitPort
  readonly #at: CommitId
  readonly #folder: string

  private constructor(given: { label: string; git: GitPort; at: CommitId; folder: string }) {
    this.label = given.label
    this.#git = given.git
    this.#at = given.at
    this.#folder = given.folder
  }

  /** Fetches what is newest. `url` is an address, or the path of a bundle. Throws `REG_UNREACHABLE`. */
  static async open({ url, path, ref }: Address, cache = cacheFolder()): Promise<GitFiles> {
    const dir = cacheOf(cache, url, '.git')
    await useCache(dir)
    makeFolder(dir, 0o700)
    await run(dir, url, ['init', '--quiet', '--bare', '.'])
    const isBundle = !/^\w+:\/\//.test(url)
    const wanted = ref ?? (isBundle ? await headOf(dir, url) : 'HEAD')
    const protocol = isBundle ? 'file' : url.slice(0, url.indexOf(':'))
    const depth = isBundle ? [] : ['--depth=1']
    const fetch = ['fetch', '--quiet', ...depth, '--no-tags', '--no-recurse-submodules', '--force']
    await run(dir, url, [...fetch, '--', url, `+${wanted}:refs/heads/registry`], [protocol])
    const git = await openNative(dir)
    const at = await git.resolve('refs/heads/registry')
    return new GitFiles({ label: url, git, at, folder: path === '' ? '' : `${path}/` })
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    if (!isPath(path)) return undefined
    try {
      return (await this.#git.read({ at: this.#at, path: this.#folder + path })).bytes
    } catch (thrown) {
      if (thrown instanceof IonError && thrown.code === 'MIRROR_PATH_UNKNOWN') return undefined
      throw unreachable(this.label, (thrown as Error).message, thrown)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#git.close()
  }
}

/** The branch of a bundle: the one that its HEAD names, or its only one. */
async function headOf(dir: string, file: string): Promise<string> {
  const { status, stdout } = await runGit({ cwd: dir, args: ['bundle', 'list-heads', file] })
  const refs = stdout
    .toString('utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? [])
  const head =
    refs.find((ref) => ref === 'HEAD') ?? refs.find((ref) => ref.startsWith('refs/heads/'))
  if (status !== 0 || head === undefined) throw unreachable(file, 'it is no bundle with a branch')
  return head
}

async function run(
  cwd: string,
  label: string,
  args: readonly string[],
  protocols: readonly string[] = [],
): Promise<void> {
  const { status, stderr } = await runGit({ cwd, args, protocols })
  if (status === 0) return
  const said = stderr.trim().split('\n').at(-1) ?? ''
  throw unreachable(label, said.slice(0, 300))
}
