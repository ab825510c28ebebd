/**
 * A mirror whose versions are given as texts, with everything that activating one needs.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { memoryMirrors } from '#engine/durable/memory-mirrors.ts'
import { openWatchMemory } from '#engine/durable/watch/memory.ts'
import type { Activator } from '#engine/host/activate/activate.ts'
import type { Files } from '#engine/host/repository/files.ts'
import type { WatchMemory } from '#engine/mirror/activate/memory.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'
import type { MirrorStore } from '#engine/mirror/sync/store.ts'

export type Texts = Readonly<Record<string, string>>

export interface Place extends Disposable {
  readonly dir: string
  readonly mirrors: MirrorStore
  readonly memory: WatchMemory
  readonly parts: Activator
  /** Makes `texts` the newest mirrored version, and returns its commit. */
  push(texts: Texts): CommitId
  /** The mirror as it is now. */
  mirror(): Mirror
}

const id = 'm1'

export function place(more: Partial<Activator> = {}): Place {
  const dir = mkdtempSync(join(tmpdir(), 'ionflux-activate-'))
  const memory = openWatchMemory(dir)
  const mirrors = memoryMirrors()
  mirrors.add({
    id,
    name: 'acme/flows',
    url: 'https://x.example/a',
    branch: 'main',
    paths: [],
    addedAt: 0,
  })
  let now = 1_000
  let count = 0
  const parts: Activator = {
    mirrors,
    memory,
    clock: { now: () => (now += 1) },
    filesOf: (_, { commit, tree }) =>
      filesOf(JSON.parse(new TextDecoder().decode(mirrors.content.get(tree))) as Texts, commit),
    ...more,
  }
  return {
    dir,
    mirrors,
    memory,
    parts,
    push(texts) {
      const [tree] = mirrors.content.putAll([new TextEncoder().encode(JSON.stringify(texts))])
      const commit = String((count += 1)).padStart(40, '0') as CommitId
      if (tree === undefined) throw new Error('no tree')
      mirrors.apply(id, { facts: { mirrored: { commit, tree, at: now } } })
      return commit
    },
    mirror: () => {
      const found = mirrors.find(id)
      if (found === undefined) throw new Error('the mirror is gone')
      return found
    },
    [Symbol.dispose]: () => {
      memory.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function filesOf(texts: Texts, commit: CommitId): Files {
  const paths = Object.keys(texts).toSorted()
  return {
    root: '/nowhere',
    commit,
    find: (globs) =>
      paths.filter((path) =>
        globs.some((glob) => path.endsWith(glob.slice(glob.lastIndexOf('*') + 1))),
      ),
    readText: (path) => texts[path],
    readBytes: (path) => {
      const text = texts[path]
      return text === undefined ? undefined : new TextEncoder().encode(text)
    },
    linkOn: () => undefined,
    fetch: () => Promise.resolve(false),
  }
}

/** A flow that calls `host` and is started by `on`. */
export function flow(host: string, on = 'schedule: { cron: "0 9 * * *" }'): Texts {
  return {
    'flows/a.flow.yaml': `dsl: flux/1
id: a
on: { ${on} }
permissions: { net: [${host}] }
steps:
  - { id: get, let: "https://${host}/" }
`,
  }
}
