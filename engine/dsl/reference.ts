/**
 * References to actions, `namespace/name[/action][@range]`, and versions (semver).
 */
import { limits } from '#engine/core/limits.ts'
import compare from 'semver/functions/compare.js'
import increment from 'semver/functions/inc.js'
import satisfies from 'semver/functions/satisfies.js'
import parse from 'semver/functions/parse.js'
import validRange from 'semver/ranges/valid.js'

/** A `use:` in its parts. */
export interface Reference {
  /** `std/git/log`, or `std/git` for the action `default`. */
  readonly name: string
  /** As it was written; absent means any version. */
  readonly range?: string
}

/**
 * Reads a reference; undefined when the text is none.
 *
 * @example
 * parseReference('std/git/log@^1') // { name: 'std/git/log', range: '^1' }
 */
export function parseReference(text: string): Reference | undefined {
  if (text.length > limits.referenceCharsMax) return undefined
  const match = /^((?:[a-z][a-z0-9-]{0,62}\/){1,2}[a-z][a-z0-9-]{0,62})(?:@(.+))?$/.exec(text)
  if (match === null) return undefined
  const [, name = '', range] = match
  if (range === undefined) return { name }
  return isRange(range) ? { name, range } : undefined
}

/** Whether `text` is a range of versions: `^1`, `~1.2`, `1.x`, `>=1 <3`. */
export function isRange(text: string): boolean {
  return text.length <= limits.referenceCharsMax && validRange(text) !== null
}

/** Whether `text` is one version: `1.4.0`. */
export function isVersion(text: string): boolean {
  return (
    text.length <= limits.referenceCharsMax && parse(text)?.raw === text && !/^[v=\s]/.test(text)
  )
}

/** Whether `version` is one that `range` allows; an absent range allows every version. */
export function isInRange(version: string, range: string | undefined): boolean {
  return range === undefined || satisfies(version, range)
}

/**
 * The range that takes a version and no breaking one after it.
 *
 * @example
 * compatibleRange('1.4.2') // '^1'
 * compatibleRange('0.3.1') // '^0.3'
 */
export function compatibleRange(version: string): string {
  if (version.includes('-')) return version
  const [major = '', minor = ''] = version.split('.')
  return major === '0' ? `^0.${minor}` : `^${major}`
}

/** Negative when `a` is the lower of two versions, 0 when neither is (semver 2.0, 11). */
export function compareVersions(a: string, b: string): number {
  return compare(a, b)
}

/** The version without what makes it a prerelease: `2.0.0` of `2.0.0-beta.1`. */
export function coreOf(version: string): string {
  const read = parse(version)
  return read === null ? version : `${read.major}.${read.minor}.${read.patch}`
}

/**
 * The least version that is a step of this kind above `version`. Below 1.0.0 a major step is a
 * minor one, as `^0.2` takes no 0.3; a prerelease promised nothing, so its own core will do.
 *
 * @example
 * nextVersion('0.2.1', 'major') // '0.3.0'
 */
export function nextVersion(version: string, step: 'patch' | 'minor' | 'major'): string {
  const read = parse(version)
  if (read === null || read.prerelease.length > 0) return coreOf(version)
  const below = step === 'major' ? 'minor' : 'patch'
  return increment(coreOf(version), read.major === 0 ? below : step) ?? version
}

/**
 * The name in a reference, without its range; the text itself when it is no reference.
 *
 * @example
 * nameOf('std/git/log@^1') // 'std/git/log'
 */
export function nameOf(text: string): string {
  return text.split('@', 1)[0] ?? text
}
