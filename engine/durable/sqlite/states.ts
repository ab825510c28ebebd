/**
 * What flows remember, in SQLite: read row by row, written inside the transaction of the
 * batch that carries it. Versions and limits are the concern of `durable/states.ts`.
 */
import type { DatabaseSync } from 'node:sqlite'

import type { StateRow, StateRows, StateSpace, StateWrite } from '#engine/durable/states.ts'

import { reading } from './database.ts'

/** After every key that begins with a prefix; no key has this character. */
const last = '\u{10FFFF}'

/** What is committed. */
export function stateRows(db: DatabaseSync): StateRows {
  const one = db.prepare('SELECT version, value AS text FROM state WHERE flow = ? AND key = ?')
  const some = db.prepare(
    `SELECT key, version, value AS text FROM state
     WHERE flow = ? AND key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?`,
  )
  const space = db.prepare('SELECT keys, floor FROM state_space WHERE flow = ?')
  return {
    find: (flow, key) => reading(() => one.get(flow, key)) as StateRow | undefined,
    list: (flow, { prefix, after = '', limit }) =>
      reading(() =>
        some.all(flow, prefix, prefix + last, after, limit),
      ) as unknown as readonly (StateRow & { readonly key: string })[],
    space: (flow) =>
      (reading(() => space.get(flow)) as StateSpace | undefined) ?? { keys: 0, floor: 0 },
  }
}

/** Writes inside an open transaction. */
export function stateWriter(db: DatabaseSync): (writes: readonly StateWrite[]) => void {
  const set = db.prepare(
    `INSERT INTO state (flow, key, version, value) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET version = excluded.version, value = excluded.value`,
  )
  const remove = db.prepare('DELETE FROM state WHERE flow = ? AND key = ?')
  const count = db.prepare(
    `INSERT INTO state_space (flow, keys, floor) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET keys = excluded.keys, floor = excluded.floor`,
  )
  return (writes) => {
    for (const { flow, key, row, space } of writes) {
      if (row === undefined) remove.run(flow, key)
      else set.run(flow, key, row.version, row.text)
      count.run(flow, space.keys, space.floor)
    }
  }
}
