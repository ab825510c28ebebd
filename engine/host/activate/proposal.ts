/**
 * What would become active of a mirror now, and whether it may: the plan is computed anew
 * from the bytes that are here, so what was approved is what becomes active or nothing does.
 */
import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { powersBeyond, readGrant } from '#engine/dsl/power/ceiling.ts'
import { holdLock } from '#engine/host/lock/hold.ts'
import type { Files } from '#engine/host/repository/files.ts'
import { type LoadedFlow, settled } from '#engine/host/repository/load.ts'
import type { WatchMemory } from '#engine/mirror/activate/memory.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'
import { type Approval, mayActivate, type Verdict } from '#engine/plan/approval/may-activate.ts'
import {
  type ActivationPolicy,
  bothPolicies,
  firstPolicy,
  policyOf,
} from '#engine/plan/approval/policy.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'

import { compareFiles, type FilesCompared } from './compare-files.ts'
import { approvalFiles, signedApprovals } from './signature.ts'

/** A version of a mirror: a commit and its files. */
export interface Version {
  readonly commit: CommitId
  readonly tree: Digest
  /** It is not the head of the branch now, so that a merge is no approval of it. */
  readonly isOlder?: true
}

export interface ProposalParts {
  readonly memory: Pick<WatchMemory, 'active' | 'approvals'>
  /** The files of a version, from the content store. */
  filesOf(mirror: Mirror, version: Version): Files
  /** The name of this place. */
  readonly environment?: string | undefined
  /** What an organisation asks of the repository; undefined where it asks nothing. */
  organisation?(mirror: Mirror): Promise<ActivationPolicy | undefined>
  readonly cache?: BundleCache
}

export interface Proposal {
  readonly mirror: Mirror
  readonly version: Version
  /** The number of the activation that it was compared with; 0 before the first. */
  readonly over: number
  readonly compared: FilesCompared
  readonly flows: readonly (LoadedFlow & { readonly id: string; readonly file: string })[]
  /** All that were looked at, also those that do not count. */
  readonly approvals: readonly Approval[]
  readonly verdict: Verdict
}

/** Compares what is active with `version`, and judges it. Runs nothing, changes nothing. */
export async function propose(
  parts: ProposalParts,
  mirror: Mirror,
  version: Version,
): Promise<Proposal> {
  const active = parts.memory.active(mirror.id)
  const before = active === undefined ? noFiles : parts.filesOf(mirror, active)
  const after = parts.filesOf(mirror, version)
  const loaded = new Map<string, LoadedFlow & { id: string; file: string }>()
  const compared = await compareFiles({
    before,
    after,
    onFlow: (flow) => loaded.set(flow.id, flow),
    ...(parts.cache === undefined ? {} : { cache: parts.cache }),
  })
  const flows = [...loaded.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const own = active === undefined ? firstPolicy : policyOf(compared.marker.activation)
  const over = await parts.organisation?.(mirror)
  const policy = over === undefined ? own : bothPolicies(over, own)
  const approvals = await approvalsFor(parts, { mirror, version, after, policy, compared })
  const judged = mayActivate({
    change: compared.change,
    policy,
    approvals,
    environment: parts.environment,
  })
  const faults = [...markerFaults(compared), ...lockFaults(after, flows), ...beyond(mirror, flows)]
  return {
    mirror,
    version,
    over: active?.n ?? 0,
    compared,
    flows,
    approvals,
    verdict: withFaults(judged, compared, faults),
  }
}

interface Sought {
  readonly mirror: Mirror
  readonly version: Version
  readonly after: Files
  readonly policy: ActivationPolicy
  readonly compared: FilesCompared
}

async function approvalsFor(
  { memory }: ProposalParts,
  { mirror, version, after, policy, compared }: Sought,
): Promise<readonly Approval[]> {
  const { planDigest } = compared.change
  const texts = await settled(after, async () =>
    approvalFiles(after, planDigest).flatMap((path) => after.readText(path) ?? []),
  )
  const { branch = 'HEAD' } = mirror
  return [
    ...(version.isOlder === true
      ? []
      : [{ by: 'merge', branch, commit: version.commit } satisfies Approval]),
    ...signedApprovals(texts, planDigest, policy.approvers),
    ...memory.approvals(planDigest).map(({ name, at }): Approval => ({ by: 'operator', name, at })),
  ]
}

/** A policy that cannot be read would be replaced by the defaults: nothing of it is taken. */
function markerFaults({ problems }: FilesCompared): readonly string[] {
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ message }) => `ionflux.yaml: ${message}`)
}

function lockFaults(files: Files, flows: Proposal['flows']): readonly string[] {
  for (const flow of flows) {
    try {
      holdLock(files, flow)
    } catch (thrown) {
      if (thrown instanceof IonError) return [thrown.message]
      throw thrown
    }
  }
  return []
}

function beyond({ maxCaps, name }: Mirror, flows: Proposal['flows']): readonly string[] {
  if (maxCaps === undefined) return []
  const grants = maxCaps.flatMap((text) => readGrant(text) ?? [])
  return flows.flatMap(({ id, plan }) => {
    const powers = powersBeyond(plan.permissions, grants)
    if (powers.length === 0) return []
    return [`"${id}" may do more than the mirror "${name}" allows: ${powers.join(', ')}.`]
  })
}

function withFaults(verdict: Verdict, compared: FilesCompared, faults: readonly string[]): Verdict {
  if (faults.length === 0) return verdict
  const reasons = faults.map((message) => ({ code: 'MIRROR_PLAN_BLOCKED', message }) as const)
  const known = verdict.may ? [] : verdict.reasons
  return {
    may: false,
    planDigest: compared.change.planDigest,
    reasons: [...reasons, ...known],
    byOperator: false,
  }
}

/** Before anything was active. */
const noFiles: Files = {
  root: '/',
  find: () => [],
  readText: () => undefined,
  readBytes: () => undefined,
  linkOn: () => undefined,
  fetch: () => Promise.resolve(false),
}
