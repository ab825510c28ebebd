/**
 * Which ended runs may be forgotten, and how they are taken out of the journal.
 *
 * A run and those that it started are one tree: they go together, and only when all of them
 * have ended long enough ago, for a retry of one needs the others. What is taken out of one
 * run goes in one transaction, so a crash leaves whole runs and the next sweep ends the work.
 */
import { limits } from '#engine/core/limits.ts'
import { type openDatabase, reading } from '#engine/durable/sqlite/database.ts'

type Database = ReturnType<typeof openDatabase>

/**
 * Numbers of the runs that ended before `endedBefore`, with their whole trees. With `keepsNewest`
 * the run that was written to last stays: whoever reads on from a place must not find that later
 * records have earlier places.
 */
export function runsToForget(
  db: Database,
  endedBefore: number,
  { keepsNewest = false }: { readonly keepsNewest?: boolean } = {},
): ReadonlySet<number> {
  const rows = reading(() =>
    db
      .prepare(
        `WITH RECURSIVE
         open (n, id, parent) AS (
           SELECT n, id, parent FROM run
             WHERE status NOT IN (2, 3, 4) OR ended_at IS NULL OR ended_at >= ?1
               OR (?2 AND n = (SELECT place >> 32 FROM batch ORDER BY id DESC LIMIT 1))
           UNION
           SELECT run.n, run.id, run.parent FROM run JOIN open ON run.id = open.parent
         ),
         stays (n, id) AS (
           SELECT n, id FROM open
           UNION
           SELECT run.n, run.id FROM run JOIN stays ON run.parent = stays.id
         )
         SELECT n FROM run WHERE n NOT IN (SELECT n FROM stays)`,
      )
      .all(endedBefore, keepsNewest ? 1 : 0),
  )
  return new Set(rows.map(({ n }) => Number(n)))
}

/** A run that cannot be taken out, by what keeps it. */
export interface Kept {
  readonly kind: 'unknown' | 'part' | 'open' | 'young'
  /** The run that is not there, that called it, or that has not ended long enough ago. */
  readonly run: string
}

/** Numbers of `runs` and of all that they started; what keeps one of them, where something does. */
export function treesOf(
  db: Database,
  runs: readonly string[],
  { endedBefore, keepsNewest }: { readonly endedBefore: number; readonly keepsNewest: boolean },
): ReadonlySet<number> | Kept {
  const find = db.prepare(
    'SELECT p.id AS parent FROM run LEFT JOIN run AS p ON p.id = run.parent WHERE run.id = ?',
  )
  const tree = db.prepare(
    `WITH RECURSIVE tree (n, id, status, ended_at) AS (
       SELECT n, id, status, ended_at FROM run WHERE id = ?
       UNION
       SELECT run.n, run.id, run.status, run.ended_at FROM run JOIN tree ON run.parent = tree.id
     ) SELECT n, id, status, ended_at AS at FROM tree`,
  )
  const newest = reading(() =>
    Number(db.prepare('SELECT place >> 32 AS n FROM batch ORDER BY id DESC LIMIT 1').get()?.['n']),
  )
  const gone = new Set<number>()
  for (const run of runs) {
    const found = reading(() => find.get(run))
    if (found === undefined) return { kind: 'unknown', run }
    if (typeof found['parent'] === 'string' && !runs.includes(found['parent']))
      return { kind: 'part', run: found['parent'] }
    for (const { n, id, status, at } of reading(() => tree.all(run))) {
      const hasEnded = Number(status) >= 2 && Number(status) <= 4 && at !== null
      if (!hasEnded) return { kind: 'open', run: String(id) }
      const isLatest = keepsNewest && Number(n) === newest
      if (Number(at) > endedBefore || isLatest) return { kind: 'young', run: String(id) }
      gone.add(Number(n))
    }
  }
  return gone
}

/** Takes the runs out, with their records, timers, waits and logs. */
export function forgetRuns(db: Database, gone: ReadonlySet<number>): void {
  const statements = [
    'DELETE FROM batch WHERE place >= (?1 << 32) AND place < ((?1 + 1) << 32)',
    'DELETE FROM timer WHERE run = ?1',
    'DELETE FROM wait WHERE run = ?1',
    'DELETE FROM log WHERE run = ?1',
    'DELETE FROM run WHERE n = ?1',
  ].map((sql) => db.prepare(sql))
  inPortions(db, [...gone], (n) => {
    for (const statement of statements) statement.run(n)
  })
  db.exec('DELETE FROM program WHERE id NOT IN (SELECT program FROM run)')
}

/** Does `work` with every item, many in one transaction. */
export function inPortions<T>(db: Database, items: readonly T[], work: (item: T) => void): void {
  for (let at = 0; at < items.length; at += limits.sweepRowsPerCommit) {
    db.exec('BEGIN IMMEDIATE')
    try {
      for (const item of items.slice(at, at + limits.sweepRowsPerCommit)) work(item)
      db.exec('COMMIT')
    } catch (thrown) {
      db.exec('ROLLBACK')
      throw thrown
    }
  }
}
