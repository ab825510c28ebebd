/**
 * Makes a release ready: the tagged commit, read from Git; built, checked and tested; its version
 * judged by what the one before it promised; and where it comes from, as a statement.
 *
 * Nothing is sent. The same commit and the same log give the same bytes on every machine.
 */
import type { Digest } from '#engine/core/digest.ts'
import { parseInstant, printInstant } from '#engine/core/instant.ts'
import { IonError } from '#engine/core/error.ts'
import { hasErrors } from '#engine/core/problem.ts'
import { compareVersions } from '#engine/dsl/reference.ts'
import { permissionsIn } from '#engine/dsl/power/kinds.ts'
import { version as ionflux } from '#engine/host/installation.ts'
import { fetchPackage } from '#engine/host/lock/fetch-package.ts'
import { digestOfFiles, findPackage } from '#engine/host/lock/package-files.ts'
import { filesAt } from '#engine/host/package/folder.ts'
import { contractOf, type Package, readPackage } from '#engine/host/package/package.ts'
import { lineageFile, readLineage } from '#engine/host/upstream/lineage.ts'
import { openGit } from '#engine/mirror/open.ts'
import type { GitPort } from '#engine/mirror/port.ts'
import { judgeRelease, type Judgement } from '#engine/plan/release/bump.ts'
import type { PublishEvent } from '#registry/event.ts'
import { allReleases, findEntry } from '#registry/lookup.ts'
import type { Registry } from '#registry/open.ts'

import { type Proof, prove } from './prove.ts'
import { provenanceDigest, statementOf } from './provenance.ts'
import { requiresOf } from './requires.ts'
import { demandReachable, findTagged, refused, type Tagged } from './tag.ts'

export interface PrepareWish {
  /** The folder of the repository that has the tag. */
  readonly folder: string
  readonly tag: string
  /** The commit that the tag must be, where it was seen before. */
  readonly commit?: string
  /** Branches of which one must have the commit. */
  readonly branches: readonly string[]
  /** The repository as consumers fetch it, and by an id that a rename does not change. */
  readonly url: string
  readonly repo: string
  /** Where it will be published; absent to look at the release alone. */
  readonly registry?: Registry
  /** What this commit showed before, so that it is not built and tested again. */
  readonly proof?: Proof | undefined
}

/** A `publish` without what only the log knows: when, and after which event. */
export type Draft = Omit<PublishEvent, 'log' | 'at' | 'after'>

export interface Prepared {
  readonly tagged: Tagged
  readonly branch: string
  readonly proof: Proof
  /** Absent for the first release of a name. */
  readonly judgement?: Judgement & { readonly before: string }
  readonly draft: Draft
  readonly statement: Uint8Array
  /** When the tag was made: RFC 3339. */
  readonly taggedAt?: string
  /** The leaf that has this very release already. */
  readonly published?: number
}

/**
 * Throws `REG_TAG_REFUSED` for a tag that releases nothing, `REG_RELEASE_REFUSED` for what does
 * not build or fails its own tests, `REG_BUMP_TOO_SMALL` for a version that promises too much.
 */
export async function prepareRelease(wish: PrepareWish): Promise<Prepared> {
  const git = await openGit(wish.folder)
  try {
    return await prepare(git, wish)
  } finally {
    await git.close()
  }
}

async function prepare(git: GitPort, wish: PrepareWish): Promise<Prepared> {
  const { tag, registry } = wish
  const tagged = await findTagged(git, tag)
  if (wish.commit !== undefined && wish.commit !== tagged.commit)
    throw refused(tag, `it was first seen at ${wish.commit.slice(0, 12)}. Tag a new version`)
  const branch = await demandReachable(git, tagged, wish.branches)
  const { package: one } = tagged
  const requires = await requiresOf(git, tagged, wish)
  const proof = wish.proof ?? (await prove(one, requires.lock))
  demandProof(one, proof)
  const before = await previousOf(wish, { git, one })
  const published = await publishedAs(registry, one)
  const draft = draftOf(wish, { tagged, proof, requires: requires.keys })
  const judgement = before === undefined ? undefined : judgeRelease(before, releaseOf(one))
  if (judgement?.isEnough === false && published === undefined)
    throw tooSmall(one, { before: before?.version ?? '', judgement })
  const statement = statementOf(draft)
  const found = (await git.tags()).find(({ name }) => name === tag)
  return {
    tagged,
    branch,
    proof,
    draft: { ...draft, provenance: provenanceDigest(statement) },
    statement,
    ...(judgement === undefined
      ? {}
      : { judgement: { ...judgement, before: before?.version ?? '' } }),
    ...(typeof found?.date === 'string' ? { taggedAt: utc(found.date) } : {}),
    ...(published === undefined ? {} : { published }),
  }
}

function utc(date: string): string {
  const at = parseInstant(date)
  return at === undefined ? date : printInstant(at)
}

function releaseOf(one: Package): Parameters<typeof judgeRelease>[0] {
  return { version: one.version, contract: contractOf(one) }
}

