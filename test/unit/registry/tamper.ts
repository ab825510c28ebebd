/**
 * Ways to tamper with a registry, and what a reader does about it. Shared by the suite, which
 * tries some, and the deep run, which tries thousands.
 */
import { canonical } from '#engine/core/canonical.ts'
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { nodeCrypto as crypto } from '#engine/host/registry/crypto.ts'
import { textOf, utf8 } from '#registry/bytes.ts'
import { checkLog } from '#registry/check.ts'
import type { PublishEvent, RegistryEvent } from '#registry/event.ts'
import { leafBytes, readLeaf, signEvent } from '#registry/events/leaf.ts'
import { appendEvents, writeCheckpoint } from '#registry/keep/append.ts'
import { rebuildViews } from '#registry/keep/views.ts'
import type { Known } from '#registry/log/guard.ts'
import { extend, readBundle } from '#registry/log/tiles.ts'
import { findEntry } from '#registry/lookup.ts'
import { openRegistry } from '#registry/open.ts'
import { viewPath } from '#registry/view/files.ts'
import { verifyReleases } from '#registry/verify.ts'
import { at, keyFor, MemoryFiles, RegistryLab, releaseOf } from '#test/fake/registry.ts'

export interface Scene {
  readonly lab: RegistryLab
  /** The registry as it was some leaves ago. */
  readonly old: MemoryFiles
  /** What the client remembers: the newest head. */
  readonly known: Known
  readonly size: number
  readonly names: readonly string[]
  /** The last leaf of each namespace. */
  readonly heads: ReadonlyMap<string, string>
}

/** A registry of a few hundred leaves of a few namespaces. */
export async function setScene(): Promise<Scene> {
  const lab = await RegistryLab.begin()
  const namespaces = ['acme', 'globex', 'initech', 'umbrella', 'wonka']
  for (const one of namespaces) await lab.claim(one)
  const names = namespaces.flatMap((one) => [`${one}/ledger`, `${one}/mailer`])
  let old = new MemoryFiles()
  for (let round = 0; round < 30; round++) {
    const heads = new Map<string, string>()
    const state = await lab.state()
    const events: RegistryEvent[] = []
    for (const name of names) {
      const [namespace = ''] = name.split('/')
      const after = heads.get(namespace) ?? state.namespaces.get(namespace)?.head ?? ''
      const body = releaseOf(name, `1.${round}.0`, {
        at: at(lab.day),
        after,
        caps: { net: ['a.example'] },
      })
      const event = signEvent(body, [keyFor(namespace)])
      heads.set(namespace, `sha256:${Buffer.from(leafHash(event)).toString('hex')}`)
      events.push(event)
    }
    if (round === 29) old = new MemoryFiles(lab.files.files)
    await appendEvents(lab.keeper, events)
    lab.day += 0.01
  }
  const { known } = await lab.open()
  const heads = new Map([...(await lab.state()).namespaces].map(([name, { head }]) => [name, head]))
  return { lab, old, known, size: known.size, names, heads }
}

function leafHash(event: RegistryEvent): Uint8Array {
  return crypto.sha256(Buffer.concat([Uint8Array.of(0), leafBytes(event)]))
}

/** Random numbers that a seed gives. */
export function dice(seed: number): (sides: number) => number {
  let state = seed >>> 0
  return (sides) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39) >>> 0
    return ((mixed ^ (mixed >>> 16)) >>> 0) % sides
  }
}

type Roll = (sides: number) => number
/** Changes `files`; undefined where there is nothing to change. What a lock says comes with it. */
type Attack = (
  scene: Scene,
  files: MemoryFiles,
  roll: Roll,
) => Promise<Partial<PublishEvent> | void>

function pick(files: MemoryFiles, folder: RegExp, roll: Roll): string {
  const paths = [...files.files.keys()].filter((path) => folder.test(path)).toSorted()
  return paths[roll(paths.length)] ?? ''
}

/** Files that a reader of the whole log needs: no partial tile that a newer one replaced. */
function needed(files: MemoryFiles): MemoryFiles {
  for (const path of files.files.keys()) {
    const partial = /^(.*)\.p\/(\d+)$/.exec(path)
    if (partial === null) continue
    const wider = [...files.files.keys()].some((other) => {
      const match = /^(.*)\.p\/(\d+)$/.exec(other)
      return match?.[1] === partial[1] && Number(match?.[2]) > Number(partial[2])
    })
    if (wider) files.files.delete(path)
  }
  return files
}

