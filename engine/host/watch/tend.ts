/**
 * The runs of a watcher, and the housekeeping of their directory: where an age is given, what
 * nothing needs any more is freed once an hour, by the rules of `ionflux gc`.
 *
 * Nothing is freed under a run: the watcher lets go of the directory for that long, and only while
 * no run executes. What is to be started meanwhile waits. It also notes that it is alive, because
 * runs that a dead watcher may ask for again must not be forgotten before it comes back.
 */
import type { Clock, Instant } from '#engine/core/clock.ts'
import { toFailure } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { collect, watchedNote } from '#engine/host/data/collect.ts'
import { openRunReader } from '#engine/host/reader.ts'
import { openSession, type Session } from '#engine/host/session.ts'
import type { WatchMemory } from '#engine/mirror/activate/memory.ts'

import type { Emit } from './events.ts'

export interface TendWish {
  readonly directory: string
  /** How long ended runs are kept; absent keeps all, and frees nothing. */
  readonly keepMs?: number | undefined
  readonly memory: Pick<WatchMemory, 'setNote'>
  readonly clock: Pick<Clock, 'now'>
  readonly emit: Emit
}

export interface Tended extends Pick<Session, 'start' | 'follow'>, AsyncDisposable {
  /** Notes that the watcher is there, and frees what may be freed when it is time. Never throws. */
  tend(): Promise<void>
}

/** Opens the runs of a directory, and carries on those that are unfinished. */
export async function openTended(wish: TendWish): Promise<Tended> {
  const runs = new Runs(wish)
  await runs.tend()
  await runs.ready()
  return runs
}

class Runs implements Tended {
  readonly #wish: TendWish
  #session: Promise<Session> | undefined
  #underWay = 0
  #tending: Promise<void> = Promise.resolve()
  #tidiedAt: Instant

  constructor(wish: TendWish) {
    this.#wish = wish
    // A watcher that is started again and again frees nothing each time.
    this.#tidiedAt = wish.clock.now()
  }

  async ready(): Promise<void> {
    await this.#open()
  }

  start: Session['start'] = async (request) =>
    await this.#with(async (session) => await session.start(request))

  follow: Session['follow'] = async (wish) =>
    await this.#with(async (session) => await session.follow(wish))

  async tend(): Promise<void> {
    const { directory, memory, clock, keepMs } = this.#wish
    const now = clock.now()
    await this.#told(async () => {
      memory.setNote(watchedNote, String(now))
      const isTime = keepMs !== undefined && now - this.#tidiedAt >= limits.watchTidyMs
      if (!isTime || this.#underWay > 0 || !isQuiet(directory)) return
      this.#tidiedAt = now
      this.#tending = this.#told(async () => await this.#tidy(keepMs))
      await this.#tending
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tending
    const session = await this.#session?.catch(() => undefined)
    this.#session = undefined
    await session?.close()
  }

  async #with<T>(work: (session: Session) => Promise<T>): Promise<T> {
    this.#underWay += 1
    try {
      await this.#tending
      return await work(await this.#open())
    } finally {
      this.#underWay -= 1
    }
  }

  async #open(): Promise<Session> {
    const opening = (this.#session ??= openSession(this.#wish.directory, { carriesOn: true }))
    try {
      return await opening
    } catch (thrown) {
      if (this.#session === opening) this.#session = undefined
      throw thrown
    }
  }

  async #tidy(keepMs: number): Promise<void> {
    const { directory, emit } = this.#wish
    const session = await this.#open()
    this.#session = undefined
    await session.close()
    const freed = collect({ directory, olderMs: keepMs, isDry: false })
    const { runs, values, blobs, artifacts } = freed
    const bytes = values.bytes + blobs.bytes + artifacts.bytes
    if (runs + bytes > 0) emit({ event: 'freed', runs, bytes })
    await this.#open()
  }

  /** Another process that takes the directory meanwhile keeps everything as it is. */
  async #told(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      const { code, message } = toFailure(thrown, 'RUN_INTERNAL')
      if (code !== 'JOURNAL_BUSY')
        this.#wish.emit({ event: 'problem', about: 'housekeeping', code, message })
    }
  }
}

/** No run has anything to do now: what waits costs nothing to leave alone. */
function isQuiet(directory: string): boolean {
  const reader = openRunReader(directory)
  try {
    return reader.journal.unfinished().length === 0
  } finally {
    reader.close()
  }
}
