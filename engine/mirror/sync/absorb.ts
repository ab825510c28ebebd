/**
 * Takes a fetched pack into a mirror's repository and reads what is kept of its commit.
 *
 * Two adapters do the same: JavaScript in a thread with bounded memory (`worker.ts`,
 * through `pool.ts`), and the system's git for what is large. A repository here is
 * disposable: it has no branch, no work tree and no setting of anybody.
 */
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { runGit } from '#engine/mirror/command.ts'
import { openNative } from '#engine/mirror/native.ts'

import { collect, type Collected, type CollectWish } from './collect.ts'

export interface AbsorbJob extends CollectWish {
  readonly gitDir: string
  /** What was fetched; absent to read only what is there. */
  readonly packFile?: string
}

export type Absorb = (job: AbsorbJob) => Promise<Collected>

/** Makes an empty bare repository, in place of what was there. */
export async function makeBare(gitDir: string): Promise<void> {
  await rm(gitDir, { recursive: true, force: true })
  await mkdir(join(gitDir, 'objects/pack'), { recursive: true, mode: 0o700 })
  await mkdir(join(gitDir, 'refs/heads'), { recursive: true })
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/main\n')
  const config = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n[gc]\n\tauto = 0\n'
  await writeFile(join(gitDir, 'config'), config)
}

/** Names the edge of the history, before the pack that has it is read. */
export async function writeShallow(gitDir: string, edge: readonly string[]): Promise<void> {
  const file = join(gitDir, 'shallow')
  if (edge.length === 0) await rm(file, { force: true })
  else await writeFile(file, `${edge.join('\n')}\n`)
}

/** Through the system's git, in processes of its own. Throws `MIRROR_PACK_REFUSED`. */
export const absorbNative: Absorb = async ({ gitDir, packFile, ...wish }) => {
  if (packFile !== undefined) await indexNative(gitDir, packFile)
  const git = await openNative(gitDir)
  try {
    return await collect(git, wish)
  } finally {
    await git.close()
  }
}

/** Moves a pack into the repository at `gitDir`, by the system's git; the file is gone afterwards. */
export async function indexNative(gitDir: string, packFile: string): Promise<void> {
  try {
    const { status, stderr } = await runGit({
      cwd: gitDir,
      args: [
        '-c',
        'pack.threads=1',
        '-c',
        'core.bigFileThreshold=16m',
        'index-pack',
        '--stdin',
        '--fix-thin',
        '--strict',
        `--max-input-size=${limits.mirrorPackBytesMax}`,
      ],
      input: createReadStream(packFile),
    })
    if (status !== 0) throw refused(stderr)
  } finally {
    await rm(packFile, { force: true })
    await dropDrafts(gitDir)
  }
}

/** What git leaves behind when it refuses a pack, or is ended. */
async function dropDrafts(gitDir: string): Promise<void> {
  const folder = join(gitDir, 'objects/pack')
  for (const name of await readdir(folder))
    if (name.startsWith('tmp_')) await rm(join(folder, name), { force: true })
}

function refused(stderr: string): IonError {
  const said = stderr.trim().split('\n')[0] ?? ''
  const reason = said.replace(/^(?:fatal|error): /, '').slice(0, 300)
  return new IonError(
    'MIRROR_PACK_REFUSED',
    `What the repository sends is not taken: ${reason.replace(/\.$/, '')}.`,
    { data: { reason } },
  )
}
