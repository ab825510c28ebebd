/**
 * Everything that syncing the mirrors of a data directory needs, opened together.
 *
 * It takes no lease: mirrors are in a file of their own, and one repository at a time is
 * claimed while it is synced. What a watcher does beside syncing is built on this.
 */
import { join } from 'node:path'

import { HttpDoor } from '#engine/connection/http.ts'
import { systemClock } from '#engine/durable/system.ts'
import { takeLock } from '#engine/durable/sqlite/lock.ts'
import { openMirrors } from '#engine/durable/sqlite/mirrors.ts'
import { makeFolder } from '#engine/host/place/folder.ts'
import type { MirrorStore } from '#engine/mirror/sync/store.ts'
import type { SyncPorts } from '#engine/mirror/sync/sync.ts'
import { AbsorbPool } from '#engine/mirror/threads/pool.ts'
import { openSecretBook } from '#engine/host/secrets.ts'

import { compiler } from './compile.ts'

export interface MirrorHost extends AsyncDisposable {
  readonly store: MirrorStore
  readonly ports: SyncPorts
}

type Environment = Readonly<Record<string, string | undefined>>

/** Opens the mirrors of `directory`, which was prepared (`data/directory.ts`). */
export function openMirrorHost(directory: string, environment: Environment): MirrorHost {
  const store = openMirrors(directory)
  const folder = join(directory, 'mirrors')
  makeFolder(folder, 0o700)
  const door = new HttpDoor()
  const pool = new AbsorbPool()
  const secrets = openSecretBook(directory, environment)
  return {
    store,
    ports: {
      store,
      door,
      folder,
      clock: systemClock({ keepsProcess: false }),
      secret: (name) => secrets.get(name),
      absorb: pool.absorb,
      chance: Math.random,
      compile: compiler(store.content),
      claim: (id) => {
        const lock = takeLock(join(folder, `${id}.lock`))
        return lock === undefined ? undefined : { [Symbol.dispose]: () => lock.release() }
      },
    },
    [Symbol.asyncDispose]: async () => {
      await pool[Symbol.asyncDispose]()
      await door[Symbol.asyncDispose]()
      store.close()
    },
  }
}

/** What callers that only print need to know of mirrors. */
export { getMirror } from '#engine/mirror/sync/find.ts'
export {
  type Fact,
  type Facts,
  type Incident,
  type Mirror,
  type MirrorStatus,
  stages,
  statusOf,
} from '#engine/mirror/sync/mirror.ts'
