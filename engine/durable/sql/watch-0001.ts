/**
 * The first shape of `watch.db`: what became active, who approved it, what was started and
 * told. A released shape is never edited: the next one is a file of its own.
 */
export const sql = `
-- body: JSON
CREATE TABLE activation (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  mirror TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX activation_of ON activation (mirror, n);

CREATE TABLE approval (
  plan TEXT NOT NULL,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (plan, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE note (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mark (
  key TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
