/**
 * The host's side of `ctx.git`: what a guest may ask of the repository of its run.
 *
 * Arguments come from code that nobody trusts, so each is checked by hand here before
 * Git sees it, and every answer is bounded. Whether the guest may ask at all was decided
 * before (`sandbox/operations.ts`). Without a ref, the run's own commit is meant.
 */
import { IonError, type Failure } from '#engine/core/error.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import { footersOf } from './message.ts'
import type { Blob, Commit, GitPort, ReadRequest } from './port.ts'

/** What of a call the operations look at: the commit that the run belongs to. */
export interface OperationContext {
  readonly source: { readonly commit?: string }
}

export interface GitOperations {
  /** `op` is `git.log`, `git.tags`, `git.tree`, `git.read` or `git.diff`. */
  call(op: string, args: Json, context: OperationContext): Promise<Json>
}

/** Answers for one repository; it is opened at the first question. */
export function gitOperations(options: { readonly git: () => Promise<GitPort> }): GitOperations {
  let opened: Promise<GitPort> | undefined
  return {
    async call(op, args, context) {
      const operation = Object.hasOwn(operations, op) ? operations[op] : undefined
      if (operation === undefined) throw refused(op, `there is no such operation`)
      opened ??= options.git()
      const asked = argumentsOf(op, args, operation.keys)
      return operation.run(await opened, asked, context.source.commit ?? 'HEAD')
    },
  }
}

interface Operation {
  /** The arguments it knows; another one is refused, so that a slip is not taken for a default. */
  readonly keys: readonly string[]
  run(git: GitPort, asked: Asked, commit: string): Promise<Json>
}

const operations: Readonly<Record<string, Operation>> = {
  'git.log': { keys: ['from', 'to', 'limit', 'body'], run: log },
  'git.tags': { keys: ['at', 'reachable', 'limit'], run: tags },
  'git.tree': { keys: ['at', 'path'], run: tree },
  'git.read': { keys: ['at', 'paths', 'oids', 'bytes_max', 'encoding'], run: read },
  'git.diff': { keys: ['from', 'to'], run: diff },
}

async function log(git: GitPort, asked: Asked, commit: string): Promise<Json> {
  const limit = Math.min(asked.number('limit') ?? limits.gitCommitsMax, limits.gitCommitsMax)
  const to = await git.resolve(asked.text('to') ?? commit)
  const fromText = asked.text('from')
  const from = fromText === undefined ? undefined : await git.resolve(fromText)
  // One more than asked for says whether there are more.
  const found = await git.log({ to, limit: limit + 1, ...(from === undefined ? {} : { from }) })
  const hasBody = asked.flag('body') ?? true
  return {
    from: from ?? null,
    to,
    is_truncated: found.length > limit,
    commits: found.slice(0, limit).map((each) => commitAsJson(each, hasBody)),
  }
}

function commitAsJson(commit: Commit, hasBody: boolean): Json {
  const { id, parents, author, committer, subject, body } = commit
  const footers = footersOf(body).map(({ token, value }) => ({ token, value }))
  const bare = { id, parents, author: { ...author }, committer: { ...committer }, subject, footers }
  return hasBody ? { ...bare, body } : bare
}

async function tags(git: GitPort, asked: Asked, commit: string): Promise<Json> {
  const limit = asked.number('limit') ?? limits.gitRefsMax
  const at = await git.resolve(asked.text('at') ?? commit)
  let found = await git.tags()
  if (asked.flag('reachable') === true) {
    const order = new Map<string, number>()
    for (const { id } of await git.log({ to: at, limit: limits.gitCommitsMax }))
      order.set(id, order.size)
    found = found
      .filter((tag) => order.has(tag.commit))
      .toSorted((a, b) => (order.get(a.commit) ?? 0) - (order.get(b.commit) ?? 0))
  }
  return {
    at,
    is_truncated: found.length > limit,
    tags: found.slice(0, limit).map(({ name, commit, isAnnotated, date }) => ({
      name,
      commit,
      is_annotated: isAnnotated,
      date,
    })),
  }
}

async function tree(git: GitPort, asked: Asked, commit: string): Promise<Json> {
  const at = await git.resolve(asked.text('at') ?? commit)
  const path = asked.text('path')
  const entries = await git.tree(path === undefined ? { at } : { at, path })
  return {
    at,
    entries: entries.map(({ path, type, mode, oid, size }) => ({
      path,
      type,
      mode,
      oid,
      size: size ?? null,
    })),
  }
}

