/**
 * Takes a pack that came from a remote into a bare repository: every object is unpacked,
 * named by its own bytes, and held to what it must look like, before the pack is there for
 * any reader.
 *
 * A pack may name bases that only the repository has; they are put behind it, so that
 * what lies on the disk is whole by itself and `git fsck` agrees. SHA-1 names objects and
 * proves nothing: what counts later is the SHA-256 of their bytes.
 */
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import { applyDelta, deltaSizes } from './delta.ts'
import { bytesOf, type EntryKind, type PackEntry, readEntries, trailerBytes } from './entries.ts'
import { printIndex, type IndexRow } from './index-file.ts'
import { checkObject } from './sound.ts'

/** One object, whole. */
export interface WholeObject {
  readonly kind: EntryKind
  readonly bytes: Uint8Array
}

export interface IndexedPack {
  readonly objects: number
}

/**
 * Moves the pack at `file` into the repository at `gitDir`; `findBase` gives objects that are
 * there already. The file is gone afterwards, whatever happens.
 *
 * Throws `MIRROR_PACK_REFUSED` for a pack that is damaged or holds what Git would not
 * take, and `MIRROR_LIMIT_EXCEEDED`.
 */
export async function indexPack(
  gitDir: string,
  file: string,
  findBase: (oid: string) => Promise<WholeObject | undefined>,
): Promise<IndexedPack> {
  try {
    const pack = readFileSync(file)
    const { entries, rows, added } = await resolveAll(pack, findBase)
    if (entries.length === 0) return { objects: 0 }
    const whole = added.length === 0 ? pack : withBases(pack, added, rows)
    const digest = whole.subarray(-trailerBytes)
    const name = join(gitDir, 'objects/pack', `pack-${digest.toString('hex')}`)
    writeFileSync(file, whole, { mode: 0o600 })
    renameSync(file, `${name}.pack`)
    writeFileSync(`${file}.idx`, printIndex(rows, digest), { mode: 0o600 })
    // Readers look for indexes: the pack is there before its index is.
    renameSync(`${file}.idx`, `${name}.idx`)
    return { objects: rows.length }
  } catch (thrown) {
    throw thrown instanceof IonError ? thrown : refused(thrown)
  } finally {
    rmSync(file, { force: true })
    rmSync(`${file}.idx`, { force: true })
  }
}

type Base = WholeObject & { readonly oid: string }

interface Resolved {
  readonly entries: readonly PackEntry[]
  readonly rows: IndexRow[]
  /** Bases that only the repository had. */
  readonly added: readonly Base[]
}

async function resolveAll(
  pack: Buffer,
  findBase: (oid: string) => Promise<WholeObject | undefined>,
): Promise<Resolved> {
  const entries = readEntries(pack)
  const sum = createHash('sha1').update(pack.subarray(0, -trailerBytes)).digest()
  if (!sum.equals(pack.subarray(-trailerBytes))) throw new Error('its sum is not that of its bytes')
  const shelf = new Shelf(pack, entries)
  for (const index of entries.keys()) shelf.settle(index)
  // What still waits has its base only in the repository, or nowhere.
  const added: Base[] = []
  for (const oid of shelf.missing()) {
    const object = await findBase(oid)
    if (object === undefined) continue
    added.push({ ...object, oid })
    shelf.add(oid, object)
  }
  if (shelf.rows.length < entries.length) throw new Error('a delta has a base that is nowhere')
  return { entries, rows: shelf.rows, added }
}

/** A base: an entry of the pack, or an object by its id. */
type BaseKey = number | string

/** Objects of the pack as they become known, the last ones used kept unpacked. */
class Shelf {
  readonly rows: IndexRow[] = []
  readonly #pack: Buffer
  readonly #entries: readonly PackEntry[]
  readonly #places: ReadonlyMap<number, number>
  readonly #byOid = new Map<string, number>()
  readonly #added = new Map<string, WholeObject>()
  /** How many deltas an object that is known lies on. */
  readonly #depths = new Map<number, number>()
  /** Entries by the base that they wait for. */
  readonly #waiting = new Map<BaseKey, number[]>()
  readonly #kept = new Map<number, WholeObject>()
  #bytes = 0

  constructor(pack: Buffer, entries: readonly PackEntry[]) {
    this.#pack = pack
    this.#entries = entries
    this.#places = new Map(entries.map((entry, index) => [entry.start, index]))
  }