async function leavesIn(files: MemoryFiles, size: number): Promise<Uint8Array[]> {
  const bundles = Array.from({ length: Math.ceil(size / 256) }, (_, index) => index)
  const all = await Promise.all(bundles.map((index) => readBundle(files, { index, size })))
  return all.flat()
}

/** Writes a whole log anew and signs it, as only its operator could. */
async function rewrite(
  scene: Scene,
  files: MemoryFiles,
  leaves: readonly Uint8Array[],
): Promise<void> {
  for (const path of [...files.files.keys()].filter((one) => one.startsWith('log/')))
    files.files.delete(path)
  const hash = crypto.sha256
  for (const [path, bytes] of await extend(files, { hash, size: 0, leaves }))
    files.files.set(path, bytes)
  const { lab } = scene
  await writeCheckpoint({ ...lab.keeper, files }, { origin: lab.root.origin, size: leaves.length })
}

/** A leaf with another digest, under its old signature. */
function edited(bytes: Uint8Array): Uint8Array {
  const event = readLeaf(bytes)!
  const body = { ...event.body, at: '2025-12-31T00:00:00.000Z' }
  return leafBytes({ ...event, body })
}

const logFiles = /^(?:log|trust)\//

export const attacks: Readonly<Record<string, Attack>> = {
  'deletes a file': async (_, files, roll) => {
    files.files.delete(pick(files, logFiles, roll))
  },
  'edits a byte': async (_, files, roll) => {
    const path = pick(files, logFiles, roll)
    const bytes = Uint8Array.from(files.files.get(path)!)
    const place = roll(bytes.length)
    bytes[place] = (bytes[place] ?? 0) ^ (1 + roll(255))
    files.files.set(path, bytes)
  },
  'truncates a file': async (_, files, roll) => {
    const path = pick(files, logFiles, roll)
    const bytes = files.files.get(path)!
    files.files.set(path, bytes.slice(0, roll(bytes.length)))
  },
  'swaps two files': async (_, files, roll) => {
    const [a, b] = [pick(files, logFiles, roll), pick(files, logFiles, roll)]
    const [first, second] = [files.files.get(a)!, files.files.get(b)!]
    if (a === b) files.files.delete(a)
    else files.files.set(a, second).set(b, first)
  },
  'edits a leaf and signs the log again': async (scene, files, roll) => {
    const leaves = await leavesIn(files, scene.size)
    const place = roll(leaves.length)
    leaves[place] = edited(leaves[place]!)
    await rewrite(scene, files, leaves)
  },
  'leaves a leaf out and signs the log again': async (scene, files, roll) => {
    const leaves = await leavesIn(files, scene.size)
    leaves.splice(roll(leaves.length), 1)
    await rewrite(scene, files, leaves)
  },
  'changes the order and signs the log again': async (scene, files, roll) => {
    const leaves = await leavesIn(files, scene.size)
    const place = roll(leaves.length - 1)
    const [first, second] = [leaves[place]!, leaves[place + 1]!]
    ;[leaves[place], leaves[place + 1]] = [second, first]
    await rewrite(scene, files, leaves)
  },
  'cuts the end off and signs the log again': async (scene, files, roll) => {
    const leaves = await leavesIn(files, scene.size)
    await rewrite(scene, files, leaves.slice(0, roll(leaves.length)))
  },
  'goes on differently after a fork': async (scene, files, roll) => {
    const leaves = await leavesIn(files, scene.size)
    const place = 5 + roll(leaves.length - 5)
    const kept = leaves.slice(0, place)
    await rewrite(scene, files, [...kept, ...leaves.slice(place).toReversed(), ...kept.slice(-1)])
  },
  'shows the log of yesterday': async (scene, files) => {
    files.files.clear()
    for (const [path, bytes] of scene.old.files) files.files.set(path, bytes)
  },
  'shows the checkpoint of yesterday': async (scene, files) => {
    files.files.set('log/checkpoint', scene.old.files.get('log/checkpoint')!)
  },
  'adds a release that a stranger signed': async (scene, files, roll) => {
    const leaves = await leavesIn(files, scene.size)
    const name = scene.names[roll(scene.names.length)]!
    const after = scene.heads.get(name.split('/')[0]!)!
    const body = releaseOf(name, `9.${roll(99)}.0`, { at: at(scene.lab.day), after })
    await rewrite(scene, files, [...leaves, leafBytes(signEvent(body, [keyFor('mallory')]))])
  },
  'adds a release under a signature of another': async (scene, files, roll) => {
    const leaves = await leavesIn(files, scene.size)
    const name = scene.names[roll(scene.names.length)]!
    const [namespace = ''] = name.split('/')
    const after = scene.heads.get(namespace)!
    const body = releaseOf(name, `9.${roll(99)}.0`, { at: at(scene.lab.day), after })
    const { signatures } = signEvent(releaseOf(name, '1.0.0'), [keyFor(namespace)])
    await rewrite(scene, files, [...leaves, leafBytes({ body, signatures })])
  },
  'makes a name up in a view': async (scene, files, roll) => {
    const name = scene.names[roll(scene.names.length)]!
    const other = scene.names.find((one) => one !== name)!
    files.files.set(viewPath(crypto, name), files.files.get(viewPath(crypto, other))!)
    return { name }
  },
  'swaps a digest in a view': async (scene, files, roll) =>
    await editView(scene, files, roll, { digest: `sha256:${'e'.repeat(64)}` }),
  'moves a commit in a view': async (scene, files, roll) => {
    const source = { ...releaseOf('a/b', '1.0.0').source, commit: 'f'.repeat(40) }
    return await editView(scene, files, roll, { source })
  },
  'shows the view of yesterday': async (scene, files, roll) => {
    const name = scene.names[roll(scene.names.length)]!
    const path = viewPath(crypto, name)
    files.files.set(path, scene.old.files.get(path)!)
    return { name, version: '1.1.0' }
  },
  'says that there is no such name': async (scene, files, roll) => {
    const name = scene.names[roll(scene.names.length)]!
    files.files.delete(viewPath(crypto, name))
    return { name }
  },
  'edits a byte of a view or the search index': async (_, files, roll) => {
    const path = pick(files, /^(?:view|search)\//, roll)
    const bytes = Uint8Array.from(files.files.get(path)!)
    const place = roll(bytes.length)
    bytes[place] = (bytes[place] ?? 0) ^ (1 + roll(255))
    files.files.set(path, bytes)
  },
  'swaps what a lock names': async (scene, _, roll) => ({
    name: scene.names[roll(scene.names.length)]!,
    digest: `sha256:${'d'.repeat(64)}`,
  }),
}

async function editView(
  scene: Scene,
  files: MemoryFiles,
  roll: Roll,
  change: Partial<PublishEvent>,
): Promise<Partial<PublishEvent>> {
  const name = scene.names[roll(scene.names.length)]!
  const path = viewPath(crypto, name)
  const [head = '', first = '', ...rest] = textOf(files.files.get(path)!)!.split('\n')
  const release = JSON.parse(first) as { event: { body: PublishEvent } }
  const body = { ...release.event.body, ...change }
  const line = canonical({ ...release, event: { ...release.event, body } } as unknown as Json)
  files.files.set(path, utf8([head, line, ...rest].join('\n')))
  return { name, version: body.version, ...change }
}

/** What a careful reader sees: the code of the refusal, or `faults`; undefined where nothing is wrong. */
export async function readCarefully(
  { known, lab }: Scene,
  files: MemoryFiles,
  locked: Partial<PublishEvent> | void,
): Promise<string | undefined> {
  try {
    const registry = await openRegistry({ source: files, crypto, known, pinned: known.trust })
    const name = locked?.name
    if (name !== undefined) {
      const version = locked?.version ?? '1.29.0'
      const { digest = releaseOf(name, version).digest } = locked ?? {}
      await findEntry(registry, name)
      const [verdict] = await verifyReleases(registry, [{ name, version, digest }])
      if (verdict?.faults.length !== 0) return 'faults'
    }
    const state = await checkLog(registry, { signatures: 'chains' })
    const rebuilt = await rebuildViews(
      { files: needed(files), crypto },
      { state, isWritten: false },
    )
    return rebuilt.changed.length === 0 || lab === undefined ? undefined : 'faults'
  } catch (thrown) {
    if (thrown instanceof IonError && thrown.code.startsWith('REG_')) return thrown.code
    throw thrown
  }
}

/** Does one attack on a copy. Undefined means that nobody noticed. */
export async function tryAttack(
  scene: Scene,
  { name, seed }: { readonly name: string; readonly seed: number },
): Promise<string | undefined> {
  const files = needed(new MemoryFiles(scene.lab.files.files))
  const locked = await attacks[name]?.(scene, files, dice(seed))
  return await readCarefully(scene, files, locked)
}
