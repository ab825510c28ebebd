/**
 * The first shape of the journal file. A released shape is never edited: the next one
 * is a file of its own. Text in a module, so that a bundle carries it.
 *
 * A row is made to be small: a parked run costs a run row, one batch and one timer.
 * `run.n` is the order in which runs began here and stands for the id everywhere else.
 * Batches lie in the order of their commits, so that a commit of fifty runs writes a few
 * pages and not fifty; `place`, `n << 32 | seq of its first record`, finds those of a run.
 */
export const sql = `
CREATE TABLE program (
  id INTEGER PRIMARY KEY,
  flow TEXT NOT NULL,
  plan TEXT NOT NULL,
  UNIQUE (flow, plan)
) STRICT;

-- status: 0 running, 1 parked, 2 done, 3 failed, 4 cancelled
-- records: how many the run had when its status last changed; fewer means that some were taken away
CREATE TABLE run (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  program INTEGER NOT NULL,
  status INTEGER NOT NULL,
  records INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  parent TEXT
) STRICT;
CREATE INDEX run_running ON run (n) WHERE status = 0;
CREATE INDEX run_child ON run (parent) WHERE parent IS NOT NULL;

-- records: JSON texts, one a line; head: the chain's hash after the last of them
CREATE TABLE batch (
  id INTEGER PRIMARY KEY,
  place INTEGER NOT NULL,
  records TEXT NOT NULL,
  head BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX batch_place ON batch (place);

-- timer: 0 sleep, 1 retry, 2 timeout
CREATE TABLE timer (
  run INTEGER NOT NULL,
  path TEXT NOT NULL,
  timer INTEGER NOT NULL,
  due INTEGER NOT NULL,
  PRIMARY KEY (run, path, timer)
) STRICT, WITHOUT ROWID;
CREATE INDEX timer_due ON timer (due);

CREATE TABLE payload (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  bytes BLOB NOT NULL
) STRICT;

-- level: 0 debug, 1 info, 2 warn, 3 error
CREATE TABLE log (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  at INTEGER NOT NULL,
  level INTEGER NOT NULL,
  path TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX log_run ON log (run);
`
