/**
 * `ctx.git.commit` and `ctx.git.tag`: what a guest may write into the repository of its run.
 *
 * Branches and tags are those that a grant names. The time of a commit is that of the
 * run's birth, so a step that is executed again makes the same commit and not a second.
 */
import { birthOf } from '#engine/core/id.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Blobs } from '#engine/runtime/blobs.ts'
import type { RunSource } from '#engine/runtime/record.ts'
import type { CallContext } from '#engine/sandbox/operations.ts'

import { argumentsOf, misused, type Arguments } from './arguments.ts'
import { handleIn } from './blob.ts'
import { blobRead, demandPower } from './demand.ts'

type Change =
  | { readonly path: string; readonly bytes: Uint8Array; readonly isExecutable?: boolean }
  | { readonly path: string; readonly isDeleted: true }

interface Made {
  readonly commit: string
  readonly parent?: string
  readonly isNew: boolean
}

/** As the mirror's writer has it. */
export interface Writer {
  commit(wish: {
    readonly branch: string
    readonly expected?: string | null
    readonly from?: string
    readonly changes: readonly Change[]
    readonly message: string
    readonly author: Author
    readonly at: number
  }): Promise<Made>
  tag(wish: {
    readonly name: string
    readonly target: string
    readonly message?: string
    readonly author: Author
    readonly at: number
  }): Promise<Made>
}

interface Author {
  readonly name: string
  readonly email: string
}

/** The call that asks, and what it may. */
type Asking = Pick<CallContext, 'run' | 'flow' | 'source' | 'asker' | 'granted' | 'effects'>

export interface CommitPowers {
  readonly writer: (source: RunSource) => Promise<Writer>
  readonly blobs: () => Promise<Blobs>
}

/**
 * Writes a commit. Throws what the writer throws, or `RUN_INPUT_REFUSED`. A file that is a
 * blob is read for it, which is a power of its own: without it, `CAP_NOT_GRANTED`.
 */
export async function commitFor(
  { writer, blobs }: CommitPowers,
  args: Json,
  asking: Asking,
): Promise<Json> {
  const op = 'git.commit'
  const { run, flow, source } = asking
  const keys = ['branch', 'from', 'expected', 'message', 'author', 'files'] as const
  const asked = argumentsOf(op, args, keys)
  const files = asked.find('files')
  if (!Array.isArray(files) || files.length > limits.gitChangesMax) {
    throw misused(op, `"files" is a list of at most ${limits.gitChangesMax} changes`)
  }
  if ((files as readonly Json[]).some((file) => isObject(file) && file['blob'] !== undefined)) {
    demandPower(op, blobRead, asking)
  }
  const changes: Change[] = []
  for (const file of files as readonly Json[]) changes.push(await changeOf(file, blobs))
  const { commit, parent, isNew } = await (
    await writer(source)
  ).commit({
    branch: asked.text('branch'),
    from: asked.findText('from') ?? source.commit ?? 'HEAD',
    ...expectedIn(asked),
    changes,
    message: messageIn(op, asked) ?? `${flow}: update`,
    author: authorIn(op, asked, flow),
    at: birthOf(run),
  })
  return { branch: asked.text('branch'), commit, parent: parent ?? null, is_new: isNew }
}

/** Makes a tag. */
export async function tagFor(
  { writer }: CommitPowers,
  args: Json,
  { run, flow, source }: Asking,
): Promise<Json> {
  const op = 'git.tag'
  const asked = argumentsOf(op, args, ['name', 'at', 'message', 'author'])
  const message = messageIn(op, asked)
  const { commit, isNew } = await (
    await writer(source)
  ).tag({
    name: asked.text('name'),
    target: asked.findText('at') ?? source.commit ?? 'HEAD',
    ...(message === undefined ? {} : { message }),
    author: authorIn(op, asked, flow),
    at: birthOf(run),
  })
  return { tag: asked.text('name'), commit, is_new: isNew }
}

function expectedIn(asked: Arguments): { readonly expected?: string | null } {
  const expected = asked.find('expected')
  if (expected === undefined) return {}
  if (expected === null) return { expected }
  const isId = typeof expected === 'string' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(expected)
  if (isId) return { expected }
  throw misused('git.commit', '"expected" is the full id of a commit, or null for no such branch')
}

function messageIn(op: string, asked: Arguments): string | undefined {
  const message = asked.findText('message')
  if (message === undefined || message.trim() === '') return undefined
  if (message.length <= limits.gitMessageCharsMax) return message
  throw misused(op, `"message" has at most ${limits.gitMessageCharsMax} characters`)
}

function authorIn(op: string, asked: Arguments, flow: string): Author {
  const author = asked.find('author')
  if (author === undefined || author === null)
    return { name: flow, email: `${flow}@ionflux.invalid` }
  const { name, email } = isObject(author) ? author : ({} as JsonObject)
  if (typeof name === 'string' && typeof email === 'string') return { name, email }
  throw misused(op, '"author" is an object with a name and an email')
}

async function changeOf(file: Json, blobs: () => Promise<Blobs>): Promise<Change> {
  const op = 'git.commit'
  const asked = argumentsOf(op, file, ['path', 'text', 'base64', 'blob', 'executable', 'delete'])
  const path = asked.text('path')
  if (asked.find('delete') === true) return { path, isDeleted: true }
  const bytes = await bytesIn(op, asked, blobs)
  const isExecutable = asked.find('executable')
  return typeof isExecutable === 'boolean' ? { path, bytes, isExecutable } : { path, bytes }
}

async function bytesIn(
  op: string,
  asked: Arguments,
  blobs: () => Promise<Blobs>,
): Promise<Uint8Array> {
  const [text, base64, blob] = [
    asked.findText('text'),
    asked.findText('base64'),
    asked.find('blob'),
  ]
  if (text !== undefined) return Buffer.from(text)
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  if (blob === undefined) throw misused(op, 'a file has "text", "base64", "blob" or "delete: true"')
  const { $blob } = handleIn(op, blob)
  const open = await blobs()
  // Not what the handle says: it is the guest's.
  if (((await open.size($blob)) ?? 0) > limits.gitBlobBytesMax) {
    throw misused(op, `a file of a commit has at most ${limits.gitBlobBytesMax} bytes`)
  }
  return Buffer.concat(await Array.fromAsync(open.stream($blob)))
}
