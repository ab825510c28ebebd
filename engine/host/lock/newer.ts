/**
 * What a registry has that is higher than what is locked, and which powers that would newly have.
 * So what a range keeps out is seen before somebody changes the range.
 */
import { compareVersions } from '#engine/dsl/reference.ts'
import { grownPowers } from '#engine/plan/change/powers.ts'
import type { LockedPackage } from '#engine/plan/lock/lock.ts'
import type { PublishEvent } from '#registry/event.ts'

/** A release that is higher than the locked one. */
export interface NewerRelease {
  readonly version: string
  /** When the registry took it: RFC 3339. */
  readonly at: string
  /** Powers that nobody consented to yet: `net:api.example.com`. */
  readonly grown: readonly string[]
}

/** A release as one that is newer than what is locked; undefined where it is not. */
export function newerThan(
  { version, powers }: Pick<LockedPackage, 'version' | 'powers'>,
  release: PublishEvent | undefined,
): NewerRelease | undefined {
  if (release === undefined || compareVersions(release.version, version) <= 0) return undefined
  const { at, caps } = release
  return { version: release.version, at, grown: grownPowers(powers, caps) }
}