async function read(git: GitPort, asked: Asked, commit: string): Promise<Json> {
  const [paths, oids] = [asked.texts('paths'), asked.texts('oids')]
  if ((paths === undefined) === (oids === undefined)) {
    throw refused('git.read', 'it takes either "paths" or "oids"')
  }
  const encoding = asked.text('encoding') ?? 'utf-8'
  if (encoding !== 'utf-8' && encoding !== 'base64') {
    throw refused('git.read', '"encoding" is "utf-8" or "base64"')
  }
  const at = await git.resolve(asked.text('at') ?? commit)
  const requests: readonly ReadRequest[] =
    paths?.map((path) => ({ at, path })) ?? (oids ?? []).map((oid) => ({ oid }))
  const blobs = await git.readMany(requests)
  const bytesMax = asked.number('bytes_max') ?? limits.gitBlobBytesMax
  return {
    at,
    files: blobs.map((blob, i) => {
      const path = paths?.[i]
      const name = path === undefined ? { oid: oids?.[i] ?? '' } : { path }
      if (blob instanceof IonError) return { ...name, error: briefly(blob.toFailure()) }
      return { ...name, ...fileAsJson(blob, bytesMax, encoding) }
    }),
  }
}

/** Git's own rule: a NUL among the first bytes, and ours: bytes that are no UTF-8. */
const lookedAt = 8_000

function fileAsJson(
  { oid, bytes }: Blob,
  bytesMax: number,
  encoding: 'utf-8' | 'base64',
): JsonObject {
  const isTruncated = bytes.length > bytesMax
  const kept = isTruncated ? bytes.subarray(0, bytesMax) : bytes
  const facts = { oid, size: bytes.length, is_truncated: isTruncated }
  const text = bytes.subarray(0, lookedAt).includes(0) ? undefined : decoded(kept, isTruncated)
  if (encoding === 'base64') {
    return { ...facts, is_binary: text === undefined, base64: Buffer.from(kept).toString('base64') }
  }
  return { ...facts, is_binary: text === undefined, text: text ?? null }
}

/** The text, undefined when it is none. A character that the cut broke is left out. */
function decoded(bytes: Uint8Array, isTruncated: boolean): string | undefined {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    return decoder.decode(bytes, { stream: isTruncated })
  } catch {
    return undefined
  }
}

async function diff(git: GitPort, asked: Asked, commit: string): Promise<Json> {
  const fromText = asked.text('from')
  if (fromText === undefined) throw refused('git.diff', '"from" is missing')
  const from = await git.resolve(fromText)
  const to = await git.resolve(asked.text('to') ?? commit)
  const changes = await git.diff({ from, to })
  return {
    from,
    to,
    changes: changes.map(({ path, kind, before, after }) => ({
      path,
      kind,
      before: before ?? null,
      after: after ?? null,
    })),
  }
}

/** The arguments of one call, each taken out by its type. */
interface Asked {
  text(key: string): string | undefined
  texts(key: string): readonly string[] | undefined
  number(key: string): number | undefined
  flag(key: string): boolean | undefined
}

const textCharsMax = 4_096

function argumentsOf(op: string, args: Json, keys: readonly string[]): Asked {
  if (!isObject(args)) throw refused(op, 'its arguments are an object')
  const unknown = Object.keys(args).find((key) => !keys.includes(key))
  if (unknown !== undefined) {
    throw refused(
      op,
      `it knows no "${unknown.slice(0, 100)}", but ${keys.map((key) => `"${key}"`).join(', ')}`,
    )
  }
  const isText = (value: unknown): value is string =>
    typeof value === 'string' && value.length <= textCharsMax
  // An empty text is no ref and no path, so a flow may write it for "not given".
  const take = <T>(
    key: string,
    is: (value: unknown) => value is T,
    wanted: string,
  ): T | undefined => {
    const value = args[key]
    if (value === undefined || value === null || value === '') return undefined
    if (!is(value)) throw refused(op, `"${key}" is ${wanted}`)
    return value
  }
  return {
    text: (key) => take(key, isText, `a text of at most ${textCharsMax} characters`),
    texts: (key) =>
      take(
        key,
        (value): value is readonly string[] =>
          Array.isArray(value) && value.length <= limits.gitFilesPerReadMax && value.every(isText),
        `a list of at most ${limits.gitFilesPerReadMax} texts`,
      ),
    number: (key) =>
      take(
        key,
        (value): value is number =>
          typeof value === 'number' && Number.isSafeInteger(value) && value > 0,
        'a whole number from 1',
      ),
    flag: (key) => take(key, (value) => typeof value === 'boolean', 'true or false'),
  }
}

function briefly({ code, message }: Failure): JsonObject {
  return { code, message }
}

function refused(op: string, why: string): IonError {
  return new IonError('RUN_INPUT_REFUSED', `"${op.slice(0, 100)}" was called wrongly: ${why}.`, {
    data: { op: op.slice(0, 100) },
  })
}
