/**
 * Writes without git, where none is installed: loose objects and loose refs, with git's
 * own locks, so that a git that works beside it sees a whole ref or none.
 */
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { deflateSync } from 'node:zlib'

import { IonError } from '#engine/core/error.ts'
import { openIsomorphic, raw } from '#engine/mirror/git.ts'
import { findLayout, type Layout } from '#engine/mirror/portable/layout.ts'
import { isFullId, objectBroken } from '#engine/mirror/ref.ts'

import { refRefused } from './names.ts'
import type { NewObject } from './objects.ts'
import type { GitWriter } from './port.ts'
import { writerOver } from './writer.ts'

/** Opens the repository that `dir` is in. Throws `MIRROR_GIT_NEEDED` for one that needs git. */
export async function openPortableWriter(dir: string): Promise<GitWriter> {
  const git = await openIsomorphic(dir)
  const layout = await findLayout(dir)
  const { gitDir } = layout
  return writerOver({
    adapter: 'portable',
    git,
    anyId: async () => '0'.repeat(40),
    async read(oid, kind) {
      const { type, bytes } = await raw(layout, oid)
      if (type === kind) return bytes
      throw objectBroken(oid, new Error(`it is a ${type}`))
    },
    findRef: async (ref) => findRef(gitDir, ref),
    checkedOut: async () => checkedOut(layout),
    store: async (objects) => {
      for (const object of objects) writing(() => storeLoose(gitDir, object))
    },
    moveRef: async (ref, oid, before) => writing(() => moveRef(gitDir, { ref, oid, before })),
  })
}

function findRef(gitDir: string, ref: string): string | undefined {
  const path = join(gitDir, ref)
  if (existsSync(path) && statSync(path).isFile()) {
    const text = readFileSync(path, 'utf8').trim()
    if (isFullId(text)) return text
    throw refRefused(`The ref "${ref}" leads to another one and is not written.`, { ref })
  }
  return packedRefs(gitDir).get(ref)
}

function packedRefs(gitDir: string): ReadonlyMap<string, string> {
  const path = join(gitDir, 'packed-refs')
  if (!existsSync(path)) return new Map()
  const lines = readFileSync(path, 'utf8').split('\n')
  return new Map(
    lines.flatMap((line) => {
      const [, oid = '', name = ''] = /^([0-9a-f]{40}) (refs\/.+)$/.exec(line) ?? []
      return name === '' ? [] : [[name, oid] as const]
    }),
  )
}

/** HEAD of the repository and of every work tree linked to it. */
function checkedOut({ gitDir, root }: Layout): ReadonlySet<string> {
  const heads = root === gitDir ? [] : [join(gitDir, 'HEAD')]
  const linked = join(gitDir, 'worktrees')
  if (existsSync(linked))
    heads.push(...readdirSync(linked).map((name) => join(linked, name, 'HEAD')))
  return new Set(
    heads.flatMap((path) => {
      const [, ref] = existsSync(path) ? (/^ref: (.+)/.exec(readFileSync(path, 'utf8')) ?? []) : []
      return ref === undefined ? [] : [ref.trim()]
    }),
  )
}

function storeLoose(gitDir: string, { kind, oid, bytes }: NewObject): void {
  const folder = join(gitDir, 'objects', oid.slice(0, 2))
  const path = join(folder, oid.slice(2))
  if (existsSync(path)) return
  mkdirSync(folder, { recursive: true })
  const part = join(folder, `tmp_obj_${randomUUID().slice(0, 8)}`)
  const whole = Buffer.concat([Buffer.from(`${kind} ${bytes.length}\0`, 'latin1'), bytes])
  try {
    writeDurably(part, deflateSync(whole), 0o444)
    renameSync(part, path)
  } finally {
    rmSync(part, { force: true })
  }
}

/** Git's way: whoever makes `<ref>.lock` may look and write; the rename is the moment. */
function moveRef(
  gitDir: string,
  {
    ref,
    oid,
    before,
  }: { readonly ref: string; readonly oid: string; readonly before: string | undefined },
): boolean {
  const path = join(gitDir, ref)
  for (const known of packedRefs(gitDir).keys()) {
    if (known.startsWith(`${ref}/`) || ref.startsWith(`${known}/`)) throw standsInTheWay(ref, known)
  }
  const lock = `${path}.lock`
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch {
    throw standsInTheWay(ref, dirname(ref))
  }
  try {
    writeDurably(lock, Buffer.from(`${oid}\n`), 0o644)
  } catch (thrown) {
    if ((thrown as { readonly code?: string }).code === 'EEXIST') return false
    throw thrown
  }
  try {
    if (existsSync(path) && statSync(path).isDirectory()) {
      if (hasRefs(path)) throw standsInTheWay(ref, `${ref}/…`)
      rmSync(path, { recursive: true })
    }
    if (findRef(gitDir, ref) !== before) return false
    renameSync(lock, path)
    return true
  } finally {
    rmSync(lock, { force: true })
  }
}

function hasRefs(folder: string): boolean {
  return readdirSync(folder, { withFileTypes: true }).some(
    (entry) => !entry.isDirectory() || hasRefs(join(folder, entry.name)),
  )
}

function writeDurably(path: string, bytes: Uint8Array, mode: number): void {
  const file = openSync(path, 'wx', mode)
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function standsInTheWay(ref: string, other: string): IonError {
  return refRefused(`The ref "${ref}" cannot be written: "${other}" stands in its way.`, { ref })
}

function writing<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof IonError) throw cause
    const { code: reason = 'unknown' } = cause as { readonly code?: string }
    const message = `The repository could not be written (${reason}).`
    throw new IonError('MIRROR_WRITE_FAILED', message, { data: { reason }, cause })
  }
}
