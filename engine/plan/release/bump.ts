/**
 * The least version that the next release of something may have, computed from what changed.
 *
 * Pure. A version is a promise to those who wrote a range: `^1` takes every minor and patch
 * release unseen, so what breaks them, and every power that they did not consent to, is a major
 * one. Below 1.0.0 the minor number makes that promise, as ranges read it.
 */
import { compareVersions, coreOf, nextVersion } from '#engine/dsl/reference.ts'

import {
  type Bump,
  bumps,
  type Contract,
  type ContractChange,
  contractChanges,
} from './contract.ts'

export interface Release {
  readonly version: string
  readonly contract: Contract
}

export interface Judgement {
  /** The least step from the version before; `patch` where nothing that others rely on changed. */
  readonly bump: Bump
  /** The least version that may be published. */
  readonly least: string
  readonly isEnough: boolean
  /** Why, the most severe first. */
  readonly changes: readonly ContractChange[]
}

/**
 * Judges `after` by what `before`, the highest version below it, promised.
 *
 * @example
 * judgeRelease({ version: '1.4.0', contract }, { version: '1.4.1', contract }).isEnough // true
 */
export function judgeRelease(before: Release, after: Release): Judgement {
  const changes = contractChanges(before.contract, after.contract).toSorted(
    (a, b) => bumps.indexOf(b.bump) - bumps.indexOf(a.bump),
  )
  const bump = changes[0]?.bump ?? 'patch'
  const least = nextVersion(before.version, bump)
  return { bump, least, isEnough: compareVersions(coreOf(after.version), least) >= 0, changes }
}
