/**
 * Finds the places of a call: the repository it works on, and the directory that keeps
 * its runs.
 *
 * A repository is the nearest directory upwards with an `ionflux.yaml` or a `.git`.
 * Looking for it reads names only.
 */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The root of the repository that `from` is in; undefined outside of any. */
export function findRoot(from: string): string | undefined {
  for (let at = resolve(from); ; at = dirname(at)) {
    if (existsSync(join(at, 'ionflux.yaml')) || existsSync(join(at, '.git'))) return at
    if (dirname(at) === at) return undefined
  }
}

export interface DataDirectoryWish {
  /** `--data-dir`. */
  readonly flag?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The repository worked on, or the current directory. */
  readonly root: string
}

/** Where runs are kept: `--data-dir`, then `IONFLUX_DATA_DIR`, then `.ionflux/` in the root. */
export function dataDirectory(wish: DataDirectoryWish): string {
  const named = namedIn(wish)
  return named === '' ? join(wish.root, '.ionflux') : resolve(named)
}

/** Whether somebody chose the data directory, and not only the place of the call. */
export function isNamed(wish: DataDirectoryWish): boolean {
  return namedIn(wish) !== ''
}

function namedIn({ flag, environment }: DataDirectoryWish): string {
  return flag ?? environment['IONFLUX_DATA_DIR'] ?? ''
}
