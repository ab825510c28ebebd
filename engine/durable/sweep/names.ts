/**
 * Which digests are still named anywhere: by a record, a plan, the state of a flow, an event
 * on its way, a kept output, an activation, a mirror.
 *
 * Every text column of every database of the directory is read, whatever its table means, and
 * then what the named values name themselves. So a table of a later release keeps its values
 * too, and a digest that only looks like one keeps at most too much.
 */
import { type openDatabase, reading } from '#engine/durable/sqlite/database.ts'

type Database = ReturnType<typeof openDatabase>

const digestPattern = /sha256:([0-9a-f]{64})/g

export class Names {
  /** Hex digits of each digest. */
  readonly #known = new Set<string>()
  #fresh: string[] = []

  has(hex: string): boolean {
    return this.#known.has(hex)
  }

  /** Notes every digest in `text`. */
  note(text: string): void {
    for (const [, hex = ''] of text.matchAll(digestPattern)) {
      if (this.#known.has(hex)) continue
      this.#known.add(hex)
      this.#fresh.push(hex)
    }
  }

  /** The digests that were noted since the last call. */
  takeFresh(): readonly string[] {
    const fresh = this.#fresh
    this.#fresh = []
    return fresh
  }
}

/** How the rows of the journal say which run they are of. */
const runOf: Readonly<Record<string, string>> = {
  run: 'n',
  batch: 'place >> 32',
  timer: 'run',
  wait: 'run',
  log: 'run',
}

/** Notes what the rows of `db` name; of the runs in `gone` nothing counts. */
export function noteRows(names: Names, db: Database, gone: ReadonlySet<number> = none): void {
  for (const { table, columns } of textColumns(db)) {
    const run = gone.size === 0 ? undefined : runOf[table]
    const list = columns.map((column) => `"${column}"`).join(', ')
    // A plan counts by the runs that have it.
    const from =
      table === 'program' && gone.size > 0
        ? 'run JOIN program ON program.id = run.program'
        : `"${table}"`
    const number = table === 'program' && gone.size > 0 ? 'run.n' : run
    const rows = db.prepare(`SELECT ${list}, ${number ?? '-1'} AS number_of_run FROM ${from}`)
    reading(() => {
      for (const row of rows.iterate()) {
        if (gone.has(Number(row['number_of_run']))) continue
        for (const column of columns) {
          const value = row[column]
          if (typeof value === 'string') names.note(value)
        }
      }
    })
  }
}

const none: ReadonlySet<number> = new Set()

function textColumns(
  db: Database,
): readonly { readonly table: string; readonly columns: readonly string[] }[] {
  const tables = reading(() =>
    db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all(),
  ).map(({ name }) => String(name))
  return tables.flatMap((table) => {
    const columns = reading(() =>
      db.prepare('SELECT name, type FROM pragma_table_info(?)').all(table),
    )
      .filter(({ type }) => type === 'TEXT')
      .map(({ name }) => String(name))
    return columns.length === 0 ? [] : [{ table, columns }]
  })
}

/** Notes what the named values of the content store name, and so on. */
export function noteValues(names: Names, db: Database): void {
  const select = db.prepare('SELECT bytes FROM payload WHERE digest = ?')
  for (let fresh = names.takeFresh(); fresh.length > 0; fresh = names.takeFresh()) {
    for (const hex of fresh) {
      const bytes = reading(() => select.get(Buffer.from(hex, 'hex')))?.['bytes']
      // Latin-1 gives every byte a character: a digest reads the same in any encoding.
      if (bytes instanceof Uint8Array) names.note(Buffer.from(bytes).toString('latin1'))
    }
  }
}
