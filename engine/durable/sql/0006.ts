/**
 * The sixth shape of the journal file: the latest events, for whoever looks later.
 */
export const sql = `
-- run: the number of the run that emitted it; null for one that somebody sent
CREATE TABLE said (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  event TEXT NOT NULL,
  at INTEGER NOT NULL,
  run INTEGER
) STRICT;
`
