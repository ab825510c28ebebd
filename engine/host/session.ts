/**
 * Runs in a data directory, whoever executes them: this process when it can have the
 * lease, otherwise the one that holds it.
 *
 * When that one goes away, by its end or by its death, this one takes the lease, carries
 * on what the journal says is unfinished, and goes on following as if nothing had been.
 */
import { setTimeout as sleep } from 'node:timers/promises'

import type { Code } from '#engine/core/codes.ts'
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { systemIds } from '#engine/durable/system.ts'
import type { RunStatus } from '#engine/runtime/ports.ts'
import type { Published } from '#engine/runtime/live/talk.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

import { prepareDataDirectory } from './data/directory.ts'
import { openGuest } from './guest.ts'
import { type LeaseOwner, leaseOwner, takeLease } from './lease.ts'
import { linkPath } from './link-path.ts'
import { openOwner, type Leaving, type RunHost, type StartRequest } from './owner.ts'
import type { Told } from '#engine/host/serve/told.ts'
import { isSilent } from '#engine/host/other/pulse.ts'

export interface FollowWish {
  readonly run: RunId
  readonly until: 'ended' | 'parked'
  hear(records: readonly RunRecord[]): void
}

export interface Session {
  start(request: StartRequest): Promise<void>
  follow(wish: FollowWish): Promise<RunStatus>
  cancel(run: RunId, reason: string): Promise<void>
  retry(run: RunId): Promise<void>
  /** Tells `run` something; what is told twice counts once. */
  tell(run: RunId, told: Told): Promise<void>
  /** Tells an event to every run that waits for it; what is told twice counts once. */
  publish(event: Published & { readonly id: string }): Promise<readonly RunId[]>
  recover(): Promise<readonly RunId[]>
  /** The process that executes the runs now; undefined when it is this one. */
  owner(): LeaseOwner | undefined
  /**
   * Drains and lets go of the lease, where this process has it; calls for others who follow
   * are ended first. What still waits here is rejected with `CLI_ENGINE_UNREACHABLE`.
   */
  close(leaving?: Leaving): Promise<void>
}

export interface SessionWish {
  readonly carriesOn: boolean
  /** Told when the process that holds the directory takes long to answer. */
  onSlow?(owner: LeaseOwner | undefined): void
}

/**
 * Opens `directory`, which is made where it is missing. With `carriesOn` an owner also
 * takes up what an earlier process left unfinished.
 */
export async function openSession(
  directory: string,
  { carriesOn, onSlow = () => {} }: SessionWish,
): Promise<Session> {
  prepareDataDirectory(directory)
  const holder = openHolder(directory, { carriesOn, onSlow })
  try {
    await holder.use(async () => {})
  } catch (thrown) {
    await holder.close()
    throw thrown
  }
  return {
    start: async (request) => await holder.use(async (it) => await it.start(request)),
    follow: async ({ run, until, hear }) => {
      let seen = 0
      const count = (records: readonly RunRecord[]): void => {
        seen += records.length
        hear(records)
      }
      return await holder.use(async (it) => await it.follow({ run, until, seen, hear: count }))
    },
    cancel: async (run, reason) =>
      await holder.use(onceDone('RUN_ALREADY_ENDED', async (it) => await it.cancel(run, reason))),
    retry: async (run) =>
      await holder.use(onceDone('RUN_NOT_RETRYABLE', async (it) => await it.retry(run))),
    tell: async (run, told) => await holder.use(async (it) => await it.tell(run, told)),
    publish: async (event) => await holder.use(async (it) => await it.publish(event)),
    recover: async () => await holder.use(async (it) => await it.recover()),
    owner: () => (holder.isHere() ? undefined : leaseOwner(directory)),
    close: holder.close,
  }
}

/**
 * An owner may do what it was asked and be gone before it answers. Asked again, the next one
 * says with `code` that there is nothing left to do: then it is done.
 */
function onceDone(
  code: Code,
  work: (host: RunHost) => Promise<void>,
): (host: RunHost) => Promise<void> {
  let isAgain = false
  return async (host) => {
    try {
      await work(host)
    } catch (thrown) {
      if (!isAgain || !(thrown instanceof IonError) || thrown.code !== code) {
        isAgain = true
        throw thrown
      }
    }
  }
}

