/**
 * Syncs one mirror: looks at the remote, brings what is new, has it checked, and keeps
 * each fact as soon as it is one.
 *
 * An unchanged repository costs one request. What a look means is `judge.ts`'s to say;
 * whatever fails here becomes a problem of the stage that cannot go on, and the next look
 * begins there. Nothing of it makes a commit active.
 */
import { join } from 'node:path'

import type { Clock } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import { IonError, isTransient } from '#engine/core/error.ts'
import type { HttpDoor } from '#engine/connection/http.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import {
  listBranches,
  listRefs,
  type RefList,
  type RemoteOptions,
} from '#engine/mirror/wire/remote.ts'

import type { Absorb } from './absorb.ts'
import { type AdapterChoice, bring } from './bring.ts'
import {
  judgeCompiled,
  judgeFailure,
  judgeMirrored,
  judgeRemote,
  type RemoteRefs,
} from './judge.ts'
import { keep } from './keep.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { type Facts, type Mirror, type Stage, statusOf, type MirrorStatus } from './mirror.ts'
import { nextPoll } from './schedule.ts'
import type { MirrorStore } from './store.ts'

export interface SyncPorts {
  readonly store: MirrorStore
  readonly clock: Pick<Clock, 'now'>
  readonly door: HttpDoor
  /** Holds one repository for each mirror. */
  readonly folder: string
  /** The value of a secret. */
  readonly secret: (name: string) => Promise<string>
  readonly absorb: Absorb
  readonly adapter?: AdapterChoice
  /** For one request in all; absent means the limit. */
  readonly timeMs?: number
  /** From 0 up to 1. */
  readonly chance: () => number
  readonly compile: Compile
  /** The right to change the repository of one mirror; undefined while another process has it. */
  readonly claim: (id: string) => Disposable | undefined
}

/** Checks the files of a commit. What is wrong with them is in the result, never thrown. */
export type Compile = (manifest: Manifest, mirror: Mirror) => Promise<Compiled>

export interface Compiled {
  readonly flows: number
  readonly problem?: { readonly code: string; readonly message: string }
}

export interface SyncOptions {
  readonly signal?: AbortSignal
  /** Tries again what was refused for ever. */
  readonly isForced?: boolean
  readonly onStage?: (stage: 'looking' | 'fetching' | 'checking') => void
}

export interface SyncReport {
  readonly mirror: Mirror
  readonly facts: Facts
  readonly status: MirrorStatus
  /** Whether any fact moved. */
  readonly isChanged: boolean
  readonly packBytes: number
  /** What stopped this sync. */
  readonly failure?: { readonly stage: Stage; readonly code: string; readonly message: string }
  /** The host asks for rest, or could not be reached: for the breaker of its queue. */
  readonly host:
    | { readonly kind: 'answered' }
    | { readonly kind: 'failed'; readonly retryAfterMs?: number }
}

/** Throws `MIRROR_BUSY` while another process syncs the same mirror, and `RUN_CANCELLED`. */
export async function syncRepository(
  ports: SyncPorts,
  mirror: Mirror,
  options: SyncOptions = {},
): Promise<SyncReport> {
  using claim = ports.claim(mirror.id)
  if (claim === undefined) throw busy(mirror)
  const work: Work = { ports, mirror, options, packBytes: 0, stage: 'remote' }
  const before = ports.store.facts(mirror.id)
  try {
    await lookAndBring(work)
    work.stage = 'compiled'
    await check(work)
  } catch (thrown) {
    if (!(thrown instanceof IonError) || thrown.code === 'RUN_CANCELLED') throw thrown
    work.failure = thrown
    keepFailure(work, thrown)
  }
  return finish(work, before)
}

interface Work {
  readonly ports: SyncPorts
  readonly mirror: Mirror
  readonly options: SyncOptions
  packBytes: number
  stage: Stage
  /** The commit that the stage is about. */
  commit?: CommitId
  /** Of the list of refs, once all of it was taken in. */
  answer?: Digest
  failure?: IonError
}

async function lookAndBring(work: Work): Promise<void> {
  const { ports, mirror, options } = work
  const { store, clock } = ports
  options.onStage?.('looking')
  const remote = await remoteOf(work)
  const list = await listRefs(remote, mirror.branch)
  if (isAsBefore(work, list)) {
    work.answer = list.digest
    return
  }
  const refs = list.read()
  const facts = store.facts(mirror.id)
  const branches = await otherBranches(remote, { mirror, facts, refs })
  const look = { mirror, facts, seen: store.refs(mirror.id), remote: refs, at: clock.now() }
  const { change, wanted } = judgeRemote({ ...look, ...branches })
  store.apply(mirror.id, change)
  work.answer = list.digest
  if (wanted === undefined || isHopeless(work, facts, wanted)) return
  work.stage = 'mirrored'
  work.commit = wanted
  options.onStage?.('fetching')
  await take(work, remote, wanted)
}

/** Which branches there are, where the one to follow is not and never was. */
async function otherBranches(
  remote: RemoteOptions,
  { mirror, facts, refs }: { mirror: Mirror; facts: Facts; refs: RemoteRefs },
): Promise<{ readonly branches?: readonly string[] }> {
  const branch = mirror.branch ?? refs.head
  const isThere = refs.refs.some(({ ref }) => ref === `refs/heads/${branch ?? ''}`)
  if (isThere || facts.remote.commit !== undefined) return {}
  return { branches: await listBranches(remote) }
}

