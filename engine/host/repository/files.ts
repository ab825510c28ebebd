/**
 * The files of a repository as the loader sees them: of the working tree or of one
 * commit, behind the same synchronous questions.
 *
 * Checking and compiling are pure and synchronous, a commit is not. So a commit's
 * files answer from what was fetched and remember what they could not answer; the
 * loader fetches that and asks again. Nothing outside the root is ever read, and no
 * link below the root is followed, neither a file nor a folder on the way to one.
 */
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
} from 'node:fs'
import { isAbsolute, join, posix, relative, sep } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { decodeText } from '#engine/dsl/text/encoding.ts'
import { skipped, type Stray, walk, type Walked } from '#engine/host/shelf/walk.ts'
import type { CommitId, GitPort } from '#engine/mirror/port.ts'

export interface Files {
  /** The absolute root of what is read. */
  readonly root: string
  /** The commit; absent for a working tree. */
  readonly commit?: CommitId
  /** Paths from the root that one of `globs` fits, sorted. */
  find(globs: readonly string[]): readonly string[]
  /** Entries that `globs` fit and that are no files, for telling that they are left out. */
  strays?(globs: readonly string[]): readonly Stray[]
  /** The text at a path from the root; undefined where there is no readable file, or not yet. */
  readText(path: string): string | undefined
  /** The bytes at a path, in the same way. */
  readBytes(path: string): Uint8Array | undefined
  /**
   * Whether the file at a path of `find` may hold one of `words`, without keeping its text: true
   * for what cannot be told so. Absent where texts are at hand, or have to be fetched anyway.
   */
  mayHold?(path: string, words: readonly string[]): boolean
  /** The link on the way to a path from the root, for telling why there is no text. */
  linkOn(path: string): string | undefined
  /** Fetches what could not be answered yet; false when there was nothing to fetch. */
  fetch(): Promise<boolean>
}

/** The files as they are on the disk now. */
export function openWorkingTree(root: string): Files {
  let walked: Walked | undefined
  const texts = new Map<string, string | undefined>()
  const linkOn = firstOn((path) => isLink(join(root, path)))
  // Whether the last part is a link is seen when it is read.
  const isBelowLink = (path: string): boolean => {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')))
    return folder !== '' && linkOn(folder) !== undefined
  }
  const textOf = (path: string): string | undefined => readTextFile(join(root, path))
  return {
    root,
    find: (globs) => matching((walked ??= walk(root)).paths, globs),
    strays: (globs) => straysAmong((walked ??= walk(root)).strays, globs),
    readText: (path) => {
      const known = normal(path)
      if (known === undefined) return undefined
      if (!texts.has(known)) texts.set(known, isBelowLink(known) ? undefined : textOf(known))
      return texts.get(known)
    },
    readBytes: (path) => {
      const known = normal(path)
      return known === undefined || linkOn(known) !== undefined
        ? undefined
        : readFile(join(root, known))
    },
    mayHold: (path, words) => {
      const text = texts.get(path) ?? bytesOf(join(root, path))
      return text === undefined || words.some((word) => text.includes(word))
    },
    linkOn: (path) => linkOn(normal(path)),
    fetch: () => Promise.resolve(false),
  }
}

export interface CommitTree {
  readonly git: GitPort
  readonly ref: string
  /** The repository's root; may be a folder of the Git repository. */
  readonly root: string
}

