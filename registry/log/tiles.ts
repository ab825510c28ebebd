/**
 * Where the hashes and leaves of a log lie: tiles of 256, as C2SP tlog-tiles lays them out.
 *
 * A full tile never changes, so any cache may keep it for ever. The rightmost tile of a
 * level is partial and has its width in its name. A bundle holds 256 leaves, each behind its
 * length in two bytes.
 */
import { IonError } from '#engine/core/error.ts'
import { isSame, join } from '#registry/bytes.ts'
import type { RegistrySource } from '#registry/ports.ts'

import { type Hash, leafHash, nodeHash, type ReadNode } from './tree.ts'

export const tileWidth = 256
const hashBytes = 32

/** Where the log is in a registry. */
const folder = 'log'
export const checkpointPath = `${folder}/checkpoint`

/**
 * The path of a tile; `entries` is the level of the leaves themselves.
 *
 * @example
 * tilePath(0, 1234067, 8) // 'log/tile/0/x001/x234/067.p/8'
 */
export function tilePath(level: number | 'entries', index: number, width = tileWidth): string {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0')
  const parts = digits.match(/\d{3}/g) ?? []
  const number = parts.map((part, at) => (at < parts.length - 1 ? `x${part}` : part)).join('/')
  return `${folder}/tile/${level}/${number}${width === tileWidth ? '' : `.p/${width}`}`
}

/** How many hashes level `level` of a log of `size` leaves has. */
export function widthOf(size: number, level: number): number {
  return Math.floor(size / tileWidth ** level)
}

/** The leaves of bundle `index` of a log of `size` leaves. Throws `REG_LOG_BROKEN`. */
export async function readBundle(
  source: RegistrySource,
  { index, size }: { readonly index: number; readonly size: number },
): Promise<readonly Uint8Array[]> {
  const width = Math.min(tileWidth, size - index * tileWidth)
  const bytes = await readTile(source, { level: 'entries', index, width })
  const leaves = splitBundle(bytes)
  if (leaves === undefined || leaves.length < width) {
    throw broken(source, `the bundle ${index} does not hold ${width} leaves`)
  }
  return leaves.slice(0, width)
}

function splitBundle(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const leaves: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
    if (at + 2 + length > bytes.length || leaves.length === tileWidth) return undefined
    leaves.push(bytes.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return leaves
}

interface TileWish {
  readonly level: number | 'entries'
  readonly index: number
  readonly width: number
}

/** A tile of at least this width: the partial one where it is there, else the full one. */
async function readTile(source: RegistrySource, wish: TileWish): Promise<Uint8Array> {
  const { level, index, width } = wish
  const exact = await source.read(tilePath(level, index, width))
  const found =
    exact ?? (width === tileWidth ? undefined : await source.read(tilePath(level, index)))
  if (found === undefined) throw broken(source, `"${tilePath(level, index, width)}" is not there`)
  return found
}

/** Hashes of subtrees of a log of `size` leaves, by the tiles that hold them; each is read once. */
export function tileNodes(
  source: RegistrySource,
  { hash, size }: { readonly hash: Hash; readonly size: number },
): ReadNode {
  const tiles = new Map<string, Promise<Tile>>()
  const load = async (level: number, index: number): Promise<Tile> => {
    const width = Math.min(tileWidth, widthOf(size, level) - index * tileWidth)
    const bytes = await readTile(source, { level, index, width })
    if (bytes.length < width * hashBytes || bytes.length % hashBytes !== 0)
      throw broken(source, `the tile ${index} of level ${level} is not whole`)
    return new Tile(hash, hashesIn(bytes.subarray(0, width * hashBytes)))
  }
  return async (level, index) => {
    const tileLevel = Math.floor(level / 8)
    const inside = 2 ** (level % 8)
    const first = index * inside
    const tile = Math.floor(first / tileWidth)
    const key = `${tileLevel}/${tile}`
    const found = tiles.get(key) ?? load(tileLevel, tile)
    tiles.set(key, found)
    return (await found).node(level % 8, (first % tileWidth) / inside)
  }
}

/** The subtree over a tile; what was hashed once is kept. */
class Tile {
  readonly #hash: Hash
  /** By level. */
  readonly #rows: Uint8Array[][]

  constructor(hash: Hash, leaves: readonly Uint8Array[]) {
    this.#hash = hash
    this.#rows = [[...leaves]]
  }

  node(level: number, index: number): Uint8Array {
    if (level === 0) return this.#rows[0]?.[index] as Uint8Array
    const row = (this.#rows[level] ??= [])
    const left = (): Uint8Array => this.node(level - 1, index * 2)
    const right = (): Uint8Array => this.node(level - 1, index * 2 + 1)
    return (row[index] ??= nodeHash(this.#hash, left(), right()))
  }
}

function hashesIn(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: bytes.length / hashBytes }, (_, at) =>
    bytes.subarray(at * hashBytes, (at + 1) * hashBytes),
  )
}

/** The root over a power of two of hashes. */
function fold(hash: Hash, hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, at) =>
      nodeHash(hash, row[at * 2] as Uint8Array, row[at * 2 + 1] as Uint8Array),
    )
  }
  return row[0] as Uint8Array
}

