/**
 * The rules of a flow's state that every host shares: versions, compare-and-set, limits.
 *
 * A change is checked and taken in at once, in memory, and is then on its way to the
 * disk; so two writers of one turn see each other, and no commit ever fails for a
 * conflict. Where rows are kept belongs to the hosts.
 */
import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type {
  ListStates,
  StateChange,
  StateEntry,
  States,
  StatesReader,
} from '#engine/runtime/states.ts'

/** A value as it is kept. */
export interface StateRow {
  readonly version: number
  /** JSON. */
  readonly text: string
}

/** What is known of all keys of a flow. */
export interface StateSpace {
  readonly keys: number
  /** The highest version that a key had when it was taken out: a new key begins above it. */
  readonly floor: number
}

/** One key as it is to be written. */
export interface StateWrite {
  readonly flow: string
  readonly key: string
  /** Absent takes the row out. */
  readonly row?: StateRow
  /** The flow's, after this write. */
  readonly space: StateSpace
}

/** What is committed. */
export interface StateRows {
  find(flow: string, key: string): StateRow | undefined
  list(flow: string, query: ListStates): readonly (StateRow & { readonly key: string })[]
  space(flow: string): StateSpace
}

/** Reads only what is committed. */
export function committedStates(rows: StateRows): StatesReader {
  return {
    find: (flow, key) => entryOf(key, rows.find(flow, key)),
    list: (flow, query) =>
      rows.list(flow, query).map(({ key, version, text }) => ({ key, version, value: read(text) })),
  }
}

/** Queues writes for the next commit. */
export type QueueWrites = (writes: readonly StateWrite[]) => Promise<void>

export class StateBook implements States {
  readonly #rows: StateRows
  readonly #queue: QueueWrites
  /** Writes on their way to the disk, the last one of each key. */
  readonly #queued = new Map<string, StateWrite>()
  #pending: Promise<void> = Promise.resolve()

  /** `queue` takes the writes that no batch carries. */
  constructor(rows: StateRows, queue: QueueWrites) {
    this.#rows = rows
    this.#queue = queue
  }