  /** Ids that entries wait for. */
  missing(): readonly string[] {
    return [...this.#waiting.keys()].filter((key) => typeof key === 'string')
  }

  /** Gives an object that the pack does not have. */
  add(oid: string, object: WholeObject): void {
    this.#added.set(oid, object)
    this.#wake(oid)
  }

  /** Makes the object at `index` known, and all that waited for it; later when its base is not. */
  settle(first: number): void {
    for (let work = [first], index = work.pop(); index !== undefined; index = work.pop()) {
      const base = this.#baseOf(index)
      if (base !== undefined && !this.#isKnown(base)) {
        const others = this.#waiting.get(base)
        if (others === undefined) this.#waiting.set(base, [index])
        else others.push(index)
        continue
      }
      const oid = this.#name(index, base)
      for (const key of [index, oid]) {
        work.push(...(this.#waiting.get(key) ?? []))
        this.#waiting.delete(key)
      }
    }
  }

  #wake(key: BaseKey): void {
    const waiting = this.#waiting.get(key) ?? []
    this.#waiting.delete(key)
    for (const index of waiting) this.settle(index)
  }

  /** The base by its entry where the pack has it, else by id. */
  #baseOf(index: number): BaseKey | undefined {
    const base = this.#entries[index]?.base
    if (typeof base !== 'number') return base === undefined ? base : (this.#byOid.get(base) ?? base)
    const place = this.#places.get(base)
    if (place === undefined) throw new Error('a delta has no base')
    return place
  }

  #isKnown(base: BaseKey): boolean {
    return typeof base === 'number' ? this.#depths.has(base) : this.#added.has(base)
  }

  #name(index: number, base: BaseKey | undefined): string {
    const depth = base === undefined ? 0 : 1 + (this.#depths.get(base as number) ?? 0)
    if (depth > limits.mirrorDeltaDepthMax) throw new Error(`${depth} deltas lie on each other`)
    this.#depths.set(index, depth)
    const object = this.#object(index)
    const entry = this.#entries[index] as PackEntry
    const oid = oidOf(object)
    checkObject(object)
    this.#byOid.set(oid, index)
    const crc = crc32(this.#pack.subarray(entry.start, entry.end))
    this.rows.push({ oid, offset: entry.start, crc })
    return oid
  }

  /** Unpacks along the chain of bases, from the nearest that is kept. */
  #object(index: number): WholeObject {
    const chain: number[] = []
    let object: WholeObject | undefined
    for (let at: BaseKey = index; object === undefined;) {
      object = typeof at === 'string' ? this.#added.get(at) : this.#kept.get(at)
      if (object !== undefined) break
      const base: BaseKey | undefined = this.#baseOf(at as number)
      const entry = this.#entries[at as number]
      if (base === undefined && entry?.kind !== undefined)
        object = this.#keep(at as number, { kind: entry.kind, bytes: bytesOf(this.#pack, entry) })
      else chain.push(at as number)
      at = base ?? at
    }
    for (const at of chain.toReversed()) object = this.#keep(at, this.#patched(at, object))
    return object
  }

  #patched(at: number, base: WholeObject): WholeObject {
    const delta = bytesOf(this.#pack, this.#entries[at] as PackEntry)
    const { result } = deltaSizes(delta)
    if (result > limits.gitBlobBytesMax) {
      throw new IonError(
        'MIRROR_LIMIT_EXCEEDED',
        `The repository sends an object of ${result} bytes, and a mirror takes ${limits.gitBlobBytesMax} at most.`,
        { data: { bytes: result, max: limits.gitBlobBytesMax } },
      )
    }
    return { kind: base.kind, bytes: applyDelta(base.bytes, delta) }
  }

  #keep(at: number, object: WholeObject): WholeObject {
    this.#kept.set(at, object)
    this.#bytes += object.bytes.length
    for (const [old, { bytes }] of this.#kept) {
      if (this.#bytes <= limits.mirrorDeltaCacheBytesMax || old === at) break
      this.#kept.delete(old)
      this.#bytes -= bytes.length
    }
    return object
  }
}

function oidOf({ kind, bytes }: WholeObject): string {
  return createHash('sha1').update(`${kind} ${bytes.length}\0`).update(bytes).digest('hex')
}

const types = { commit: 1, tree: 2, blob: 3, tag: 4 } as const

/** The pack with `added` behind its objects; their rows are put to `rows`. */
function withBases(pack: Buffer, added: readonly Base[], rows: IndexRow[]): Buffer {
  const head = Buffer.from(pack.subarray(0, 12))
  head.writeUInt32BE(head.readUInt32BE(8) + added.length, 8)
  const parts: Buffer[] = [head, pack.subarray(12, -trailerBytes)]
  let offset = pack.length - trailerBytes
  for (const { kind, bytes, oid } of added) {
    const part = Buffer.concat([headOf(types[kind], bytes.length), deflateSync(bytes)])
    rows.push({ oid, offset, crc: crc32(part) })
    parts.push(part)
    offset += part.length
  }
  const body = Buffer.concat(parts)
  return Buffer.concat([body, createHash('sha1').update(body).digest()])
}

function headOf(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size & 15)]
  for (let left = Math.floor(size / 16); left > 0; left = Math.floor(left / 128)) {
    const last = bytes.length - 1
    bytes[last] = (bytes[last] ?? 0) | 0x80
    bytes.push(left & 0x7f)
  }
  return Buffer.from(bytes)
}

function refused(thrown: unknown): IonError {
  const why = thrown instanceof Error ? thrown.message : String(thrown)
  return new IonError('MIRROR_PACK_REFUSED', `What the repository sends is not taken: ${why}.`, {
    data: { reason: why },
    cause: thrown,
  })
}