/** Nothing changed at the remote, and nothing of it waits here. */
function isAsBefore({ ports, mirror, options }: Work, list: RefList): boolean {
  const { remote, mirrored } = ports.store.facts(mirror.id)
  return (
    options.isForced !== true &&
    ports.store.polling(mirror.id)?.answer === list.digest &&
    remote.problem === undefined &&
    mirrored.problem === undefined &&
    mirrored.commit === remote.commit
  )
}

/** The same commit was refused for what it is: it is not fetched again until the branch moves. */
function isHopeless({ options }: Work, { mirrored }: Facts, wanted: CommitId): boolean {
  const { problem } = mirrored
  return options.isForced !== true && problem?.commit === wanted && !isTransient(problem.code)
}

async function take(work: Work, remote: RemoteOptions, commit: CommitId): Promise<void> {
  const { ports, mirror } = work
  const { store, folder, absorb, adapter = 'auto' } = ports
  const facts = store.facts(mirror.id)
  const { tree, commit: before } = facts.mirrored
  const known = tree === undefined ? undefined : readManifest(store.content.get(tree))
  const gitDir = join(folder, mirror.id)
  const brought = await bring(
    { remote, gitDir, absorb, adapter },
    {
      commit,
      paths: mirror.paths,
      known: new Set(known?.files.map(({ oid }) => oid)),
      ...(before === undefined ? {} : { before }),
    },
  )
  work.packBytes += brought.packBytes
  const { ancestry, committedAt } = brought
  const change = judgeMirrored(
    { mirror: store.find(mirror.id) ?? mirror, facts, at: ports.clock.now() },
    {
      commit,
      ancestry,
      tree: keep(store.content, brought, known),
      ...(committedAt === undefined ? {} : { committedAt }),
    },
  )
  store.apply(mirror.id, change)
}

/** Has the mirrored commit checked, unless it was, or one with the same files. */
async function check(work: Work): Promise<void> {
  const { ports, mirror, options } = work
  const { store, clock } = ports
  const facts = store.facts(mirror.id)
  const { commit, tree } = facts.mirrored
  const { compiled } = facts
  if (commit === undefined || tree === undefined) return
  work.commit = commit
  const isDone = compiled.commit === commit || compiled.problem?.commit === commit
  if (isDone && options.isForced !== true) return
  const isSame = compiled.tree === tree && compiled.problem === undefined
  const { flows, problem }: Compiled = isSame
    ? { flows: compiled.flows ?? 0 }
    : await compileTree(work, tree)
  const result = { commit, tree, flows, ...(problem === undefined ? {} : { problem }) }
  store.apply(mirror.id, judgeCompiled(facts, result, clock.now()))
}

async function compileTree({ ports, mirror, options }: Work, tree: Digest): Promise<Compiled> {
  options.onStage?.('checking')
  return await ports.compile(readManifest(ports.store.content.get(tree)), mirror)
}

function keepFailure(work: Work, { code, message }: IonError): void {
  const { ports, mirror, stage, commit } = work
  const facts = ports.store.facts(mirror.id)
  const failure = { stage, code, message, ...(commit === undefined ? {} : { commit }) }
  ports.store.apply(mirror.id, judgeFailure(facts, failure, ports.clock.now()))
}

function finish(work: Work, before: Facts): SyncReport {
  const { ports, mirror, failure, stage, packBytes } = work
  const { store, clock, chance } = ports
  const facts = store.facts(mirror.id)
  const now = clock.now()
  const failures = failure === undefined ? 0 : (store.polling(mirror.id)?.failures ?? 0) + 1
  const { committedAt } = facts.mirrored
  const retryAfterMs = failure?.data['retryAfterMs']
  const asked = typeof retryAfterMs === 'number' ? { retryAfterMs } : {}
  const age = committedAt === undefined ? {} : { committedAt }
  const nextAt = nextPoll({ now, failures, chance: chance(), ...age, ...asked })
  const answer = work.answer === undefined ? {} : { answer: work.answer }
  store.apply(mirror.id, { polling: { nextAt, checkedAt: now, failures, ...answer } })
  const current = store.find(mirror.id) ?? mirror
  return {
    mirror: current,
    facts,
    status: statusOf(current, facts),
    isChanged: JSON.stringify(before) !== JSON.stringify(facts),
    packBytes,
    host:
      failure !== undefined && isHosts(failure)
        ? { kind: 'failed', ...asked }
        : { kind: 'answered' },
    ...(failure === undefined
      ? {}
      : { failure: { stage, code: failure.code, message: failure.message } }),
  }
}

/** Whether a failure says something about the host and not about one repository of it. */
function isHosts({ code, data }: IonError): boolean {
  const status = Number(data['status'] ?? 0)
  return /^CONN_(?:UNREACHABLE|TIMEOUT)$/.test(code) || status === 429 || status >= 500
}

async function remoteOf({ ports, mirror, options }: Work): Promise<RemoteOptions> {
  const { tokenSecret, url } = mirror
  const token = tokenSecret === undefined ? undefined : await ports.secret(tokenSecret)
  return {
    door: ports.door,
    url,
    ...(token === undefined ? {} : { token }),
    ...(ports.timeMs === undefined ? {} : { timeMs: ports.timeMs }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }
}

/** While another process has the mirror. */
export function busy({ name }: Mirror): IonError {
  return new IonError(
    'MIRROR_BUSY',
    `Another process is syncing "${name}"; wait for it, or look at \`ionflux mirror status ${name}\`.`,
    { data: { mirror: name } },
  )
}
