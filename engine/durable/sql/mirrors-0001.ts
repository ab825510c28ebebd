/**
 * The first shape of `mirrors.db`: repositories that are followed, and what was seen of them.
 * A released shape is never edited: the next one is a file of its own.
 *
 * It is a file beside the journal, because several processes write to it at once: somebody
 * holds a mirror while a watcher syncs it, and neither needs the lease of the runs.
 */
export const sql = `
-- paths, caps, hold: JSON
CREATE TABLE mirror (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL,
  branch TEXT,
  paths TEXT NOT NULL,
  caps TEXT,
  secret TEXT,
  added_at INTEGER NOT NULL,
  hold TEXT
) STRICT, WITHOUT ROWID;

-- stage: remote, mirrored, compiled, active; fact: JSON
CREATE TABLE mirror_fact (
  mirror TEXT NOT NULL,
  stage TEXT NOT NULL,
  fact TEXT NOT NULL,
  PRIMARY KEY (mirror, stage)
) STRICT, WITHOUT ROWID;

CREATE TABLE mirror_polling (
  mirror TEXT PRIMARY KEY,
  next_at INTEGER NOT NULL,
  checked_at INTEGER,
  failures INTEGER NOT NULL,
  answer TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX mirror_due ON mirror_polling (next_at);

CREATE TABLE mirror_ref (
  mirror TEXT NOT NULL,
  ref TEXT NOT NULL,
  oid TEXT NOT NULL,
  "commit" TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  gone_at INTEGER,
  PRIMARY KEY (mirror, ref, oid)
) STRICT, WITHOUT ROWID;

CREATE TABLE mirror_incident (
  id INTEGER PRIMARY KEY,
  mirror TEXT NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  message TEXT NOT NULL,
  ref TEXT,
  before TEXT,
  after TEXT,
  resolved_at INTEGER
) STRICT;
CREATE INDEX mirror_incident_of ON mirror_incident (mirror, id);

CREATE TABLE mirror_content (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  bytes BLOB NOT NULL
) STRICT;
`
