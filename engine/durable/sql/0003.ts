/**
 * The third shape of the journal file: who waits for what, and events on their way.
 *
 * From here on a timer may also have the number 3: it calls more people to an approval.
 */
export const sql = `
-- kind: 0 event, 1 approval, 2 a place among the runs of a flow (topic: held or queued)
-- topic, key: what an event is looked up by; wanted: JSON of what it must be
CREATE TABLE wait (
  run INTEGER NOT NULL,
  path TEXT NOT NULL,
  kind INTEGER NOT NULL,
  topic TEXT NOT NULL,
  key TEXT NOT NULL,
  wanted TEXT,
  PRIMARY KEY (run, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX wait_topic ON wait (kind, topic, key);

CREATE TABLE outbox (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  event TEXT NOT NULL
) STRICT;
`
