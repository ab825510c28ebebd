/**
 * What both adapters do alike: builds a commit or a tag and moves one ref to it.
 *
 * The commit is made on the place that was expected, so a wish that is carried out again
 * after a crash makes the same object and finds it there. Without an expected place, one
 * that somebody moves meanwhile is tried again on the new one.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import type { CommitId, GitPort } from '#engine/mirror/port.ts'

import { editTree } from './edit.ts'
import { cleanPerson, demandRefName, refRefused } from './names.ts'
import { formatOf, newObject, printCommit, printTag, type NewObject } from './objects.ts'
import type { Committed, CommitWish, GitWriter, TagWish } from './port.ts'

/** The part that the adapters do each in its way. */
export interface WritableRepository {
  readonly adapter: GitWriter['adapter']
  readonly git: Pick<GitPort, 'head' | 'resolve'>
  /** An id of the repository's kind, for one without a commit. */
  anyId(): Promise<string>
  /** The bytes of a commit or a tree. */
  read(oid: string, kind: 'commit' | 'tree'): Promise<Uint8Array>
  /** What a ref points to, not peeled; undefined when it is not there. */
  findRef(ref: string): Promise<string | undefined>
  /** Refs that a work tree has checked out. */
  checkedOut(): Promise<ReadonlySet<string>>
  /** Keeps objects durably. */
  store(objects: readonly NewObject[]): Promise<void>
  /** Moves `ref` from `before` (undefined: from nowhere) to `oid`; false when it was not there. */
  moveRef(ref: string, oid: string, before: string | undefined): Promise<boolean>
}

export function writerOver(repository: WritableRepository): GitWriter {
  return {
    adapter: repository.adapter,
    async commit(wish) {
      demandRefName('branch', wish.branch)
      if (wish.changes.length > limits.gitChangesMax) throw tooManyChanges(wish.changes.length)
      const author = cleanPerson(wish.author)
      for (let tries = 1; ; tries++) {
        const made = await commitOnce(repository, { ...wish, author })
        if (made !== undefined) return made
        if (tries === limits.gitWriteTriesMax || wish.expected !== undefined)
          throw moved(wish.branch, undefined)
      }
    },
    tag: async (wish) => await tag(repository, { ...wish, author: cleanPerson(wish.author) }),
  }
}

/** Undefined when somebody else was quicker. */
async function commitOnce(
  repository: WritableRepository,
  wish: CommitWish,
): Promise<Committed | undefined> {
  const { branch, expected, changes, message, author, at } = wish
  const ref = `refs/heads/${branch}`
  const current = (await repository.findRef(ref)) as CommitId | undefined
  const parent =
    expected ?? (expected === null ? undefined : current) ?? (await startOf(repository, wish))
  const format = formatOf(parent ?? (await repository.anyId()))
  const tree = parent === undefined ? undefined : treeOf(await repository.read(parent, 'commit'))
  const made = new Map<string, NewObject>()
  const readFolder = async (oid: string): Promise<Uint8Array> => await repository.read(oid, 'tree')
  const next = await editTree({ format, readFolder, made }, tree, changes)
  const isSame = next === tree && parent !== undefined
  const bytes = printCommit({ tree: next, parent, author, at, message })
  const object = newObject(format, 'commit', bytes)
  const commit = (isSame ? parent : object.oid) as CommitId
  const parents = parent === undefined ? {} : { parent }
  if (current === commit) return { commit, ...parents, isNew: false }
  if (expected !== undefined && current !== (expected ?? undefined)) throw moved(branch, current)
  if ((await repository.checkedOut()).has(ref)) throw isCheckedOut(branch)
  if (!isSame) await repository.store([...made.values(), object])
  const isMoved = await repository.moveRef(ref, commit, current)
  return isMoved ? { commit, ...parents, isNew: !isSame } : undefined
}

/** Where a new branch begins; undefined in a repository without a commit. */
async function startOf(
  { git }: WritableRepository,
  { from }: CommitWish,
): Promise<CommitId | undefined> {
  if (from !== undefined && from !== '') return await git.resolve(from)
  return (await git.head()).commit
}

async function tag(
  repository: WritableRepository,
  { name, target, message, author, at }: TagWish,
): ReturnType<GitWriter['tag']> {
  demandRefName('tag', name)
  const ref = `refs/tags/${name}`
  const commit = await repository.git.resolve(target)
  const object =
    message === undefined || message.trim() === ''
      ? undefined
      : newObject(formatOf(commit), 'tag', printTag({ name, commit, author, at, message }))
  const oid = object?.oid ?? commit
  for (let tries = 0; tries < limits.gitWriteTriesMax; tries++) {
    const current = await repository.findRef(ref)
    if (current === oid) return { commit, isNew: false }
    if (current !== undefined) break
    if (object !== undefined) await repository.store([object])
    if (await repository.moveRef(ref, oid, undefined)) return { commit, isNew: true }
  }
  const text = `The tag "${name}" is there already and means something else. A tag is never moved; choose another name.`
  throw new IonError('MIRROR_REF_MOVED', text, { data: { tag: name } })
}

function treeOf(commit: Uint8Array): string {
  const [, tree = ''] = /^tree ([0-9a-f]+)\n/.exec(Buffer.from(commit).toString('latin1')) ?? []
  return tree
}

function moved(branch: string, at: string | undefined): IonError {
  const where = at === undefined ? 'was moved meanwhile' : `is at ${at.slice(0, 12)}`
  const message = `The branch "${branch}" ${where}, and not where the commit expected it. Read it again and decide anew.`
  return new IonError('MIRROR_REF_MOVED', message, { data: { branch, at: at ?? null } })
}

function isCheckedOut(branch: string): IonError {
  const message = `"${branch}" is checked out in a work tree, which would no longer fit it. Commit to another branch, such as "ionflux/${branch}".`
  return refRefused(message, { branch })
}

function tooManyChanges(count: number): IonError {
  const message = `A commit changes ${count} files, and ${limits.gitChangesMax} at most. Make several commits.`
  return new IonError('MIRROR_REF_REFUSED', message, { data: { count } })
}
