/**
 * The commit that a repository's HEAD is at, read from the two or three small files
 * that say so.
 *
 * A start of a flow that asks nothing else of Git must not pay for a Git library or a
 * child process. What these files cannot answer (a reftable) is left to the Git port.
 */
import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const commitId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** Absent `commit`: there is none yet, unless only Git itself can tell. */
export interface HeadFile {
  readonly commit?: string
  readonly isKnown: boolean
}

/** What the files of the repository at `root` say about its HEAD. */
export function readHead(root: string): HeadFile {
  const directory = gitDirectory(root)
  const head = directory === undefined ? undefined : read(join(directory, 'HEAD'))?.trim()
  if (directory === undefined || head === undefined) return { isKnown: false }
  if (commitId.test(head)) return { commit: head, isKnown: true }
  const ref = /^ref: (refs\/[\x21-\x7e]+)$/.exec(head)?.[1]
  // A reftable keeps its refs elsewhere and says so by a name that no branch can have.
  if (ref === undefined || ref.includes('..') || ref === 'refs/heads/.invalid')
    return { isKnown: false }
  const commit = commitOf(ref, directory)
  return commit === undefined ? { isKnown: true } : { commit, isKnown: true }
}

function commitOf(ref: string, directory: string): string | undefined {
  const common = commonDirectory(directory)
  for (const base of [directory, common]) {
    const loose = read(join(base, ref))?.trim()
    if (loose !== undefined && commitId.test(loose)) return loose
  }
  const line = read(join(common, 'packed-refs'))
    ?.split('\n')
    .find((each) => each.endsWith(` ${ref}`))
  const packed = line?.slice(0, line.indexOf(' '))
  return packed !== undefined && commitId.test(packed) ? packed : undefined
}

/** Whether `root` is under Git at all. */
export function hasGit(root: string): boolean {
  return gitDirectory(root) !== undefined
}

/** `.git`, or what a `.git` file of a linked work tree points to, or a bare repository itself. */
export function gitDirectory(root: string): string | undefined {
  const dot = join(root, '.git')
  if (isDirectory(dot)) return dot
  const target = /^gitdir: (.+)$/m.exec(read(dot) ?? '')?.[1]
  if (target !== undefined) return resolve(root, target.trim())
  const isBare = isDirectory(join(root, 'objects')) && isDirectory(join(root, 'refs'))
  return isBare ? root : undefined
}

function commonDirectory(directory: string): string {
  const common = read(join(directory, 'commondir'))
  return common === undefined ? directory : resolve(directory, common.trim())
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
