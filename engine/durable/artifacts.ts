/**
 * The files that a run leaves behind, in a folder of its own: `artifacts/<run>/…` of the
 * data directory.
 *
 * No path leads out of that folder: names are checked, folders are made one by one and
 * must be folders, and a file gets its name only when it is whole, in place of whatever
 * had it before, so that no link is ever followed. What a run may leave is bounded.
 */
import { createHash, randomUUID } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'

import { syncFolder } from './blobs.ts'

export interface Artifact {
  readonly path: string
  readonly bytes: number
  readonly digest: Digest
}

export interface Artifacts {
  /** Writes a file, or writes it anew. `path` is relative, as `isArtifactPath` has it. */
  write(run: RunId, path: string, pieces: AsyncIterable<Uint8Array>): Promise<Artifact>
}

interface Tally {
  files: number
  bytes: number
}

/** The artifacts under `directory`, which is made with the first of them. */
export function openArtifacts(directory: string): Artifacts {
  const tallies = new Map<RunId, Tally>()
  const turns = new Map<RunId, Promise<unknown>>()
  return {
    async write(run, path, pieces) {
      // One at a time for each run, so that its files are counted right.
      const before = turns.get(run) ?? Promise.resolve()
      const mine = before.then(async () => await write({ directory, run, path, pieces, tallies }))
      const settled = mine.catch(() => undefined)
      turns.set(run, settled)
      void settled.then(() => turns.get(run) === settled && turns.delete(run))
      return await mine
    },
  }
}

/** Whether `path` names a file inside a folder, on every kind of disk. */
export function isArtifactPath(path: string): boolean {
  if (path === '' || path.length > limits.artifactPathCharsMax || !path.isWellFormed()) return false
  // eslint-disable-next-line no-control-regex -- they have no place in a name
  return path.split('/').every((name) => {
    const isOdd = name === '' || /^\.{1,2}$|[\\:*?"<>|\p{Cc}]|[. ]$/u.test(name)
    return !isOdd && Buffer.byteLength(name) <= 255
  })
}

interface Writing {
  readonly directory: string
  readonly run: RunId
  readonly path: string
  readonly pieces: AsyncIterable<Uint8Array>
  readonly tallies: Map<RunId, Tally>
}

async function write({ directory, run, path, pieces, tallies }: Writing): Promise<Artifact> {
  if (!isArtifactPath(path)) throw refused(path, 'that is no path below the folder of the run')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const root = join(directory, run)
  const target = join(root, path)
  makeFolders(directory, join(run, dirname(path)))
  const old = lstatSync(target, { throwIfNoEntry: false })
  if (old?.isDirectory() === true) throw refused(path, 'there is a folder of that name')
  const tally = tallies.get(run) ?? count(root, { files: 0, bytes: 0 })
  const files = tally.files + (old === undefined ? 1 : 0)
  if (files > limits.artifactsPerRunMax) throw tooMuch(`${limits.artifactsPerRunMax} files`)
  const free = limits.artifactBytesPerRunMax - tally.bytes + (old?.size ?? 0)
  const made = await writeWhole(join(directory, `new-${randomUUID()}`), target, {
    pieces,
    bytesMax: Math.min(free, limits.artifactBytesMax),
  })
  tallies.delete(run)
  tallies.set(run, { files, bytes: tally.bytes - (old?.size ?? 0) + made.bytes })
  const [oldest] = tallies.keys()
  if (tallies.size > limits.programsResidentMax && oldest !== undefined) tallies.delete(oldest)
  return { path, ...made }
}

/** Makes the folders one by one: what is there must be one, and no link to one. */
function makeFolders(base: string, path: string): void {
  let folder = base
  for (const name of path.split('/').filter((part) => part !== '.')) {
    folder = join(folder, name)
    const found = lstatSync(folder, { throwIfNoEntry: false })
    if (found === undefined) mkdirSync(folder, { mode: 0o700 })
    else if (!found.isDirectory()) throw refused(path, `"${name}" is no folder`)
  }
}

function count(folder: string, tally: Tally): Tally {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) count(path, tally)
    else {
      tally.files++
      tally.bytes += lstatSync(path).size
    }
  }
  return tally
}

async function writeWhole(
  path: string,
  target: string,
  { pieces, bytesMax }: { readonly pieces: AsyncIterable<Uint8Array>; readonly bytesMax: number },
): Promise<Pick<Artifact, 'bytes' | 'digest'>> {
  const hash = createHash('sha256')
  let bytes = 0
  try {
    await using file = await open(path, 'wx', 0o600)
    for await (const piece of pieces) {
      bytes += piece.byteLength
      if (bytes > bytesMax) throw tooMuch(`${limits.artifactBytesMax} bytes a file`)
      hash.update(piece)
      for (let at = 0; at < piece.byteLength;) at += (await file.write(piece, at)).bytesWritten
    }
    await file.sync()
    await rename(path, target)
    await syncFolder(dirname(target))
  } catch (cause) {
    await rm(path, { force: true })
    if (cause instanceof IonError) throw cause
    const { code = 'unknown' } = cause as { readonly code?: string }
    const message = `A file of the run could not be written (${code}).`
    throw new IonError('JOURNAL_WRITE_FAILED', message, { data: { reason: code }, cause })
  }
  return { bytes, digest: `sha256:${hash.digest('hex')}` as Digest }
}

function refused(path: string, why: string): IonError {
  const shown = path.slice(0, 200).toWellFormed()
  const message = `"${shown}" cannot be written: ${why}.`
  return new IonError('RUN_INPUT_REFUSED', message, { data: { path: shown } })
}

function tooMuch(most: string): IonError {
  const message = `A run leaves behind at most ${most}, and ${limits.artifactBytesPerRunMax} bytes in all.`
  return new IonError('RUN_LIMIT_EXCEEDED', message)
}
