/**
 * The process that holds the lease of a data directory: it executes, and serves those who
 * come later over the local socket.
 *
 * Its own work done, it takes on nothing new. Calls that it makes for others it still ends,
 * as long as somebody follows: cut short, an unsafe one would leave nobody knowing whether
 * it happened.
 */
import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { RunStatus } from '#engine/runtime/ports.ts'
import type { RunSource } from '#engine/runtime/record.ts'

import type { Published } from '#engine/runtime/live/talk.ts'
import {
  askedEvent,
  askedFollow,
  askedReason,
  askedRun,
  askedStart,
} from '#engine/host/serve/asked.ts'
import { feed, type FollowRequest } from '#engine/host/serve/feed.ts'
import { askedTold, type Told, tellRun } from '#engine/host/serve/told.ts'
import type { Lease } from './lease.ts'
import { linkPath } from './link-path.ts'
import { serveLink, type LinkRequest } from './link.ts'
import { wire, type Wired } from './wire.ts'

/** Everything a run needs to start, by value: whoever gets it needs no file. */
export interface StartRequest {
  readonly run: RunId
  readonly plan: Digest
  readonly blobs: readonly Uint8Array[]
  readonly input: Json
  /** What started it, as the flow sees it; absent for a start by hand. */
  readonly event?: Json
  readonly source: RunSource
  /** Executes every step, whatever is kept of earlier runs. */
  readonly isFresh?: boolean
}

/** How a host may be left. */
export interface Leaving {
  /** Told once, when calls for others keep this process. */
  onFinishing?(calls: number): void
  /** Aborts when it has to go soon, whoever follows. */
  readonly signal?: AbortSignal
}

/** What can be done with runs, here or over the link. */
export interface RunHost {
  /** Resolves once the start is durable; starting twice starts once. */
  start(request: StartRequest): Promise<void>
  /** Resolves once the run has ended, or waits where that is enough. */
  follow(request: FollowRequest): Promise<RunStatus>
  cancel(run: RunId, reason: string): Promise<void>
  retry(run: RunId): Promise<void>
  /** Tells `run` something; resolves once that is durable. */
  tell(run: RunId, told: Told): Promise<void>
  /** Takes in an event for every run that waits for it; resolves to these once they have it. */
  publish(event: Published): Promise<readonly RunId[]>
  /** Carries on what is unfinished; its ids. */
  recover(): Promise<readonly RunId[]>
  close(leaving?: Leaving): Promise<void>
}

/** Becomes the owner of `directory`. */
export async function openOwner(directory: string, lease: Lease): Promise<RunHost> {
  let wired: Wired | undefined
  try {
    wired = wire(directory)
    const { drain, callsUnderWay, close } = wired
    const host = hostOf(wired)
    const guests = { following: 0 }
    const server = await serveLink(linkPath(directory), (request) => answer(host, guests, request))
    return {
      ...host,
      close: async (leaving = {}) => {
        await finish({ drain, callsUnderWay, followers: () => guests.following }, leaving)
        // Guests go first: they wait for the lease, which is free once all is written.
        await server.close()
        try {
          await close()
        } finally {
          lease[Symbol.dispose]()
        }
      },
    }
  } catch (thrown) {
    await wired?.close()
    lease[Symbol.dispose]()
    throw thrown
  }
}

interface Finishing extends Pick<Wired, 'drain' | 'callsUnderWay'> {
  followers(): number
}

/** Takes on nothing new; waits for calls under way, long where a guest follows. */
export async function finish(
  { drain, callsUnderWay, followers }: Finishing,
  { onFinishing, signal }: Leaving,
): Promise<void> {
  const stays = (): boolean => followers() > 0 && signal?.aborted !== true
  await drain(limits.finishLookMs)
  if (callsUnderWay() > 0 && stays()) onFinishing?.(callsUnderWay())
  for (let waited = limits.finishLookMs; callsUnderWay() > 0; waited += limits.finishLookMs) {
    if (waited >= (stays() ? limits.finishMsMax : limits.drainMsMax)) return
    await drain(limits.finishLookMs)
  }
  await drain(limits.drainMsMax) // what they gave is on its way to the disk
}

function hostOf({ engine, durable }: Wired): Omit<RunHost, 'close'> {
  return {
    start: async ({ blobs, ...start }) => {
      for (const bytes of blobs) durable.store.put(bytes)
      await engine.start(start)
    },
    follow: async (request) => await feed({ engine, journal: durable.journal }, request),
    cancel: async (run, reason) => await engine.cancel(run, reason),
    retry: async (run) => await engine.retry(run),
    tell: async (run, told) => await tellRun(engine, run, told),
    publish: async (event) => await engine.publish(event),
    recover: () => Promise.try(() => engine.recover()),
  }
}

async function answer(
  host: Omit<RunHost, 'close'>,
  guests: { following: number },
  { method, params, emit, signal }: LinkRequest,
): Promise<Json> {
  const asked = isObject(params) ? params : {}
  switch (method) {
    case 'start':
      await host.start(askedStart(asked))
      return null
    case 'follow': {
      const { run, seen, until } = askedFollow(asked)
      guests.following += 1
      try {
        const hear: FollowRequest['hear'] = async (records) =>
          await emit({ records } as unknown as Json)
        return await host.follow({ run, seen, until, hear, signal })
      } finally {
        guests.following -= 1
      }
    }
    case 'cancel':
      await host.cancel(askedRun(asked), askedReason(asked))
      return null
    case 'retry':
      await host.retry(askedRun(asked))
      return null
    case 'tell':
      await host.tell(askedRun(asked), askedTold(asked))
      return null
    case 'publish':
      return await host.publish(askedEvent(asked))
    case 'recover':
      return await host.recover()
    case 'hello':
      return null
    default:
      throw new IonError(
        'CLI_ENGINE_UNREACHABLE',
        `The running ionflux does not know "${method}": it is of another version.`,
      )
  }
}
