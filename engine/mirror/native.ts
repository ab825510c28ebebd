/**
 * Git through the system's own program: quick, small in memory, reads every format.
 *
 * Each question is one short process whose output is cut by NUL, so no name can be
 * mistaken for a border. Refs reach git only after `ref.ts` has taken them apart, and
 * objects only by full id. Which adapter serves a repository is `open.ts`'s to say.
 */
import { stat } from 'node:fs/promises'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import { readBlobs, type Wanted } from './batch.ts'
import { runGit } from './command.ts'
import { dateFrom, splitMessage } from './message.ts'
import type {
  Blob,
  Commit,
  CommitId,
  GitPort,
  Head,
  LogQuery,
  ReadRequest,
  Tag,
  TreeEntry,
} from './port.ts'
import { historyEmpty, isFullId, notAnId, parseRef, refUnknown, repositoryMissing } from './ref.ts'
import {
  below,
  changesBetween,
  fileAt,
  keepListing,
  listingOf,
  typeOfMode,
  type Listing,
} from './tree.ts'

interface Repository {
  readonly dir: string
  readonly root: string
  /** In a partial clone the size of an object may be unknown, and asking would fetch it. */
  readonly isPartial: boolean
  readonly listings: Map<CommitId, Listing>
}

/** Opens the repository that `dir` is in. Throws `MIRROR_REPOSITORY_MISSING`. */
export async function openNative(dir: string): Promise<GitPort> {
  const repository = await findRepository(dir)
  const resolve = (ref: string): Promise<CommitId> => resolveRef(repository, ref)
  const list = async (ref: string): Promise<readonly [Listing, CommitId]> => {
    const at = await resolve(ref)
    return [await listTree(repository, at), at]
  }
  const readMany = (requests: readonly ReadRequest[]): ReturnType<GitPort['readMany']> =>
    readRequests(repository, list, requests)
  return {
    root: repository.root,
    adapter: 'native',
    head: () => readHead(repository),
    resolve,
    log: (query) => readLog(repository, query),
    tags: () => readTags(repository),
    async tree({ at, path }) {
      const [listing, id] = await list(at)
      return below(listing, path, id)
    },
    async read(request) {
      const [found] = await readMany([request])
      if (found === undefined || found instanceof IonError) throw found ?? broken('cat-file', '')
      return found
    },
    readMany,
    async diff({ from, to }) {
      const [before] = await list(from)
      const [after] = await list(to)
      return changesBetween(before, after)
    },
    close: async () => {},
  }
}

async function findRepository(dir: string): Promise<Repository> {
  const isFolder = await stat(dir).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) throw repositoryMissing(dir, 'there is no such folder')
  const found = await runGit({
    cwd: dir,
    args: ['rev-parse', '--is-bare-repository', '--absolute-git-dir'],
  })
  if (found.status !== 0) throw repositoryMissing(dir, firstLine(found.stderr))
  const gitDir = found.stdout.toString('utf8').split('\n')[1] ?? dir
  const top = await runGit({ cwd: dir, args: ['rev-parse', '--show-toplevel'] })
  const root = top.status === 0 ? top.stdout.toString('utf8').trimEnd() : gitDir
  const partial = await runGit({
    cwd: dir,
    args: ['config', '--get-regexp', String.raw`^(extensions\.partialclone|remote\..*\.promisor)$`],
  })
  return { dir, root, isPartial: partial.status === 0, listings: new Map() }
}

async function text(repository: Repository, args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runGit({ cwd: repository.dir, args })
  if (status !== 0) throw broken(args[0] ?? '', stderr)
  return stdout.toString('utf8')
}

