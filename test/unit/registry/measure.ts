/**
 * Figures of a registry: a log of many leaves checked whole, a lock held to it, an index
 * searched. Registries are made in memory, by the code that keeps real ones.
 */
import { digestOfText } from '#engine/core/digest.ts'
import { nodeCrypto as crypto } from '#engine/host/registry/crypto.ts'
import { checkLog } from '#registry/check.ts'
import type { PublishEvent } from '#registry/event.ts'
import { leafBytes, leafDigest, printPublicKey, signEvent } from '#registry/events/leaf.ts'
import { type Keeper, writeCheckpoint } from '#registry/keep/append.ts'
import { beginRegistry } from '#registry/keep/begin.ts'
import { rebuildViews } from '#registry/keep/views.ts'
import { extend } from '#registry/log/tiles.ts'
import { openRegistry, type Registry } from '#registry/open.ts'
import type { Signer } from '#registry/ports.ts'
import type { RegistryState } from '#registry/rules/state.ts'
import { searchPath } from '#registry/search/build.ts'
import { SearchIndex } from '#registry/search/search.ts'
import { verifyReleases } from '#registry/verify.ts'
import { viewPath } from '#registry/view/files.ts'
import { keyFor, MemoryFiles } from '#test/fake/registry.ts'

const origin = 'registry.example/bench'

const words =
  'ledger invoice mail slack queue table csv json http cache image pdf ocr report chart alert ticket deploy build release scan backup sync merge parse format translate summarise classify route retry weather calendar contact payment refund order stock price search index vector embed agent prompt review approve sign seal audit trace metric log event hook webhook cron timer form page feed archive'.split(
    ' ',
  )
const word = (seed: number): string => words[seed % words.length] ?? ''

function release(index: number, name: string, version: string): PublishEvent {
  const digest = digestOfText(`${name}@${version}`)
  const text = Array.from({ length: 10 }, (_, at) => word(index * 31 + at * at * 7)).join(' ')
  return {
    event: 'publish',
    log: origin,
    at: '2026-01-02T00:00:00.000Z',
    name,
    version,
    kind: index % 5 === 0 ? 'flow' : 'plugin',
    digest,
    exec: digest,
    source: {
      repo: 'github:1234567',
      url: `https://git.example/${name}.git`,
      commit: digest.slice(7, 47),
      tag: `v${version}`,
      path: '',
    },
    caps: index % 3 === 0 ? {} : { net: [`${word(index)}.example`], secrets: ['TOKEN'] },
    requires: [],
    provenance: digest,
    engines: '>=0.1.0',
    description: `Works with ${text}.`,
    keywords: [word(index), word(index * 3)],
    actions: [{ name: word(index + 5), description: text.slice(0, 40), effects: 'read' }],
  }
}

interface MadeRegistry {
  readonly files: MemoryFiles
  readonly names: readonly string[]
  readonly size: number
  readonly keeper: Keeper
}

/** A registry with `entries` entries and `leaves` leaves of 50 namespaces. */
async function makeRegistry(entries: number, leaves: number): Promise<MadeRegistry> {
  const files = new MemoryFiles()
  const [log, root] = [keyFor('log'), keyFor('root')]
  const keeper = { files, crypto, signer: log, now: Date.parse('2026-01-02T00:00:00.000Z') }
  const role = (signer: Signer) => ({ keys: [printPublicKey(signer.key)], threshold: 1 })
  await beginRegistry(keeper, {
    root: {
      registry: 1,
      origin,
      version: 1,
      size: 0,
      claims: 'open',
      transferDays: 7,
      roles: { root: role(root), log: role(log) },
    },
    signers: [root],
  })
  const spaces = Array.from({ length: 50 }, (_, at) => ({
    name: `space-${at}x`,
    key: keyFor(`space ${at}`),
  }))
  const heads = new Map<string, string>()
  const all: Uint8Array[] = []
  const push = (body: Parameters<typeof signEvent>[0], space: (typeof spaces)[number]): void => {
    const after = heads.get(space.name)
    const whole = after === undefined ? body : { ...body, after }
    const bytes = leafBytes(signEvent(whole, [space.key]))
    heads.set(space.name, leafDigest(crypto, bytes))
    all.push(bytes)
  }
  for (const space of spaces) {
    const key = printPublicKey(space.key.key)
    const at = '2026-01-01T12:00:00.000Z'
    const claim = { event: 'claim', log: origin, at, namespace: space.name } as const
    push({ ...claim, owner: `key:${key}`, keys: [key] }, space)
  }
  const names: string[] = []
  for (let index = 0; all.length < leaves; index++) {
    const entry = index % entries
    const space = spaces[entry % spaces.length]
    if (space === undefined) break
    const name = `${space.name}/${word(entry)}-${word(entry * 7)}-${entry}`
    if (index < entries) names.push(name)
    push(release(entry, name, `1.${Math.floor(index / entries)}.0`), space)
  }
  for (const [path, bytes] of await extend(files, { hash: crypto.sha256, size: 0, leaves: all }))
    files.files.set(path, bytes)
  await writeCheckpoint(keeper, { origin, size: all.length })
  return { files, names, keeper, size: all.length }
}

export interface Timed {
  readonly ms: number
  readonly cpuMs: number
}

async function timed<T>(work: () => Promise<T> | T): Promise<Timed & { readonly result: T }> {
  const [from, cpu] = [performance.now(), process.cpuUsage()]
  const result = await work()
  const { user, system } = process.cpuUsage(cpu)
  return { ms: performance.now() - from, cpuMs: (user + system) / 1_000, result }
}

export interface RegistryFigures {
  readonly checkChains: Timed
  readonly checkAll: Timed
  readonly lock: Timed
  readonly searchCold: Timed
  readonly searchWarmMs: number
  readonly viewBytesMax: number
  readonly indexBytes: number
}

/** Measures everything once. */
export async function measureRegistry(entries: number, leaves: number): Promise<RegistryFigures> {
  const { files, names, keeper, size } = await makeRegistry(entries, leaves)
  const open = async (): Promise<Registry> => await openRegistry({ source: files, crypto })
  const check = async (signatures: 'all' | 'chains'): Promise<RegistryState> =>
    await checkLog(await open(), { signatures })
  const checkChains = await timed(async () => await check('chains'))
  const checkAll = await timed(async () => await check('all'))
  const rebuilt = { state: checkChains.result, isWritten: true }
  const { top } = await rebuildViews({ files, crypto }, rebuilt)
  await writeCheckpoint(keeper, { origin, size, views: top })
  const claimed = names.slice(0, 200).map((name) => ({ name, version: '1.0.0' }))
  const lock = await timed(async () => await verifyReleases(await open(), claimed))
  const wrong = lock.result.filter(({ faults }) => faults.length > 0)
  if (wrong.length > 0) throw new Error(`${wrong.length} of the lock are wrong`)
  const bytes = files.files.get(searchPath) ?? new Uint8Array()
  const query = { limit: 20, today: 20_500 }
  const cold = await timed(() => {
    const index = new SearchIndex(bytes)
    index.search({ ...query, text: 'invoice mail' })
    return index
  })
  const warm: number[] = []
  for (const text of ['invoice', 'sla', 'work with', 'invocie', 'approve refund', 'e', ''])
    warm.push((await timed(() => cold.result.search({ ...query, text }))).ms)
  return {
    checkChains,
    checkAll,
    lock,
    searchCold: cold,
    searchWarmMs: Math.max(...warm),
    viewBytesMax: Math.max(
      ...names.map((name) => files.files.get(viewPath(crypto, name))?.length ?? 0),
    ),
    indexBytes: bytes.length,
  }
}
