/**
 * The fifth shape of the journal file: whose turn it is to write.
 */
export const sql = `
-- n grows with every process that opens the file for writing
CREATE TABLE writer (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  n INTEGER NOT NULL
) STRICT;
INSERT INTO writer (one, n) VALUES (1, 0);
`
