/**
 * The second shape of the journal file: what flows remember from run to run.
 *
 * `state_space` counts the keys of a flow, and keeps the highest version that a key had
 * when it was taken out, so that no version is ever given twice for one key.
 */
export const sql = `
CREATE TABLE state (
  flow TEXT NOT NULL,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (flow, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE state_space (
  flow TEXT PRIMARY KEY,
  keys INTEGER NOT NULL,
  floor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