  find(flow: string, key: string): StateEntry | undefined {
    return entryOf(key, this.#row(flow, key))
  }

  list(flow: string, { prefix, limit, after = '' }: ListStates): readonly StateEntry[] {
    const mine = [...this.#queued.values()].filter(
      (write) => write.flow === flow && write.key.startsWith(prefix) && isBefore(after, write.key),
    )
    // Each queued write takes the place of at most one committed row.
    const committed = this.#rows.list(flow, { prefix, after, limit: limit + mine.length })
    const rows = new Map<string, StateRow>(committed.map(({ key, ...row }) => [key, row]))
    for (const { key, row } of mine) {
      if (row === undefined) rows.delete(key)
      else rows.set(key, row)
    }
    return [...rows]
      .toSorted(([a], [b]) => (isBefore(a, b) ? -1 : 1))
      .slice(0, limit)
      .map(([key, { version, text }]) => ({ key, version, value: read(text) }))
  }

  preview(changes: readonly StateChange[]): readonly (StateEntry | undefined)[] {
    return entriesOf(this.#check(changes))
  }

  async change(changes: readonly StateChange[]): Promise<readonly (StateEntry | undefined)[]> {
    const writes = this.#check(changes)
    await this.#carry(writes, this.#queue)
    return entriesOf(writes)
  }

  /** Takes in what a batch changes; `queue` is what puts the batch on its way. */
  carry(changes: readonly StateChange[], queue: QueueWrites): Promise<void> {
    let writes: readonly StateWrite[]
    try {
      writes = this.#check(changes)
    } catch (refused) {
      return Promise.reject(refused as Error)
    }
    return this.#carry(writes, queue)
  }

  settled(): Promise<void> {
    return this.#pending
  }

  #carry(writes: readonly StateWrite[], queue: QueueWrites): Promise<void> {
    const durable = queue(writes)
    for (const write of writes) {
      const id = idOf(write.flow, write.key)
      this.#queued.delete(id)
      this.#queued.set(id, write)
    }
    this.#pending = durable
    // A failed commit leaves them: nothing is taken any more until the journal is opened anew.
    durable.then(
      () => this.#committed(writes),
      () => undefined,
    )
    return durable
  }

  #committed(writes: readonly StateWrite[]): void {
    for (const write of writes) {
      const id = idOf(write.flow, write.key)
      if (this.#queued.get(id) === write) this.#queued.delete(id)
    }
  }

  /** What `changes` would write; throws before anything is changed. */
  #check(changes: readonly StateChange[]): readonly StateWrite[] {
    const writes: StateWrite[] = []
    for (const change of changes) {
      const { flow, key } = change
      demandKey(key)
      const before = writes.findLast((write) => write.flow === flow)
      const same = writes.findLast((write) => write.flow === flow && write.key === key)
      const known = same === undefined ? this.#row(flow, key) : same.row
      writes.push(writeOf(change, known, before?.space ?? this.#space(flow)))
    }
    return writes
  }

  #row(flow: string, key: string): StateRow | undefined {
    const queued = this.#queued.get(idOf(flow, key))
    return queued === undefined ? this.#rows.find(flow, key) : queued.row
  }

  #space(flow: string): StateSpace {
    let last: StateSpace | undefined
    for (const write of this.#queued.values()) if (write.flow === flow) last = write.space
    return last ?? this.#rows.space(flow)
  }
}

/** What stands at the keys after `writes`. */
function entriesOf(writes: readonly StateWrite[]): readonly (StateEntry | undefined)[] {
  return writes.map(({ key, row }) => entryOf(key, row))
}

function writeOf(
  { flow, key, value, expected }: StateChange,
  known: StateRow | undefined,
  space: StateSpace,
): StateWrite {
  const version = known?.version ?? 0
  if (expected !== undefined && expected !== version)
    throw conflict({ flow, key, expected, version })
  if (value === undefined) {
    const keys = space.keys - (known === undefined ? 0 : 1)
    return { flow, key, space: { keys, floor: Math.max(space.floor, version) } }
  }
  const text = JSON.stringify(value)
  if (text.length > limits.stateValueCharsMax) throw tooLarge(key, text.length)
  const isNew = known === undefined
  if (isNew && space.keys >= limits.stateKeysPerFlowMax) throw tooMany(flow)
  return {
    flow,
    key,
    row: { version: (isNew ? space.floor : version) + 1, text },
    space: { keys: space.keys + (isNew ? 1 : 0), floor: space.floor },
  }
}

function entryOf(key: string, row: StateRow | undefined): StateEntry | undefined {
  return row === undefined ? undefined : { key, value: read(row.text), version: row.version }
}

function read(text: string): Json {
  return JSON.parse(text) as Json
}

function idOf(flow: string, key: string): string {
  return `${flow}\n${key}`
}

/** In the order of UTF-8 bytes, which is that of the rows; the order of UTF-16 is another. */
function isBefore(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0
}

/** Control characters and the last character of Unicode, which stands after every prefix. */
const odd = /[\p{Cc}\u{10FFFF}]/u

function demandKey(key: string): void {
  if (key !== '' && key.length <= limits.stateKeyCharsMax && key.isWellFormed() && !odd.test(key)) {
    return
  }
  const message = `"${key.slice(0, 100)}" is no key of a flow's state. Use 1 to ${limits.stateKeyCharsMax} characters without control characters.`
  throw new IonError('RUN_INPUT_REFUSED', message, { data: { key: key.slice(0, 100) } })
}

function conflict(data: {
  readonly flow: string
  readonly key: string
  readonly expected: number
  readonly version: number
}): IonError {
  const { flow, key, expected, version } = data
  const found = version === 0 ? 'is not there' : `has version ${version}`
  const message = `The state "${key}" of the flow "${flow}" ${found}, and the write expected ${expected === 0 ? 'no such key' : `version ${expected}`}. Read it again and decide anew.`
  return new IonError('RUN_STATE_CONFLICT', message, { data })
}

function tooLarge(key: string, chars: number): IonError {
  const { stateValueCharsMax: charsMax } = limits
  const message = `The value of the state "${key}" has ${chars} characters of JSON; ${charsMax} are kept at most. Keep a large value as a blob and its handle here.`
  return new IonError('RUN_LIMIT_EXCEEDED', message, { data: { key, chars, charsMax } })
}

function tooMany(flow: string): IonError {
  const { stateKeysPerFlowMax: keysMax } = limits
  const message = `The flow "${flow}" has ${keysMax} keys of state, which is all it may have. Take out those that are not needed any more.`
  return new IonError('RUN_LIMIT_EXCEEDED', message, { data: { flow, keysMax } })
}
