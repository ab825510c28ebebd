/**
 * A remote repository over HTTPS: one request lists its refs, one more fetches a commit.
 *
 * It speaks version 2 of Git's protocol through the guarded way out, so what may be
 * reached, and who is sent a secret, is decided in one place. Redirects are not followed.
 * A commit is asked for by its id, never by a name that may move in between, and nothing
 * is written but the file that the pack goes to. What is in the pack belongs to
 * `portable/index-pack.ts` or to the system's git.
 */
import { hash } from 'node:crypto'
import { open } from 'node:fs/promises'

import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import type { HttpDoor } from '#engine/connection/http.ts'
import type { Headers } from '#engine/connection/headers.ts'
import { readTarget } from '#engine/connection/egress.ts'
import type { RemoteRefs } from '#engine/mirror/sync/judge.ts'

import { delim, flush, packet } from './packet.ts'
import { PackReceiver, type Received } from './receive.ts'
import { parseRefs } from './refs.ts'
import { refusalOf } from './said.ts'

export interface RemoteOptions {
  readonly door: HttpDoor
  readonly url: string
  /** A token, or `user:password`. */
  readonly token?: string
  readonly timeMs?: number
  readonly signal?: AbortSignal
}

/** A list of refs that is read only when it is not the one of last time. */
export interface RefList {
  /** Of the answer as it came. */
  readonly digest: Digest
  /** Throws as `parseRefs` does. */
  read(): RemoteRefs
}

export interface FetchWish {
  readonly want: string
  /** What is here already; the pack leaves out what these have. */
  readonly have?: string
  /** The edge of what is here. */
  readonly shallow: readonly string[]
  /** Only the commit itself, without its history. */
  readonly isShallow: boolean
  /** Where the pack goes; must not exist. */
  readonly file: string
}

/**
 * Lists the bound branch (HEAD without one) and all tags, in one request.
 *
 * Throws `MIRROR_REPOSITORY_GONE`, `MIRROR_FETCH_FAILED`, `MIRROR_REMOTE_MALFORMED`, and
 * what the way out throws (`CONN_…`).
 */
export async function listRefs(options: RemoteOptions, branch?: string): Promise<RefList> {
  const { host } = readTarget(options.url)
  const body = command('ls-refs', [
    'peel',
    'symrefs',
    `ref-prefix ${branch === undefined ? 'HEAD' : `refs/heads/${branch}`}`,
    'ref-prefix refs/tags/',
  ])
  const answer = await ask(options, body)
  return {
    digest: `sha256:${hash('sha256', answer, 'hex')}` as Digest,
    read: () => parseRefs(host, answer),
  }
}

/** The names of all branches, for saying which there are. Throws as `listRefs` and `parseRefs`. */
export async function listBranches(options: RemoteOptions): Promise<readonly string[]> {
  const { host } = readTarget(options.url)
  const answer = await ask(options, command('ls-refs', [`ref-prefix ${heads}`]))
  return parseRefs(host, answer).refs.flatMap(({ ref }) =>
    ref.startsWith(heads) ? [ref.slice(heads.length)] : [],
  )
}

const heads = 'refs/heads/'

/** Fetches one commit with all that it needs and is not here. */
export async function fetchPack(options: RemoteOptions, wish: FetchWish): Promise<Received> {
  const { host } = readTarget(options.url)
  const { want, have, shallow, isShallow, file } = wish
  const body = command('fetch', [
    'thin-pack',
    'ofs-delta',
    'no-progress',
    `want ${want}`,
    ...(have === undefined ? [] : [`have ${have}`]),
    ...shallow.map((oid) => `shallow ${oid}`),
    ...(isShallow ? ['deepen 1'] : []),
    'done',
  ])
  await using handle = await open(file, 'wx', 0o600)
  const receiver = new PackReceiver(host, async (bytes) => void (await handle.write(bytes)))
  await ask(options, body, (piece) => receiver.take(piece))
  return receiver.end()
}

function command(name: string, args: readonly string[]): Buffer {
  return Buffer.concat([
    packet(`command=${name}`),
    packet('agent=ionflux'),
    packet('object-format=sha1'),
    delim,
    ...args.map((line) => packet(line)),
    flush,
  ])
}

async function ask(
  options: RemoteOptions,
  body: Buffer,
  save?: (piece: Uint8Array) => Promise<void>,
): Promise<Uint8Array> {
  const { door, url, token, timeMs = limits.mirrorFetchMsMax, signal } = options
  const own = readTarget(url)
  const {
    status,
    headers,
    body: bytes,
  } = await door.send({
    url: `${url}/git-upload-pack`,
    method: 'POST',
    headers: [
      ['content-type', 'application/x-git-upload-pack-request'],
      ['accept', resultType],
      ['git-protocol', 'version=2'],
      ['user-agent', 'git/ionflux'],
    ],
    ...(token === undefined ? {} : { credentials: [['authorization', basic(token)]] }),
    body,
    redirect: 'manual',
    timeMs,
    mayGo: (target) => target.url.origin === own.url.origin,
    ...(save === undefined ? {} : { save }),
    ...(signal === undefined ? {} : { signal }),
  })
  const location = header(headers, 'location')
  const retryAfterMs = retryAfter(header(headers, 'retry-after'))
  const refusal = refusalOf(own.host, {
    status,
    ...(location === undefined ? {} : { location }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
  if (refusal !== undefined) throw refusal
  const type = header(headers, 'content-type')?.split(';')[0]?.trim()
  if (type === resultType) return bytes
  throw new IonError(
    'MIRROR_REMOTE_MALFORMED',
    `"${own.host}" does not answer as a Git server does at this address; write the address that \`git clone\` takes.`,
    { data: { host: own.host, type: type ?? null } },
  )
}

const resultType = 'application/x-git-upload-pack-result'

/** The common forges take a token with any user; some want one of their own, written before a colon. */
function basic(token: string): string {
  const pair = token.includes(':') ? token : `x-access-token:${token}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function header(headers: Headers, wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
}

/** Seconds, or a date. */
function retryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}