async function readHead(repository: Repository): Promise<Head> {
  const cwd = repository.dir
  const symbolic = await runGit({ cwd, args: ['symbolic-ref', '--quiet', 'HEAD'] })
  const commit = await runGit({ cwd, args: ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'] })
  const branch = symbolic.stdout
    .toString('utf8')
    .trim()
    .replace(/^refs\/heads\//, '')
  return {
    ...(commit.status === 0 ? { commit: commit.stdout.toString('utf8').trim() as CommitId } : {}),
    ...(symbolic.status === 0 ? { branch } : {}),
  }
}

async function resolveRef(repository: Repository, ref: string): Promise<CommitId> {
  if (isFullId(ref) && repository.listings.has(ref as CommitId)) return ref as CommitId
  const { name, steps } = parseRef(ref)
  const asked = name + steps.map(({ kind, count }) => kind + String(count)).join('') + '^{commit}'
  const found = await runGit({
    cwd: repository.dir,
    args: ['rev-parse', '--verify', '--quiet', asked],
  })
  const id = found.stdout.toString('utf8').trim()
  if (found.status === 0 && isFullId(id)) return id as CommitId
  const names = await text(repository, ['for-each-ref', '--format=%(refname:short)'])
  const known = names.split('\n').filter((known) => known !== '')
  const head = await readHead(repository)
  if (
    head.commit === undefined &&
    (known.length === 0 || name === 'HEAD' || name === head.branch)
  ) {
    throw historyEmpty(repository.root)
  }
  throw refUnknown(ref, known)
}

const fields = ['%H', '%P', '%an', '%ae', '%ad', '%cn', '%ce', '%cd', '%B'] as const

async function readLog(repository: Repository, query: LogQuery): Promise<readonly Commit[]> {
  const to = await resolveRef(repository, query.to)
  const from = query.from === undefined ? undefined : await resolveRef(repository, query.from)
  const count = Math.min(query.limit, limits.gitCommitsMax + 1)
  const printed = await text(repository, [
    'log',
    '-z',
    '--no-color',
    '--no-notes',
    '--date=raw',
    `--max-count=${count}`,
    `--format=format:${fields.join('%x00')}`,
    to,
    ...(from === undefined ? [] : [`^${from}`]),
    '--',
  ])
  if (printed === '') return []
  const cells = printed.split('\0')
  return Array.from({ length: Math.floor(cells.length / fields.length) }, (_, i) =>
    commitFrom(cells.slice(i * fields.length, (i + 1) * fields.length)),
  )
}

function commitFrom(cells: readonly string[]): Commit {
  const [id = '', parents = '', name = '', email = '', date = ''] = cells
  const [committerName = '', committerEmail = '', committed = '', message = ''] = cells.slice(5)
  return {
    id: id as CommitId,
    parents: parents.split(' ').filter((parent) => parent !== '') as CommitId[],
    author: { name, email, date: dateFrom(date) },
    committer: { name: committerName, email: committerEmail, date: dateFrom(committed) },
    ...splitMessage(message),
  }
}

async function readTags(repository: Repository): Promise<readonly Tag[]> {
  const format = [
    'refname:lstrip=2',
    'objecttype',
    'objectname',
    '*objecttype',
    '*objectname',
    'creatordate:raw',
  ]
  const printed = await text(repository, [
    'for-each-ref',
    `--count=${limits.gitRefsMax}`,
    '--sort=refname',
    `--format=${format.map((field) => `%(${field})`).join('%00')}`,
    'refs/tags',
  ])
  const tags: Tag[] = []
  for (const line of printed.split('\n')) {
    const [name = '', type, oid = '', innerType, inner = '', date = ''] = line.split('\0')
    if (name === '') continue
    const isAnnotated = type === 'tag'
    // Before git 2.45 only one layer of a tag of a tag is peeled by the format.
    const commit = innerType === 'tag' ? await peel(repository, oid) : isAnnotated ? inner : oid
    const isCommit = innerType === 'tag' || (isAnnotated ? innerType : type) === 'commit'
    if (!isCommit || commit === undefined) continue
    tags.push({ name, commit: commit as CommitId, isAnnotated, date: dateFrom(date) })
  }
  return tags
}

async function peel(repository: Repository, oid: string): Promise<string | undefined> {
  const args = ['rev-parse', '--verify', '--quiet', `${oid}^{commit}`]
  const { status, stdout } = await runGit({ cwd: repository.dir, args })
  return status === 0 ? stdout.toString('utf8').trim() : undefined
}

async function listTree(repository: Repository, at: CommitId): Promise<Listing> {
  const kept = repository.listings.get(at)
  if (kept !== undefined) return kept
  const sizes = repository.isPartial ? [] : ['-l']
  const printed = await text(repository, ['ls-tree', '-r', '-z', '--full-tree', ...sizes, at])
  const listing = listingOf(printed.split('\0').flatMap(entryFrom))
  keepListing(repository.listings, at, listing)
  return listing
}

/** `100644 blob <oid>    <size>\t<path>`; the size is `-` for a submodule and absent without `-l`. */
function entryFrom(line: string): TreeEntry[] {
  const tab = line.indexOf('\t')
  const [mode = '', , oid = '', size = ''] = line.slice(0, Math.max(tab, 0)).split(/ +/)
  const type = typeOfMode(mode)
  if (tab < 0 || type === undefined) return []
  const entry = { path: line.slice(tab + 1), type, mode, oid }
  return [/^\d+$/.test(size) ? { ...entry, size: Number(size) } : entry]
}

type List = (ref: string) => Promise<readonly [Listing, CommitId]>

async function readRequests(
  repository: Repository,
  list: List,
  requests: readonly ReadRequest[],
): Promise<readonly (Blob | IonError)[]> {
  const wanted: (Wanted | IonError)[] = []
  const listings = new Map<string, Awaited<ReturnType<List>>>()
  for (const request of requests) {
    if ('oid' in request) {
      wanted.push(
        isFullId(request.oid) ? { oid: request.oid, name: request.oid } : notAnId(request.oid),
      )
      continue
    }
    const [listing, at] = listings.get(request.at) ?? (await list(request.at))
    listings.set(request.at, [listing, at])
    try {
      wanted.push({ oid: fileAt(listing, request.path, at).oid, name: request.path })
    } catch (error) {
      if (!(error instanceof IonError)) throw error
      wanted.push(error)
    }
  }
  const asked = wanted.filter((item): item is Wanted => !(item instanceof IonError))
  const blobs = await readBlobs(repository.dir, asked)
  let next = 0
  return wanted.map((item) =>
    item instanceof IonError ? item : (blobs[next++] ?? broken('cat-file', '')),
  )
}

function broken(command: string, stderr: string): IonError {
  return new IonError(
    'MIRROR_READ_FAILED',
    `\`git ${command}\` could not read the repository: ${firstLine(stderr) || 'no reason was given'}.`,
    { data: { command, stderr: stderr.slice(0, 1_000) } },
  )
}

function firstLine(stderr: string): string {
  return (stderr.split('\n')[0] ?? '').replace(/^(?:fatal|error): /, '').replace(/\.$/, '')
}
