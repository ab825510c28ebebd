/**
 * Holds the packages of a lock that came from registries to what these say now: that each is in
 * the log as it was locked, what is wrong with it, and what is newer.
 */
import type { IonError } from '#engine/core/error.ts'
import { digestOfFiles, filesOf } from '#engine/host/lock/package-files.ts'
import { filesAt } from '#engine/host/package/folder.ts'
import { readPackage } from '#engine/host/package/package.ts'
import { provenanceDigest, provenancePath, readEnvelope } from '#engine/host/publish/provenance.ts'
import { nodeCrypto } from '#engine/host/registry/crypto.ts'
import { pluginSources } from '#engine/host/repository/catalog.ts'
import { fetchCommit } from '#engine/mirror/fetch.ts'
import { keyOf, type Lock, type LockedPackage } from '#engine/plan/lock/lock.ts'
import { isInRange } from '#engine/dsl/reference.ts'
import { buildPlugin } from '#engine/sandbox/unit.ts'
import type { PublishEvent } from '#registry/event.ts'
import { isSigned } from '#registry/events/leaf.ts'
import { allReleases, demandLatest, findEntry } from '#registry/lookup.ts'
import type { Registry } from '#registry/open.ts'
import { verifyReleases } from '#registry/verify.ts'

import { type NewerRelease, newerThan } from './newer.ts'
import { openRegistryOf } from './registry.ts'
import { type Signatures, signaturesOf } from './signatory.ts'

export interface AuditRow {
  readonly key: string
  readonly name: string
  readonly version: string
  /** Over what can change behaviour: what runs are pinned to. */
  readonly exec: string
  /** Where the log has it. */
  readonly leaf?: number
  /** False where only runs under way need it. */
  readonly isLocked: boolean
  /** Why it cannot be trusted; empty where it can. */
  readonly faults: readonly string[]
  /** Yanks, advisories, tags that moved. */
  readonly notes: readonly string[]
  /** The range that was asked for. */
  readonly asked?: string
  /** The highest release that the range allows, and the highest of all, where they are newer. */
  readonly wanted?: NewerRelease
  readonly latest?: NewerRelease
  /** What the Sigstore bundle beside it says; absent without one. */
  readonly sigstore?: Signatures['sigstore']
}

export interface AuditWish {
  readonly root: string
  readonly lock: Lock
  /** Only this package. */
  readonly name?: string | undefined
  /** Fetches the sources anew and builds them again. */
  readonly isRebuilt?: boolean
}

/** One row for each package that came from a registry, in the order of the lock. */
export async function auditLock(wish: AuditWish): Promise<readonly AuditRow[]> {
  const { root, lock, name } = wish
  const all = lock.packages.filter(
    (one) => logOf(one) !== undefined && (name === undefined || one.name === name),
  )
  const rows: AuditRow[] = []
  const byNamespace = Map.groupBy(all, (one) => one.name.split('/', 1)[0] ?? '')
  for (const [namespace, packages] of byNamespace) {
    await using opened = await openRegistryOf(root, `${namespace}/x`)
    for (const one of packages) rows.push(await auditOne(opened.registry, one, wish))
  }
  return rows
}

function logOf({
  source,
}: LockedPackage): { readonly asked: string; readonly size: number } | undefined {
  return source.kind === 'git' ? source.log : undefined
}

async function auditOne(
  registry: Registry,
  locked: LockedPackage,
  { root, isRebuilt = false }: AuditWish,
): Promise<AuditRow> {
  const { name, version, digest, source, powers } = locked
  const commit = source.kind === 'git' ? source.commit : ''
  const caps = powers as Readonly<Record<string, readonly string[]>>
  const [verdict] = await verifyReleases(registry, [{ name, version, digest, commit, caps }])
  const entry = await findEntry(registry, name)
  const releases = entry === undefined ? [] : await allReleases(registry, entry)
  const asked = logOf(locked)?.asked
  const inRange = releases.filter((one) => isInRange(one.version, asked))
  const isSound = verdict?.faults.length === 0
  const wanted = isSound
    ? newerThan(locked, await demandLatest(registry, { name, releases: inRange }))
    : undefined
  const latest = isSound
    ? newerThan(locked, await demandLatest(registry, { name, releases }))
    : undefined
  const body = releases.find((one) => one.version === version)?.event.body
  const seen = logOf(locked)?.size ?? 0
  const shrunk =
    registry.checkpoint.size < seen
      ? [`the log has ${registry.checkpoint.size} leaves, and had ${seen} when it was locked`]
      : []
  const rebuilt = isRebuilt && body?.event === 'publish' ? await rebuild(registry, body) : []
  const { faults: unsigned, sigstore } =
    body?.event === 'publish' && entry !== undefined
      ? await signaturesOf(registry, { root, body, owner: entry.head.owner })
      : { faults: [] }
  return {
    key: keyOf(locked),
    name,
    version,
    exec: locked.exec,
    isLocked: true,
    ...(verdict?.leaf === undefined ? {} : { leaf: verdict.leaf }),
    faults: [...(verdict?.faults ?? []), ...shrunk, ...unsigned, ...rebuilt],
    notes: verdict?.notes ?? [],
    ...(asked === undefined ? {} : { asked }),
    ...(sigstore === undefined ? {} : { sigstore }),
    ...(wanted === undefined ? {} : { wanted }),
    ...(latest === undefined ? {} : { latest }),
  }
}

/** Why a release is not what its source gives; empty where it is. */
async function rebuild(registry: Registry, body: PublishEvent): Promise<readonly string[]> {
  const { url, commit, path } = body.source
  const faults = await provenanceFaults(registry, body)
  try {
    await using fetched = await fetchCommit(url, commit)
    const files = await filesAt(fetched.git, commit, path)
    const digest = digestOfFiles(files)
    if (digest !== body.digest) return [...faults, `its source gives ${digest} now`]
    const one = readPackage(files, body.name)
    if (one.kind !== 'plugin') return faults
    const found = { manifest: one.manifest, file: 'plugin.yaml', files: filesOf(files, one.name) }
    const built = await buildPlugin(one.manifest, pluginSources(found))
    if (built.ok && built.digest === body.exec) return faults
    return [...faults, 'it builds to other code than was published']
  } catch (thrown) {
    return [...faults, `its source cannot be had: ${(thrown as IonError).message}`]
  }
}

async function provenanceFaults(
  { source }: Registry,
  { provenance, name, version }: PublishEvent,
): Promise<readonly string[]> {
  const bytes = await source.read(provenancePath(provenance))
  const read = bytes === undefined ? undefined : readEnvelope(bytes)
  if (read === undefined) return ['nothing says where it comes from']
  if (provenanceDigest(read.statement) !== provenance) return ['its provenance was changed']
  const isGood =
    read.signatures.length > 0 &&
    read.signatures.every((one) => isSigned(nodeCrypto, read.signed, one))
  return isGood ? [] : [`the provenance of ${name}@${version} is not signed`]
}
