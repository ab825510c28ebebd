/**
 * What a change does to the lock: packages that come, go, or are other bytes or come from
 * elsewhere.
 */
import { isSame, type Json } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'
import { driftOf } from '#engine/plan/lock/drift.ts'
import { type Lock, keyOf, lockFile, type LockedPackage } from '#engine/plan/lock/lock.ts'

import type { Finding, Side } from './change.ts'
import { grownPowers } from './powers.ts'

/** Of code in the repository itself the flows tell; here is what comes from outside. */
export function packageFindings(
  before: Lock | undefined,
  after: Lock | undefined,
): readonly Finding[] {
  const outside = (lock: Lock | undefined): ReadonlyMap<string, LockedPackage> =>
    new Map(
      (lock?.packages ?? []).flatMap((one) =>
        one.source.kind === 'git' ? [[one.name, one] as const] : [],
      ),
    )
  const [old, now] = [outside(before), outside(after)]
  const come = [...now.values()].flatMap((one): readonly Finding[] => {
    const was = old.get(one.name)
    if (was?.digest === one.digest && isSame(placeOf(was), placeOf(one))) return []
    return [finding('review', words(was, one), growth(was, one))]
  })
  const gone = [...old.values()]
    .filter(({ name }) => !now.has(name))
    .map((one) => finding('info', `The package "${keyOf(one)}" is no longer locked.`, []))
  return [...come, ...gone]
}

/** Flows that change and that no lock names as they would be: from a commit none of them runs. */
export function lockFindings(
  lock: Lock | undefined,
  after: Side,
  changed: ReadonlySet<string>,
): readonly Finding[] {
  return [...after.values()].flatMap((flow): readonly Finding[] => {
    if (!changed.has(flow.id)) return []
    const drift = lock === undefined ? flow.unlocked : driftOf(lock, flow)
    if (drift === undefined) return []
    const message = `${drift} It does not run from a commit before \`ionflux lock\`.`
    return [{ code: 'LOCK_STALE', severity: 'review', message, flow: '', file: lockFile }]
  })
}

/** A lock that is taken out, and files of the repository itself that cannot be read. */
export function fileFindings(
  locks: { readonly before: Lock | undefined; readonly after: Lock | undefined } | undefined,
  broken: readonly Problem[],
): readonly Finding[] {
  const isRemoved = locks?.before !== undefined && locks.after === undefined
  const isBroken = broken.some(({ code }) => code === 'LOCK_MALFORMED')
  const message = `${lockFile} is removed: commits are no longer held to it.`
  const removed = { code: 'PLAN_PACKAGE_CHANGED', severity: 'escalation', message } as const
  return [
    ...(isRemoved && !isBroken ? [{ ...removed, flow: '', file: lockFile }] : []),
    ...broken
      .filter(({ severity }) => severity === 'error')
      .map(({ code, message: why, at, file, span }): Finding => ({
        code,
        severity: 'block',
        message: why,
        flow: '',
        at,
        ...(file === undefined ? {} : { file }),
        ...(span === undefined ? {} : { span }),
      })),
  ]
}

function words(was: LockedPackage | undefined, one: LockedPackage): string {
  if (was === undefined)
    return `The package "${keyOf(one)}" comes in from ${origin(one)}${made(one)}.`
  const moved = origin(was) === origin(one) ? '' : `, from ${origin(one)} instead of ${origin(was)}`
  return was.version === one.version
    ? `The package "${keyOf(one)}" has other bytes under the same version${moved}${made(one)}.`
    : `The package "${one.name}" goes from ${was.version} to ${one.version}${moved}${made(one)}.`
}

/** The day of its commit: no age, which would be another one tomorrow. */
function made({ source }: LockedPackage): string {
  return source.kind === 'git' && source.date !== undefined ? `, as of ${source.date}` : ''
}

function placeOf({ source }: LockedPackage): Json {
  if (source.kind !== 'git') return { ...source }
  const { date: _, log: __, ...place } = source
  return { ...place }
}

function growth(was: LockedPackage | undefined, one: LockedPackage): readonly string[] {
  return grownPowers(was?.powers ?? {}, one.powers)
}

function origin({ source }: LockedPackage): string {
  return source.kind === 'git' ? `${source.url}${source.path === '' ? '' : `//${source.path}`}` : ''
}

function finding(
  severity: Finding['severity'],
  message: string,
  grown: readonly string[],
): Finding {
  const asks = grown.length === 0 ? '' : ` It may newly ask for ${grown.join(', ')}.`
  return {
    code: 'PLAN_PACKAGE_CHANGED',
    severity: grown.length > 0 ? 'escalation' : severity,
    message: message + asks,
    flow: '',
    file: lockFile,
  }
}
