/**
 * The fourth shape of the journal file: what pure steps gave, kept from run to run.
 */
export const sql = `
-- key: SHA-256 of code and input; code: SHA-256 of the code alone
-- output: JSON of a payload, a large one by digest; bytes: what the row takes
-- used: a number that grows with every use
CREATE TABLE kept (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL UNIQUE,
  code BLOB NOT NULL,
  output TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  run TEXT NOT NULL,
  at INTEGER NOT NULL,
  used INTEGER NOT NULL
) STRICT;
CREATE INDEX kept_code ON kept (code);
CREATE INDEX kept_used ON kept (used, bytes);
`