/** The files of one commit. */
export async function openCommitTree({ git, ref, root }: CommitTree): Promise<Files> {
  const commit = await git.resolve(ref)
  const prefix = prefixOf(git.root, root)
  const entries = await git.tree({ at: commit })
  const links = new Set(
    entries
      .filter(({ type, path }) => type === 'symlink' && path.startsWith(prefix))
      .map(({ path }) => path.slice(prefix.length)),
  )
  const linkOn = firstOn((path) => links.has(path))
  const oids = new Map(
    entries
      .filter((entry) => entry.type === 'file' && entry.path.startsWith(prefix))
      .map((entry) => [entry.path.slice(prefix.length), entry.oid]),
  )
  const isKept = (path: string): boolean => !path.split('/').some((part) => skipped.has(part))
  const paths = [...oids.keys()].filter(isKept)
  const strays = [...links].filter(isKept).map((path): Stray => ({ path, kind: 'link' }))
  const blobs = new Map<string, Uint8Array | undefined>()
  const texts = new Map<string, string | undefined>()
  const wanted = new Set<string>()
  const readBytes = (path: string): Uint8Array | undefined => {
    const known = normal(path)
    if (known === undefined || !oids.has(known)) return undefined
    if (!blobs.has(known)) wanted.add(known)
    return blobs.get(known)
  }
  return {
    root,
    commit,
    find: (globs) => matching(paths, globs),
    strays: (globs) => straysAmong(strays, globs),
    readText: (path) => {
      const known = normal(path) ?? ''
      const bytes = texts.has(known) ? undefined : readBytes(path)
      if (bytes !== undefined) texts.set(known, decodeText(bytes))
      return texts.get(known)
    },
    readBytes,
    linkOn: (path) => linkOn(normal(path)),
    fetch: async () => {
      const asked = [...wanted].map((path) => ({ path, oid: oids.get(path) ?? '' }))
      wanted.clear()
      if (asked.length === 0) return false
      const read = await git.readMany(asked.map(({ oid }) => ({ oid })))
      for (const [index, { path }] of asked.entries()) {
        const blob = read[index]
        blobs.set(path, blob === undefined || blob instanceof Error ? undefined : blob.bytes)
      }
      return true
    },
  }
}

/** Where `root` lies in the repository: both may be written through links above them. */
function prefixOf(gitRoot: string, root: string): string {
  const folder = relative(realpathSync(gitRoot), realpathSync(root)).split(sep).join('/')
  if (folder === '') return ''
  if (folder !== '..' && !folder.startsWith('../') && !isAbsolute(folder)) return `${folder}/`
  throw new IonError(
    'MIRROR_PATH_UNKNOWN',
    `"${root}" lies outside of the Git repository "${gitRoot}", so no commit holds its files.`,
    { data: { root, repository: gitRoot } },
  )
}

function matching(paths: readonly string[], globs: readonly string[]): readonly string[] {
  const tests = globs.map(globTest)
  return paths.filter((path) => tests.some((test) => test(path))).toSorted()
}

// The common "any folder, this ending" needs no glob library; the rest is Node's own.
function globTest(glob: string): (path: string) => boolean {
  const ending = /^\*\*\/\*(\.[\w.-]+)$/.exec(glob)?.[1]
  if (ending !== undefined) return (path) => path.endsWith(ending) && !path.endsWith(`/${ending}`)
  return (path) => posix.matchesGlob(path, glob)
}

function straysAmong(strays: readonly Stray[], globs: readonly string[]): readonly Stray[] {
  const paths = strays.map(({ path }) => path)
  const found = new Set(matching(paths, globs))
  return strays.filter(({ path }) => found.has(path))
}

/** A path from the root without `.` and `..`; undefined for one that leaves it. */
function normal(path: string): string | undefined {
  if (path.includes('\0') || path.includes('\\') || path.startsWith('/')) return undefined
  const clean = posix.normalize(path)
  return clean === '..' || clean.startsWith('../') ? undefined : clean
}

/** The first of a path's folders, or itself, that `test` says yes to; each is asked once. */
function firstOn(test: (path: string) => boolean): (path?: string) => string | undefined {
  const known = new Map<string, boolean>()
  return (path = '') => {
    for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      const part = end === -1 ? path : path.slice(0, end)
      if (!known.has(part)) known.set(part, test(part))
      if (known.get(part) === true) return part
      if (end === -1) return undefined
    }
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    return false
  }
}

let scanned: Buffer | undefined

/**
 * The bytes of a file until the next call, which takes their place: a run looks for its id in
 * every flow of a repository. Undefined for what is too large, or cannot be read.
 */
function bytesOf(path: string): Buffer | undefined {
  const buffer = (scanned ??= Buffer.allocUnsafe(limits.flowScanBytesMax))
  let file: number | undefined
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
    const bytes = readSync(file, buffer, 0, buffer.length, 0)
    return bytes === buffer.length ? undefined : buffer.subarray(0, bytes)
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function readTextFile(path: string): string | undefined {
  const bytes = readFile(path)
  return bytes === undefined ? undefined : decodeText(bytes)
}

function readFile(path: string): Uint8Array | undefined {
  try {
    const stat = lstatSync(path)
    if (!stat.isFile() || stat.size > limits.gitBlobBytesMax) return undefined
    return readFileSync(path)
  } catch {
    return undefined
  }
}