interface Held {
  readonly host: RunHost
  readonly isHere: boolean
  /** What the one before left is carried on. */
  readonly ready: Promise<unknown>
}

interface Holder {
  /** Does `work`; when the owner is gone, with the next one, which may be this process. */
  use<T>(work: (host: RunHost) => Promise<T>): Promise<T>
  isHere(): boolean
  close(leaving?: Leaving): Promise<void>
}

/** Holds the owner of now. Whoever comes after one that is gone carries on what that one left. */
function openHolder(directory: string, { carriesOn, onSlow }: Required<SessionWish>): Holder {
  let opening: Promise<Held> | undefined
  let latest: Held | undefined
  let isFirst = true
  let isClosed = false
  const open = async (): Promise<Held> => {
    const { host, isHere } = await openHost(directory, () => onSlow(leaseOwner(directory)))
    const ready = carriesOn || !isFirst ? host.recover() : Promise.resolve()
    ready.catch(() => undefined) // whoever works with it hears of it
    isFirst = false
    return (latest = { host, isHere, ready })
  }
  const current = async (): Promise<Held> => {
    opening ??= open()
    const mine = opening
    try {
      return await mine
    } catch (thrown) {
      if (opening === mine) opening = undefined
      throw thrown
    }
  }
  const use = async <T>(work: (host: RunHost) => Promise<T>): Promise<T> => {
    let pause = pauseMs
    for (let turn = 1; ; turn++) {
      const held = await current()
      const since = performance.now()
      try {
        await held.ready
        if (isClosed) throw closed()
        return await work(held.host)
      } catch (thrown) {
        if (isSilent(thrown)) throw notAnswering(directory, thrown)
        if (!isGone(thrown) || isClosed) throw thrown
        // One that answered for a while and went away is none of those that never answer.
        if (performance.now() - since > limits.linkPauseMsMax) [turn, pause] = [1, pauseMs]
        if (turn >= limits.linkTakeOversMax) throw gaveUp(directory, turn, thrown)
        if (latest === held) opening = undefined
        await held.host.close()
        await sleep(pause)
        if (isClosed) throw thrown
        pause = Math.min(pause * 2, limits.linkPauseMsMax)
      }
    }
  }
  return {
    use,
    isHere: () => latest?.isHere === true,
    close: async (leaving) => {
      isClosed = true
      const held = await opening?.catch(() => undefined)
      await held?.host.close(leaving)
    },
  }
}

function closed(): IonError {
  return new IonError('CLI_ENGINE_UNREACHABLE', 'The session was closed.')
}

function gaveUp(directory: string, times: number, cause: IonError): IonError {
  const message =
    `The ionflux process that works in "${directory}" went away ${times} times in a row. ` +
    `The last time: ${cause.message} The runs are safe: \`ionflux resume\` carries on.`
  return new IonError('CLI_ENGINE_UNREACHABLE', message, { data: { directory, times }, cause })
}

function notAnswering(directory: string, cause: IonError): IonError {
  const owner = leaseOwner(directory)
  const who = owner === undefined ? 'A process' : `Process ${owner.pid}`
  const message = `${who} holds "${directory}" and does not answer. Let it go on, or end it: the runs are safe.`
  const data = { directory, ...(owner === undefined ? {} : { pid: owner.pid }) }
  return new IonError('CLI_ENGINE_UNREACHABLE', message, { data, cause })
}

function isGone(thrown: unknown): thrown is IonError {
  return thrown instanceof IonError && thrown.code === 'CLI_ENGINE_UNREACHABLE'
}

/** The owner, here or there; between the two moments of a change of owner, neither answers. */
async function openHost(
  directory: string,
  onSlow: () => void,
): Promise<Pick<Held, 'host' | 'isHere'>> {
  const socket = linkPath(directory)
  for (let waited = 0; ; waited += pauseMs) {
    const lease = takeLease(directory, { socket })
    if (lease !== undefined) return { host: await openOwner(directory, lease), isHere: true }
    try {
      return { host: await openGuest(socket, onSlow), isHere: false }
    } catch (thrown) {
      if (!isGone(thrown) || waited >= limits.drainMsMax + limits.linkConnectMsMax) throw thrown
    }
    await sleep(pauseMs)
  }
}

const pauseMs = 50

/** A name for a run that is about to start: a start that is repeated starts it once. */
export function freshRunId(): RunId {
  return systemIds().runId()
}