/** The files that `leaves` add to a log of `size` leaves: bundles and tiles, partial ones among them. */
export async function extend(
  source: RegistrySource,
  given: { readonly hash: Hash; readonly size: number; readonly leaves: readonly Uint8Array[] },
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { hash, size, leaves } = given
  const files = new Map<string, Uint8Array>()
  const first = Math.floor(size / tileWidth)
  const kept = size % tileWidth === 0 ? [] : await readBundle(source, { index: first, size })
  for (const [at, bundle] of inTiles([...kept, ...leaves]).entries())
    files.set(tilePath('entries', first + at, bundle.length), join(bundle.map(withLength)))
  let hashes: readonly Uint8Array[] = leaves.map((leaf) => leafHash(hash, leaf))
  for (let level = 0; hashes.length > 0; level++) {
    const before = widthOf(size, level)
    const index = Math.floor(before / tileWidth)
    const width = before % tileWidth
    const left =
      width === 0 ? [] : hashesIn(await readTile(source, { level, index, width })).slice(0, width)
    const tiles = inTiles([...left, ...hashes])
    for (const [at, tile] of tiles.entries())
      files.set(tilePath(level, index + at, tile.length), join(tile))
    hashes = tiles.filter(({ length }) => length === tileWidth).map((tile) => fold(hash, tile))
  }
  return files
}

/** Builds the tiles of a growing log and holds each to the file that should be it. */
export class TileCheck {
  readonly #source: RegistrySource
  readonly #hash: Hash
  /** What the rightmost tile of each level has so far. */
  readonly #rows: Uint8Array[][] = []
  readonly #done: number[] = []

  constructor(source: RegistrySource, hash: Hash) {
    this.#source = source
    this.#hash = hash
  }

  /** Throws `REG_LOG_BROKEN` once a tile is full and its file differs. */
  async push(leaf: Uint8Array): Promise<void> {
    let node = leaf
    for (let level = 0; ; level++) {
      const row = (this.#rows[level] ??= [])
      row.push(node)
      if (row.length < tileWidth) return
      await this.#compare(level, row)
      node = fold(this.#hash, row)
      this.#rows[level] = []
      this.#done[level] = (this.#done[level] ?? 0) + 1
    }
  }

  /** Compares the partial tiles at the right edge. */
  async finish(): Promise<void> {
    for (const [level, row] of this.#rows.entries())
      if (row.length > 0) await this.#compare(level, row)
  }

  async #compare(level: number, row: readonly Uint8Array[]): Promise<void> {
    const index = this.#done[level] ?? 0
    const bytes = await readTile(this.#source, { level, index, width: row.length })
    if (isSame(bytes.subarray(0, row.length * hashBytes), join(row))) return
    throw broken(this.#source, `the tile ${index} of level ${level} does not fit its leaves`)
  }
}

function inTiles<T>(list: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / tileWidth) }, (_, at) =>
    list.slice(at * tileWidth, (at + 1) * tileWidth),
  )
}

function withLength(leaf: Uint8Array): Uint8Array {
  return join([Uint8Array.of(leaf.length >> 8, leaf.length & 255), leaf])
}

function broken(source: RegistrySource, why: string): IonError {
  return new IonError('REG_LOG_BROKEN', `The log of "${source.label}" cannot be trusted: ${why}.`)
}
