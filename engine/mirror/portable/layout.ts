/**
 * Finds a repository on the disk and says what of it only the system's git can read.
 *
 * Used where no git is installed. It refuses by naming the feature rather than reading
 * half of a repository: a missing alternate or promised object would look like a hole
 * in somebody's history.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import { repositoryMissing } from '#engine/mirror/ref.ts'

export interface Layout {
  readonly gitDir: string
  /** The work tree, or `gitDir` when the repository is bare. */
  readonly root: string
}

/** Walks up from `dir`. Throws `MIRROR_REPOSITORY_MISSING`. */
export async function findLayout(dir: string): Promise<Layout> {
  let folder = resolve(dir)
  if (!(await isFolder(folder))) throw repositoryMissing(dir, 'there is no such folder')
  for (;;) {
    const dot = join(folder, '.git')
    if (await isRepository(dot)) return { gitDir: dot, root: folder }
    const pointer = await text(dot)
    const target = /^gitdir: (.+?)\r?\n?$/.exec(pointer)?.[1]
    if (target !== undefined) return { gitDir: resolve(folder, target), root: folder }
    if (await isRepository(folder)) return { gitDir: folder, root: folder }
    const up = dirname(folder)
    if (up === folder) throw repositoryMissing(dir, 'neither it nor a folder above holds a ".git"')
    folder = up
  }
}

/** Why this repository needs the system's git; undefined when it does not. */
export async function needsNative({ gitDir }: Layout): Promise<string | undefined> {
  if ((await text(join(gitDir, 'commondir'))) !== '') return 'it is a linked work tree'
  if ((await text(join(gitDir, 'objects/info/alternates'))).trim() !== '') {
    return 'it borrows objects from another repository'
  }
  const config = await text(join(gitDir, 'config'))
  if (/^\s*objectformat\s*=\s*sha256/im.test(config)) return 'its object ids are SHA-256'
  if (/^\s*refstorage\s*=\s*reftable/im.test(config)) return 'its refs are stored as reftable'
  if (/^\s*(?:partialclone\s*=|promisor\s*=\s*true)/im.test(config)) return 'it is a partial clone'
  const folder = join(gitDir, 'objects/pack')
  const packs = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.pack'))
  if (packs.length > limits.gitPacksMax) return `it has ${packs.length} packs`
  const sizes = await Promise.all(packs.map(async (name) => (await stat(join(folder, name))).size))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  return bytes > limits.gitPackBytesMax ? `its packs have ${bytes} bytes` : undefined
}

/** Commits whose parents a shallow clone does not have. */
export async function shallowEdge({ gitDir }: Layout): Promise<ReadonlySet<string>> {
  return new Set((await text(join(gitDir, 'shallow'))).split('\n'))
}

export function gitNeeded(root: string, why: string): IonError {
  return new IonError(
    'MIRROR_GIT_NEEDED',
    `The repository at "${root}" can only be read with git installed, because ${why}; install git 2.25 or newer.`,
    { data: { repository: root, reason: why } },
  )
}

async function isRepository(folder: string): Promise<boolean> {
  if (!(await isFolder(join(folder, 'objects')))) return false
  return /^(?:ref: refs\/|[0-9a-f]{40})/.test(await text(join(folder, 'HEAD')))
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

/** The text of a small file; empty when there is none. */
async function text(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || !found.isFile() || found.size > 1024 * 1024) return ''
  return readFile(path, 'utf8').catch(() => '')
}
