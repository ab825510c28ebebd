/**
 * Opens a repository with the better of two adapters (decision 0008).
 *
 * The system's git where there is one, since it reads every format, many times faster
 * and in a process of its own; isomorphic-git in a thread where there is none.
 */
import { findGitVersion } from './command.ts'
import type { GitPort } from './port.ts'
import type { GitWriter } from './write/port.ts'

/** The first git whose options and output all of `native.ts` relies on. */
const oldest = { major: 2, minor: 25 }

/** Opens the repository that `dir` is in. Throws `MIRROR_REPOSITORY_MISSING` or `MIRROR_GIT_NEEDED`. */
export async function openGit(dir: string): Promise<GitPort> {
  if (!(await hasGit())) {
    const { openIsolated } = await import('./isolated.ts')
    return openIsolated(dir)
  }
  const { openNative } = await import('./native.ts')
  return openNative(dir)
}

async function hasGit(): Promise<boolean> {
  const version = await findGitVersion(process.cwd())
  if (version === undefined) return false
  const [major, minor] = version
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor)
}

/** Opens the repository that `dir` is in for writing, with the same choice of adapters. */
export async function openGitWriter(dir: string): Promise<GitWriter> {
  if (!(await hasGit())) {
    const { openPortableWriter } = await import('./write/portable.ts')
    return await openPortableWriter(dir)
  }
  const { openNativeWriter } = await import('./write/native.ts')
  return await openNativeWriter(dir)
}
