/**
 * Remote repositories on loopback, and mirrors that follow them: real Git on one side, the
 * real way out, store and threads on the other. Time is what a test says.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { HttpDoor, type HttpOptions } from '#engine/connection/http.ts'
import { memoryMirrors } from '#engine/durable/memory-mirrors.ts'
import type { AdapterChoice } from '#engine/mirror/sync/bring.ts'
import { readManifest } from '#engine/mirror/sync/manifest.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'
import type { MirrorStore } from '#engine/mirror/sync/store.ts'
import { type SyncPorts, type SyncReport, syncRepository } from '#engine/mirror/sync/sync.ts'
import { AbsorbPool } from '#engine/mirror/threads/pool.ts'

import { openGitServer, type GitServer } from './server.ts'
import { runGitIn } from './run-git.ts'

/** One repository that others push to and mirrors follow. */
export interface Remote {
  readonly url: string
  /** The bare repository. */
  readonly bare: string
  /** Commits `files` (null deletes) to `branch`, pushes, and gives the id. */
  push(files: Readonly<Record<string, string | null>>, options?: PushOptions): string
  /** Git in the work tree. */
  git(...args: string[]): string
}

export interface PushOptions {
  readonly branch?: string
  /** Where the commit goes on; absent means where the branch is. */
  readonly from?: string
}

export interface RemotesLab extends AsyncDisposable {
  readonly server: GitServer
  readonly root: string
  /** Shared, because a thread takes longer to start than a sync. */
  readonly pool: AbsorbPool
  remote(name: string): Remote
}

export async function openRemotes(): Promise<RemotesLab> {
  const root = mkdtempSync(join(tmpdir(), 'ionflux-remotes-'))
  const served = join(root, 'served')
  mkdirSync(served)
  const server = await openGitServer(served)
  const pool = new AbsorbPool(1)
  return {
    server,
    root,
    pool,
    remote: (name) => remoteAt({ root, served, origin: server.origin, name }),
    [Symbol.asyncDispose]: async () => {
      await pool[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

function remoteAt(place: {
  readonly root: string
  readonly served: string
  readonly origin: string
  readonly name: string
}): Remote {
  const { root, served, origin, name } = place
  const bare = join(served, `${name}.git`)
  const work = join(root, 'work', name)
  mkdirSync(work, { recursive: true })
  runGitIn(root, 'init', '-q', '--bare', '-b', 'main', bare)
  runGitIn(work, 'init', '-q', '-b', 'main')
  const git = (...args: string[]): string => runGitIn(work, ...args)
  return {
    url: `${origin}/${name}.git`,
    bare,
    git,
    push(files, { branch = 'main', from } = {}) {
      if (from !== undefined) git('checkout', '-q', '-B', branch, from)
      for (const [path, content] of Object.entries(files)) {
        const file = join(work, path)
        if (content === null) rmSync(file)
        else {
          mkdirSync(dirname(file), { recursive: true })
          writeFileSync(file, content)
        }
      }
      git('add', '-A')
      git('commit', '-q', '--allow-empty', '-m', Object.keys(files).join(' ') || 'empty')
      git('push', '-q', '--force', bare, `HEAD:refs/heads/${branch}`)
      return git('rev-parse', 'HEAD').trim()
    },
  }
}

export interface Watcher extends AsyncDisposable {
  readonly store: MirrorStore
  readonly ports: SyncPorts
  now: number
  /** Folders of the mirrors. */
  readonly folder: string
  add(url: string, over?: Partial<Mirror>): Mirror
  sync(id: string, options?: Parameters<typeof syncRepository>[2]): Promise<SyncReport>
}

export interface WatcherOptions {
  readonly adapter?: AdapterChoice
  readonly store?: MirrorStore
  readonly http?: HttpOptions
  readonly compile?: SyncPorts['compile']
  readonly secrets?: Readonly<Record<string, string>>
  readonly timeMs?: number
}

export function openWatcher(
  { root, pool }: Pick<RemotesLab, 'root' | 'pool'>,
  options: WatcherOptions = {},
): Watcher {
  const folder = mkdtempSync(join(root, 'mirrors-'))
  const store = options.store ?? memoryMirrors()
  const door = new HttpDoor(options.http)
  let added = 0
  const watcher: Watcher = {
    store,
    folder,
    now: 1_000_000_000_000,
    ports: {
      store,
      door,
      folder,
      clock: { now: () => watcher.now },
      secret: async (name) => options.secrets?.[name] ?? '',
      absorb: pool.absorb,
      adapter: options.adapter ?? 'auto',
      timeMs: options.timeMs ?? 30_000,
      chance: () => 0,
      compile:
        options.compile ??
        (async ({ files }) => ({
          flows: files.filter(({ path }) => path.endsWith('.flow.yaml')).length,
        })),
      claim: () => ({ [Symbol.dispose]: () => {} }),
    },
    add(url, over = {}) {
      added++
      const mirror = {
        id: `m${added}`,
        name: `acme/r${added}`,
        url,
        paths: [],
        addedAt: 0,
        ...over,
      }
      store.add(mirror)
      return mirror
    },
    sync: async (id, wish) => {
      const mirror = store.find(id)
      if (mirror === undefined) throw new Error(`there is no mirror ${id}`)
      return await syncRepository(watcher.ports, mirror, wish)
    },
    [Symbol.asyncDispose]: async () => {
      await door[Symbol.asyncDispose]()
      store.close()
    },
  }
  return watcher
}

/** The mirrored files as text, by path. */
export function filesOf(
  { store }: Pick<Watcher, 'store'>,
  id: string,
): Readonly<Record<string, string>> {
  const { tree } = store.facts(id).mirrored
  if (tree === undefined) return {}
  const { files } = readManifest(store.content.get(tree))
  return Object.fromEntries(
    files.map(({ path, digest }) => [path, Buffer.from(store.content.get(digest)).toString()]),
  )
}
