/**
 * Opens a watcher over a data directory: the only file that joins its loop with mirrors,
 * runs, forges and the socket that it listens at.
 */
import { join } from 'node:path'

import { assert, IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { systemClock } from '#engine/durable/system.ts'
import { takeLock } from '#engine/durable/sqlite/lock.ts'
import { type Happened, openHappened } from '#engine/durable/watch/happened.ts'
import { openWatchMemory } from '#engine/durable/watch/memory.ts'
import type { Forge } from '#engine/forge/port.ts'
import type { Activator } from '#engine/host/activate/activate.ts'
import { activatorOn } from '#engine/host/activate/open.ts'
import { prepareDataDirectory } from '#engine/host/data/directory.ts'
import { type MirrorHost, openMirrorHost } from '#engine/host/mirror/open.ts'
import { openSync } from '#engine/host/mirror/sync.ts'
import { openBundleCache } from '#engine/host/repository/bundle-cache.ts'
import { findChange, type RepositoryChange } from '#engine/host/repository/change.ts'
import { fetchPull } from '#engine/mirror/pull.ts'
import { getMirror } from '#engine/mirror/sync/find.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'

import { plainAddress } from './address.ts'
import type { Emit } from './events.ts'
import { type Hearing, type HearParts, openHearing } from './hear.ts'
import { openHeapKeeper } from './heap.ts'
import { hookMark, type Hooks, openHooks } from './hooks.ts'
import { listen, type Listener } from './listen.ts'
import { openLoop, type Synced, type WatchLoop } from './loop.ts'
import { openReports, type OnForge, type Reports } from './pulls.ts'
import type { Publishing } from './publisher.ts'
import { openReleases, type PublishNew } from './releases.ts'
import { openStarts } from './starts.ts'
import { openTended } from './tend.ts'

export interface WatchWish {
  readonly directory: string
  readonly environment?: string | undefined
  /** How long ended runs are kept; absent keeps all, and frees nothing. */
  readonly keepMs?: number | undefined
  /** Where to report; absent reports nothing. */
  readonly forge?: { readonly apiUrl: string; readonly tokenSecret: string } | undefined
  readonly listen?:
    | { readonly host: string; readonly port: number; readonly secret: string | undefined }
    | undefined
  /** Whose tags become releases; absent publishes nothing. */
  readonly publishing?: Publishing | undefined
  /** The plan of a pull request as the text of a comment, which begins with `marker`. */
  render(change: RepositoryChange): string
  readonly marker: string
  readonly emit: Emit
}

export interface Watcher extends AsyncDisposable {
  /** Works until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
  /** One look at everything; resolves when the runs that it started have ended or wait. */
  once(): Promise<void>
}

/** Throws `CLI_USAGE` when another watcher works in the directory, and `MIRROR_UNKNOWN`. */
export async function openWatcher(wish: WatchWish): Promise<Watcher> {
  const { directory } = wish
  prepareDataDirectory(directory)
  await using stack = new AsyncDisposableStack()
  const lock = takeLock(join(directory, 'watch.lock'))
  if (lock === undefined) throw taken(directory)
  stack.defer(() => lock.release())
  const host = stack.use(openMirrorHost(directory, process.env))
  const memory = stack.adopt(openWatchMemory(directory), (one) => one.close())
  const { environment } = wish
  const activator = activatorOn({ host, memory, directory, environment })
  const started = new Set<RunId>()
  const emit: Emit = (event) => {
    if (event.event === 'started') started.add(event.run)
    wish.emit(event)
  }
  const { keepMs } = wish
  const runs = await openTended({ directory, keepMs, memory, clock: systemClock(), emit })
  const session = stack.use(runs)
  const happened = stack.adopt(mustHappen(directory), (one) => one.close())
  const starting: HearParts = {
    memory,
    mirrors: host.store,
    emit,
    happened,
    start: async (request) => await session.start(request),
    repositoryOf: ({ id }) => join(host.ports.folder, id),
  }
  const hearing = openHearing(starting)
  // Who listens is known before anything is heard.
  for (const mirror of host.store.list()) hearing.load(mirror)
  const nowMs = (): number => Date.now()
  const hooks = openHooks({ ...starting, hearing, nowMs, secret: host.ports.secret })
  const loop = await loopOver({ wish, host, activator, starting, hearing, hooks })
  const listener =
    wish.listen === undefined
      ? undefined
      : stack.use(await ears({ wish, host, loop, starting, hooks }))
  if (listener !== undefined) emit({ event: 'listening', url: listener.url })
  emit({ event: 'watching', mirrors: host.store.list().length })
  const rest = stack.move()
  return {
    run: async (signal) => {
      const minutely = setInterval(() => {
        // A long list of what was started serves nobody here.
        started.clear()
        void session.tend()
      }, limits.clockCheckMsMax)
      await loop.run(signal).finally(() => clearInterval(minutely))
    },
    once: async () => {
      await loop.once()
      // What these runs say, and their ends, may start others.
      for (let seen = -1; seen < started.size; await hearing.hear()) {
        seen = started.size
        for (const run of started) await session.follow({ run, until: 'parked', hear: () => {} })
      }
    },
    [Symbol.asyncDispose]: async () => await rest.disposeAsync(),
  }
}

interface LoopWish {
  readonly wish: WatchWish
  readonly host: MirrorHost
  readonly activator: Activator
  readonly starting: HearParts
  readonly hearing: Hearing
  readonly hooks: Hooks
}

async function loopOver({
  wish,
  host,
  activator,
  starting,
  hearing,
  hooks,
}: LoopWish): Promise<WatchLoop> {
  const { memory } = activator
  const { emit } = starting
  const clock = systemClock()
  const keep = openHeapKeeper(() => clock.now())
  const mirrors = host.store
  const forge = await forgeOf(wish, host)
  const reports = openReports({
    memory,
    mirrors,
    clock,
    emit,
    marker: wish.marker,
    render: (change) => wish.render(change),
    onForge: (mirror) => onForge(forge, mirror),
    planOf: async (mirror, { number }) => await planOf(wish.directory, host, mirror, number),
  })
  return openLoop({
    activator,
    clock,
    starts: openStarts(starting),
    hearing,
    emit,
    tidy: async () => {
      keep()
      if (wish.listen === undefined) hearing.tellDeaf()
      else await hooks.tellUnready()
    },
    report: reports.report,
    pulls: reports.pulls,
    sync: syncer(host),
    releases: await releasesOf({ wish, host, activator, starting }, reports.say),
  })
}

async function releasesOf(
  { wish, host, activator, starting }: Omit<LoopWish, 'hearing' | 'hooks'>,
  say: Reports['say'],
): Promise<PublishNew> {
  const { publishing } = wish
  if (publishing === undefined) return async () => {}
  const mirrors = publishing.mirrors.map((name) => getMirror(host.store, name).id)
  const { publisher } = await import('./publisher.ts')
  const { memory } = activator
  const { emit } = starting
  const parts = { memory, mirrors: host.store, clock: systemClock(), say, emit }
  return openReleases({ ...parts, ...publisher(host, { ...publishing, mirrors }) })
}

/** Syncs one mirror in the queue of its host; whatever fails is a while away from the next try. */
function syncer({ store, ports }: MirrorHost): (mirror: Mirror) => Promise<Synced> {
  const sync = openSync({ ports })
  return async (mirror) => {
    try {
      const report = await sync(mirror)
      const { isChanged, status, failure } = report
      return { isChanged, status, ...(failure === undefined ? {} : { problem: failure.message }) }
    } catch (thrown) {
      const now = ports.clock.now()
      const known = store.polling(mirror.id) ?? { failures: 0 }
      const rest = thrown instanceof IonError ? thrown.data['restMs'] : undefined
      const wait = typeof rest === 'number' ? rest : limits.mirrorPollMsMin
      store.apply(mirror.id, { polling: { ...known, nextAt: now + wait } })
      throw thrown
    }
  }
}

async function forgeOf({ forge }: WatchWish, { ports }: MirrorHost): Promise<Api | undefined> {
  if (forge === undefined) return undefined
  const { openForge } = await import('#engine/host/repository/forge.ts')
  const { apiUrl, tokenSecret } = forge
  return { apiUrl, forge: openForge({ apiUrl, token: await ports.secret(tokenSecret) }) }
}

interface Api {
  readonly apiUrl: string
  readonly forge: Forge
}

/** A mirror is on the forge when its address is on the host whose API that is, or on its own machine. */
function onForge(api: Api | undefined, { url }: Mirror): OnForge | undefined {
  if (api === undefined) return undefined
  const repository = new URL(url).pathname.slice(1).replace(/\.git$/, '')
  const [own, theirs] = [new URL(url).hostname, new URL(api.apiUrl).hostname]
  const isThere = own === theirs || theirs === `api.${own}`
  return isThere && /^[^/]+\/[^/]+$/.test(repository) ? { forge: api.forge, repository } : undefined
}

async function planOf(
  directory: string,
  { ports }: MirrorHost,
  { id, url, branch = 'HEAD', tokenSecret }: Mirror,
  number: number,
): Promise<RepositoryChange> {
  const folder = join(ports.folder, `${id}.pulls`)
  const token = tokenSecret === undefined ? {} : { token: await ports.secret(tokenSecret) }
  const ends = await fetchPull({ url, folder, branch, number, ...token })
  return await findChange({ root: folder, ...ends, cache: openBundleCache(directory) })
}

interface EarsWish extends Omit<LoopWish, 'activator' | 'hearing'> {
  readonly loop: WatchLoop
}

async function ears({ wish, host: of, loop, starting, hooks }: EarsWish): Promise<Listener> {
  const { store, ports } = of
  const { host, port, secret } = wish.listen ?? { host: '', port: 0, secret: undefined }
  const nowMs = (): number => Date.now()
  const now = nowMs()
  starting.memory.forget(hookMark, now - limits.webhookMarkMsMax)
  return await listen({
    host,
    port,
    secret: secret === undefined ? undefined : await ports.secret(secret),
    nowMs,
    hooks,
    onPush: (addresses) => {
      const wanted = new Set(addresses.map(plainAddress))
      const meant = store.list().filter(({ url }) => wanted.has(plainAddress(url)))
      for (const { id } of meant) loop.markDirty(id)
      return meant.length > 0
    },
    health: () => {
      const awayMs = Date.now() - loop.beatAt()
      const isWell = awayMs < limits.watchStuckMs
      const mirrors = store.list().length
      return { isWell, body: { status: isWell ? 'ok' : 'stuck', mirrors, roundMs: awayMs } }
    },
  })
}

function mustHappen(directory: string): Happened {
  const happened = openHappened(directory)
  assert(happened !== undefined, 'a session has made the journal')
  return happened
}

function taken(directory: string): IonError {
  const message = `Another watcher works in "${directory}"; end it first, or name another --data-dir.`
  return new IonError('CLI_USAGE', message, { data: { directory } })
}
