/**
 * The laws of what a flow says of its runs as a whole: how many begin within a time, which of
 * those that come soon after each other begins, and what they spend on models.
 */
import type { RunId } from '#engine/core/id.ts'
import { spentIn } from '#engine/runtime/budget/spent.ts'
import type { RunDebounced, RunRecord } from '#engine/runtime/record.ts'
import type { Case } from '#test/sim/case.ts'
import type { World } from '#test/sim/world.ts'

/** Checks a world in which nothing moves any more. */
export function checkGates(world: World, one: Case): void {
  const runs = [...world.disk.runs.keys()]
  if (one.rate !== undefined) checkRate(world, one.rate, runs)
  if (one.quiet !== undefined) checkQuiet(world, runs)
  if (one.turns === undefined) return
  for (const run of runs) checkSpent(world, run)
}

/** The times that runs were given: in none of their spans are there too many. */
function checkRate(
  world: World,
  { limit, perMs }: NonNullable<Case['rate']>,
  runs: readonly RunId[],
): void {
  const given = runs.flatMap((run) => dues(world.records(run))).toSorted((a, b) => a - b)
  given.forEach((due, i) => {
    const next = given[i + limit]
    if (next !== undefined && next - due < perMs)
      world.breach('no more begin within a time than the flow allows', `${due} ${next}`)
  })
}

/** What was said to one that had been cancelled while it asked counts for nothing. */
function dues(records: readonly RunRecord[]): readonly number[] {
  let isLeaving = false
  return records.flatMap((record) => {
    if (record.kind === 'run.retried') isLeaving = false
    if (record.kind === 'run.cancel' || record.kind === 'timer.fired') isLeaving ||= isOfRun(record)
    return record.kind === 'run.limited' && !isLeaving ? record.due : []
  })
}

/** A timer of the run itself is its time limit, or what opened an earlier gate. */
function isOfRun(record: RunRecord): boolean {
  return record.kind === 'run.cancel' || ('timer' in record && record.timer === 'timeout')
}

interface Waiting {
  readonly run: RunId
  readonly came: RunDebounced
  /** The run that took its place. */
  readonly by: string | undefined
  /** Its quiet time was over. */
  readonly hasPassed: boolean
}

/** Whoever is replaced is replaced by a later one, and of those that are not none came too soon. */
function checkQuiet(world: World, runs: readonly RunId[]): void {
  const all = runs.flatMap((run): readonly Waiting[] => {
    const records = world.records(run)
    const last = records.findLastIndex(({ kind }) => kind === 'run.debounced')
    const came = records[last]
    if (came?.kind !== 'run.debounced') return []
    const after = records.slice(last)
    const hasPassed = after.some(
      (one) => one.kind === 'timer.fired' && one.path === '' && one.timer === 'sleep',
    )
    const reason = after
      .flatMap((one) => (one.kind === 'run.cancel' ? (one.reason ?? '') : []))
      .find((text) => text.startsWith('skipped: run '))
    return [{ run, came, by: reason?.split(' ')[2], hasPassed }]
  })
  for (const one of all) {
    if (one.by === undefined) continue
    const later = all.find(({ run }) => run === one.by)
    // A run that was retried meanwhile has come a second time.
    if (world.retried.has(one.run) || (later !== undefined && world.retried.has(later.run)))
      continue
    if (later === undefined || !isLater(later, one) || later.came.at >= one.came.due)
      world.breach('only a later run takes the place of one', `${one.run} by ${one.by}`)
  }
  for (const one of all) {
    const next = all.find((other) => isLater(other, one) && other.came.at < one.came.due)
    if (next === undefined || !one.hasPassed || world.retried.has(next.run)) continue
    // One that is durable before the quiet time of another is over takes its place.
    if ((world.cameAt.get(next.run) ?? Infinity) < one.came.due)
      world.breach('of runs that come soon one begins', `${one.run} ${next.run}`)
  }
}

function isLater(a: Waiting, b: Waiting): boolean {
  return a.came.at > b.came.at || (a.came.at === b.came.at && a.run > b.run)
}

/** Each call asks once, so what is under way is known, and no run goes over. */
function checkSpent(world: World, run: RunId): void {
  const records = world.records(run)
  const [first] = records
  if (first?.kind !== 'run.started') return
  const { plan } = first
  const own = plan === world.built.mainDigest ? world.built.main.permissions.budget : undefined
  const turns = Math.min(own?.turns ?? Infinity, first.budget?.turns ?? Infinity)
  const spent = spentIn(records).turns ?? 0
  if (spent > turns) world.breach('no run spends more than it may', `${run} ${spent} of ${turns}`)
}