function demandProof(one: Package, { exec, problems, failed }: Proof): void {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const [wrong] = errors
  const where = wrong?.file === undefined ? '' : `${wrong.file}: `
  const why =
    wrong !== undefined
      ? `${where}${wrong.message}`
      : failed[0] === undefined
        ? undefined
        : `its test "${failed[0]}" fails`
  if (exec !== undefined && !hasErrors(problems) && why === undefined) return
  throw new IonError(
    'REG_RELEASE_REFUSED',
    `"${one.name}" ${one.version} is not released: ${(why ?? 'it does not build').replace(/\.$/, '')}.`,
    { data: { name: one.name, problems: errors.length, failed: failed.length } },
  )
}

/** The highest release below this one, as it was published. */
async function previousOf(
  { registry }: PrepareWish,
  { git, one }: { readonly git: GitPort; readonly one: Package },
): Promise<Parameters<typeof judgeRelease>[0] | undefined> {
  const entry = registry === undefined ? undefined : await findEntry(registry, one.name)
  if (registry === undefined || entry === undefined) return undefined
  const [highest] = (await allReleases(registry, entry))
    .filter(({ version }) => compareVersions(version, one.version) < 0)
    .toSorted((a, b) => compareVersions(b.version, a.version))
  const body = highest?.event.body
  if (body?.event !== 'publish') return undefined
  return releaseOf(await packageOf(body, git))
}

/** The bytes of a release: of this machine, of this repository, or of where they came from. */
async function packageOf({ name, digest, source }: PublishEvent, git: GitPort): Promise<Package> {
  const { url, path, commit } = source
  const here = findPackage(digest as Digest)
  if (here !== undefined) return readPackage(here, name)
  const own = await filesAt(git, commit, path).catch(() => undefined)
  if (own !== undefined && digestOfFiles(own) === digest) return readPackage(own, name)
  const { package: found } = await fetchPackage({ url, path, ref: commit })
  if (found.digest === digest) return found
  throw new IonError(
    'REG_RELEASE_REFUSED',
    `"${name}" cannot be compared with the release before: its source has other bytes now.`,
    { data: { name, commit } },
  )
}

/** Whether the registry has this version: then it must be these bytes. */
async function publishedAs(
  registry: Registry | undefined,
  one: Package,
): Promise<number | undefined> {
  const entry = registry === undefined ? undefined : await findEntry(registry, one.name)
  if (registry === undefined || entry === undefined) return undefined
  const known = (await allReleases(registry, entry)).find(({ version }) => version === one.version)
  if (known?.event.body.event !== 'publish') return undefined
  if (known.event.body.digest === one.digest) return known.leaf
  throw new IonError(
    'REG_RELEASE_REFUSED',
    `"${one.name}" ${one.version} was published with other bytes, and a version is never used again. Tag a new one.`,
    { data: { name: one.name, version: one.version } },
  )
}

function draftOf(
  { url, repo }: PrepareWish,
  {
    tagged,
    proof,
    requires,
  }: { readonly tagged: Tagged; readonly proof: Proof; readonly requires: readonly string[] },
): Omit<Draft, 'provenance'> & { readonly provenance: string } {
  const { package: one, commit, tag, path } = tagged
  const { name, version, kind, digest, description, license, files } = one
  const lineage = files.get(lineageFile)
  return {
    event: 'publish',
    name,
    version,
    kind,
    digest,
    exec: proof.exec ?? digest,
    source: { repo, url, commit, tag, path },
    caps: capsOf(one),
    requires,
    provenance: digest,
    engines: `>=${ionflux()}`,
    ...(description === undefined ? {} : { description: description.slice(0, 500) }),
    ...(license === undefined ? {} : { license: license.slice(0, 100) }),
    ...(one.kind === 'plugin' ? { actions: actionsOf(one) } : keywordsOf(one)),
    tests: { passed: proof.passed },
    ...(lineage === undefined ? {} : { lineage: lineageIn(lineage) }),
  }
}

function capsOf(one: Package): PublishEvent['caps'] {
  const powers = permissionsIn(contractOf(one).powers)
  const lists = Object.entries(powers).flatMap(([kind, list]: [string, readonly string[]]) =>
    list.length === 0 ? [] : [[kind, [...new Set(list)].toSorted()] as const],
  )
  return Object.fromEntries(lists)
}

function actionsOf({
  manifest,
}: Extract<Package, { kind: 'plugin' }>): NonNullable<PublishEvent['actions']> {
  return Object.entries(manifest.actions)
    .slice(0, 100)
    .map(([name, { description, effects }]) => ({
      name,
      ...(description === undefined ? {} : { description: description.slice(0, 500) }),
      effects,
    }))
}

function keywordsOf(one: Package): Pick<PublishEvent, 'keywords'> {
  const keywords = one.kind === 'plugin' ? undefined : one.blueprint.keywords
  return keywords === undefined ? {} : { keywords }
}

function lineageIn(bytes: Uint8Array): NonNullable<PublishEvent['lineage']> {
  const { name, version, digest } = readLineage(Buffer.from(bytes).toString('utf8'))
  return { name, version, digest }
}

function tooSmall(
  { name, version }: Package,
  { before, judgement }: { readonly before: string; readonly judgement: Judgement },
): IonError {
  const { bump, least, changes } = judgement
  const why = changes.filter((one) => one.bump === bump).map(({ message }) => message)
  return new IonError(
    'REG_BUMP_TOO_SMALL',
    `"${name}" ${version} follows ${before} and must be ${least} or higher: ${why.slice(0, 5).join(' ')}`,
    { data: { name, version, before, least, bump } },
  )
}
