/**
 * Merges two versions of a folder of files from the one that both came from: YAML by what it
 * means, code by lines.
 *
 * Where both sides changed the same thing, ours stays and the conflict is told as data: a merged
 * file has no marks in it and can be read as before.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { mergeFlows, type MergeConflict } from '#engine/dsl/merge/merge.ts'
import { decodeText } from '#engine/dsl/text/encoding.ts'
import type { PackageFiles } from '#engine/host/lock/package-files.ts'
import { runGit } from '#engine/mirror/command.ts'

export interface FileConflict extends MergeConflict {
  readonly file: string
}

export interface MergedFiles {
  /** What becomes of ours: bytes of a file that changes, or null for one that goes. */
  readonly changes: ReadonlyMap<string, Uint8Array | null>
  readonly conflicts: readonly FileConflict[]
}

export interface FileSides {
  readonly base: PackageFiles
  readonly ours: PackageFiles
  readonly theirs: PackageFiles
}

/** Merges what changed from `base` to `theirs` into `ours`. */
export async function mergeFiles({ base, ours, theirs }: FileSides): Promise<MergedFiles> {
  const changes = new Map<string, Uint8Array | null>()
  const conflicts: FileConflict[] = []
  const paths = [...new Set([...base.keys(), ...theirs.keys()])].toSorted()
  for (const file of paths) {
    const [was, own, other] = [base.get(file), ours.get(file), theirs.get(file)]
    if (isSame(was, other) || isSame(own, other)) continue
    if (isSame(own, was)) changes.set(file, other ?? null)
    else if (own === undefined || other === undefined || was === undefined)
      conflicts.push({ file, at: '', why: whyOf({ own, other, was }) })
    else {
      const merged = await mergeFile(file, { base: was, ours: own, theirs: other })
      conflicts.push(...merged.conflicts.map((one) => ({ ...one, file })))
      if (!isSame(merged.bytes, own)) changes.set(file, merged.bytes)
    }
  }
  return { changes, conflicts }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return Buffer.compare(a, b) === 0
}

interface Bytes {
  readonly own: Uint8Array | undefined
  readonly other: Uint8Array | undefined
  readonly was: Uint8Array | undefined
}

function whyOf({ own, other, was }: Bytes): string {
  if (was === undefined) return 'Both sides added this file, and not alike.'
  if (own === undefined) return 'It was deleted here and changed upstream.'
  return other === undefined ? 'It was changed here and deleted upstream.' : ''
}

interface MergedFile {
  readonly bytes: Uint8Array
  readonly conflicts: readonly MergeConflict[]
}

interface Three {
  readonly base: Uint8Array
  readonly ours: Uint8Array
  readonly theirs: Uint8Array
}

async function mergeFile(file: string, sides: Three): Promise<MergedFile> {
  const texts = [sides.base, sides.ours, sides.theirs].map((bytes) => decodeText(bytes))
  const [base, ours, theirs] = texts
  if (base === undefined || ours === undefined || theirs === undefined)
    return {
      bytes: sides.ours,
      conflicts: [{ at: '', why: 'Both sides changed a file of bytes.' }],
    }
  if (!/\.ya?ml$/.test(file)) return await mergeLines(sides)
  const { text, conflicts } = mergeFlows({ file, base, ours, theirs })
  return { bytes: new TextEncoder().encode(text), conflicts }
}

/** By `git merge-file`, once to see the conflicts and once to leave ours at their places. */
async function mergeLines({ base, ours, theirs }: Three): Promise<MergedFile> {
  const dir = await mkdtemp(join(tmpdir(), 'ionflux-merge-'))
  try {
    const names = { ours, base, theirs }
    for (const [name, bytes] of Object.entries(names)) await writeFile(join(dir, name), bytes)
    const merge = async (...options: readonly string[]): Promise<Buffer> => {
      const args = ['merge-file', '-p', ...options, 'ours', 'base', 'theirs']
      const { status, stdout, stderr } = await runGit({ cwd: dir, args })
      if (status <= conflictsMax) return stdout
      throw new IonError('MIRROR_READ_FAILED', `Two texts could not be merged: ${stderr.trim()}.`)
    }
    const marked = (await merge()).toString('utf8').split('\n')
    const bytes = new Uint8Array(await merge('--ours'))
    return { bytes, conflicts: conflictsIn(marked) }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Git answers with the number of conflicts, and with more than these for a mistake. */
const conflictsMax = 127

/** Each with the line of the merged text where ours stayed. */
function conflictsIn(lines: readonly string[]): readonly MergeConflict[] {
  const conflicts: MergeConflict[] = []
  let [line, place] = [0, 'both']
  let [ours, theirs]: [string[], string[]] = [[], []]
  for (const text of lines) {
    if (place === 'both' && text.startsWith('<<<<<<< ours'))
      [place, ours, theirs] = ['ours', [], []]
    else if (place === 'ours' && text === '=======') place = 'theirs'
    else if (place === 'theirs' && text.startsWith('>>>>>>> theirs')) {
      const at = `line ${line - ours.length + 1}`
      conflicts.push({ at, ours: ours.join('\n'), theirs: theirs.join('\n') })
      place = 'both'
    } else if (place === 'theirs') theirs.push(text)
    else {
      line++
      if (place === 'ours') ours.push(text)
    }
  }
  return conflicts
}
