/**
 * Which plans were proposed here: those of versions that were held, and of pull requests. An
 * approval of a digest that nobody proposes would do nothing, and nobody would be told.
 */
import type { Instant } from '#engine/core/clock.ts'
import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import type { WatchMemory } from '#engine/mirror/activate/memory.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'

/** A plan that was shown to somebody. */
export interface Proposed {
  readonly planDigest: Digest
  /** The commit that it would make active, or that is asked to be merged. */
  readonly commit: string
  readonly at: Instant
  /** The number of the pull request, where it is that of one. */
  readonly pull?: number
}

type Notes = Pick<WatchMemory, 'note' | 'setNote'>

/** Remembers a proposal of a mirror; of many the latest stay. */
export function noteProposed(memory: Notes, mirror: string, proposed: Proposed): void {
  const known = proposalsOf(memory, mirror)
  const [latest] = known
  if (latest?.planDigest === proposed.planDigest && latest.commit === proposed.commit) return
  const others = known.filter(({ planDigest }) => planDigest !== proposed.planDigest)
  const kept = [proposed, ...others].slice(0, limits.proposalsKeptMax)
  memory.setNote(noteOf(mirror), JSON.stringify(kept))
}

/** The latest first. */
function proposalsOf(memory: Pick<Notes, 'note'>, mirror: string): readonly Proposed[] {
  return JSON.parse(memory.note(noteOf(mirror)) ?? '[]') as readonly Proposed[]
}

function noteOf(mirror: string): string {
  return `proposed ${mirror}`
}

export interface Known extends Proposed {
  /** The name of the mirror. */
  readonly mirror: string
}

/** All that are remembered, the latest first. */
export function allProposed(
  memory: Pick<Notes, 'note'>,
  mirrors: readonly Pick<Mirror, 'id' | 'name'>[],
): readonly Known[] {
  return mirrors
    .flatMap(({ id, name }) => proposalsOf(memory, id).map((one) => ({ ...one, mirror: name })))
    .toSorted((a, b) => b.at - a.at)
}

/** Throws `CLI_USAGE`, with what was proposed, for a digest that is none of `known`. */
export function requireProposed(known: readonly Known[], planDigest: Digest): readonly Known[] {
  const meant = known.filter((one) => one.planDigest === planDigest)
  if (meant.length > 0) return meant
  const near = suggest(hexOf(planDigest), new Set(known.map((one) => hexOf(one.planDigest))))
  const list = known.slice(0, limits.proposalsShownMax)
  const hint =
    near !== undefined
      ? `Did you mean "sha256:${near}"?`
      : list.length === 0
        ? 'Nothing waits for approval; first: ionflux mirror activate NAME'
        : `Proposed are: ${list.map((one) => `${one.planDigest} (${placeOf(one)})`).join(', ')}.`
  const message = `No version and no pull request here has the plan ${planDigest}. ${hint} To approve one before it is here, write --ahead.`
  throw new IonError('CLI_USAGE', message, {
    data: { digest: planDigest, proposed: list.map((one) => one.planDigest) },
  })
}

function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length)
}

/** Where a plan is from: `acme/flows at 1f0c62a9d3b4`. */
export function placeOf({ mirror, commit, pull }: Known): string {
  const of = pull === undefined ? '' : ` #${pull}`
  return `${mirror}${of} at ${commit.slice(0, 12)}`
}
