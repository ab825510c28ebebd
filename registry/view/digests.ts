/**
 * What a checkpoint says of the derived files: the digest of each, in a tree of small files below
 * `view/`, of which the checkpoint names the top. So whoever reads one name knows, by three more
 * small files, that a view is the newest one, or that there is no such name.
 *
 * A line of a file is a name, a space and a SHA-256 in base 64; lines are sorted by code unit.
 */
import { IonError } from '#engine/core/error.ts'
import { fromBase64, isSame, textOf, toBase64, utf8 } from '#registry/bytes.ts'
import type { Crypto, RegistrySource } from '#registry/ports.ts'

/** The file that a checkpoint names. */
export const digestsPath = 'view/digests'

type Lines = ReadonlyMap<string, Uint8Array>

interface Place {
  /** The file that has the digest. */
  readonly file: string
  /** The name of its line. */
  readonly key: string
}

/**
 * Where the digest of a file is; undefined for the top.
 *
 * @example
 * placeOf('view/3f/acme--csv.jsonl') // { file: 'view/3f/digests', key: 'acme--csv.jsonl' }
 * placeOf('view/3f/digests') // { file: 'view/3.digests', key: '3f' }
 */
function placeOf(path: string): Place | undefined {
  if (path === digestsPath) return undefined
  const [folder = '', shard = '', name] = path.split('/')
  if (folder === 'view' && name === 'digests')
    return { file: `view/${shard[0]}.digests`, key: shard }
  if (folder === 'view' && name !== undefined) return { file: `view/${shard}/digests`, key: name }
  const key = folder === 'view' ? shard.replace('.digests', '') : folder
  return { file: digestsPath, key }
}

/** Digests under one checkpoint; each file is read once and held to the one above it. */
export class ViewDigests {
  readonly #source: RegistrySource
  readonly #crypto: Crypto
  readonly #top: Uint8Array
  readonly #files = new Map<string, Promise<Lines>>()

  /** `top` is the SHA-256 of `view/digests`. */
  constructor(source: RegistrySource, crypto: Crypto, top: Uint8Array) {
    this.#source = source
    this.#crypto = crypto
    this.#top = top
  }

  /** The bytes at `path`, undefined where there are none to be. Throws `REG_VIEW_STALE`. */
  async read(path: string): Promise<Uint8Array | undefined> {
    const [right, bytes] = await Promise.all([this.#digestOf(path), this.#source.read(path)])
    const isRight =
      bytes === undefined || right === undefined
        ? bytes === right
        : isSame(this.#crypto.sha256(bytes), right)
    if (isRight) return bytes
    const message = `"${path}" of "${this.#source.label}" is not what its checkpoint names: who serves it is behind, or keeps something back. Try again; its keeper mends it with \`ionflux registry rebuild\`.`
    throw new IonError('REG_VIEW_STALE', message, { data: { path } })
  }

  /** The lines of a file of digests; none where it is not to be. Throws `REG_VIEW_STALE`. */
  lines(file: string): Promise<Lines> {
    const found = this.#files.get(file) ?? this.#load(file)
    this.#files.set(file, found)
    return found
  }

  async #load(file: string): Promise<Lines> {
    const bytes = await this.read(file)
    return bytes === undefined ? new Map() : parse(bytes, file)
  }

  async #digestOf(path: string): Promise<Uint8Array | undefined> {
    const place = placeOf(path)
    return place === undefined ? this.#top : (await this.lines(place.file)).get(place.key)
  }
}

/** Reads what the checkpoint vouches for, so only its signer could have written it otherwise. */
function parse(bytes: Uint8Array, file: string): Lines {
  const lines = (textOf(bytes) ?? '').split('\n').slice(0, -1)
  return new Map(
    lines.map((line) => {
      const [key = '', text = ''] = line.split(' ')
      const digest = fromBase64(text)
      if (digest?.length !== 32)
        throw new IonError('REG_LOG_BROKEN', `"${file}" is no list of digests.`)
      return [key, digest]
    }),
  )
}

function print(lines: Lines): Uint8Array {
  const sorted = [...lines].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return utf8(sorted.map(([key, digest]) => `${key} ${toBase64(digest)}\n`).join(''))
}

/** Files that are to be written, or with null not to be there. */
export type DerivedFiles = ReadonlyMap<string, Uint8Array | null>

/**
 * The files of digests over `changes`, with these, and the digest of the top. `before` is what is
 * there already; without it `changes` are all that there is. Throws `REG_VIEW_STALE` for a
 * `before` that cannot be read.
 */
export async function withDigests(
  crypto: Pick<Crypto, 'sha256'>,
  changes: DerivedFiles,
  before?: ViewDigests,
): Promise<{ readonly files: DerivedFiles; readonly top: Uint8Array }> {
  const files = new Map(changes)
  for (const isLevel of levels) {
    const rows = [...files].flatMap(([path, bytes]) => {
      const place = placeOf(path)
      return place !== undefined && isLevel(place.file) ? [{ ...place, bytes }] : []
    })
    for (const [file, own] of Map.groupBy(rows, (row) => row.file)) {
      const lines = new Map(await before?.lines(file))
      for (const { key, bytes } of own)
        if (bytes === null) lines.delete(key)
        else lines.set(key, crypto.sha256(bytes))
      files.set(file, lines.size === 0 && file !== digestsPath ? null : print(lines))
    }
  }
  return { files, top: crypto.sha256(files.get(digestsPath) ?? new Uint8Array()) }
}

/** Files of digests from the lowest up: of a shard, of a digit, the top. */
const levels: readonly ((file: string) => boolean)[] = [
  (file) => file.endsWith('/digests') && file !== digestsPath,
  (file) => file.endsWith('.digests'),
  (file) => file === digestsPath,
]
