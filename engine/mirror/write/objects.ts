/**
 * Objects of Git as bytes, made to be written: trees, commits and tags, and their ids.
 *
 * Pure. A tree is read and printed as bytes, so names that are no text go through unharmed.
 */
import { createHash } from 'node:crypto'

import type { Person } from './port.ts'

export type ObjectKind = 'commit' | 'tree' | 'blob' | 'tag'

export interface NewObject {
  readonly kind: ObjectKind
  readonly oid: string
  readonly bytes: Uint8Array
}

/** The hash of a repository, by the length of its ids. */
export type ObjectFormat = 'sha1' | 'sha256'

export function formatOf(oid: string): ObjectFormat {
  return oid.length === 64 ? 'sha256' : 'sha1'
}

export function newObject(format: ObjectFormat, kind: ObjectKind, bytes: Uint8Array): NewObject {
  const hash = createHash(format).update(`${kind} ${bytes.length}\0`).update(bytes)
  return { kind, oid: hash.digest('hex'), bytes }
}

/** One line of a tree; `name` has one character for each byte. */
export interface RawLine {
  readonly mode: string
  readonly name: string
  readonly oid: string
}

export const folderMode = '40000'

/** The name of a segment of a path as trees have it. */
export function rawName(segment: string): string {
  return Buffer.from(segment, 'utf8').toString('latin1')
}

/** Throws an `Error` for bytes that are no tree. */
export function readTree(bytes: Uint8Array, format: ObjectFormat): RawLine[] {
  const size = format === 'sha256' ? 32 : 20
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const lines: RawLine[] = []
  for (let at = 0; at < whole.length;) {
    const space = whole.indexOf(32, at)
    const nul = whole.indexOf(0, space)
    if (space < 0 || nul < 0 || nul + 1 + size > whole.length) throw new Error('the tree is cut')
    lines.push({
      mode: whole.toString('latin1', at, space),
      name: whole.toString('latin1', space + 1, nul),
      oid: whole.toString('hex', nul + 1, nul + 1 + size),
    })
    at = nul + 1 + size
  }
  return lines
}

/** In Git's order: by bytes, a folder as if its name ended in a slash. */
export function printTree(lines: readonly RawLine[]): Uint8Array {
  const keyOf = ({ mode, name }: RawLine): string => (mode === folderMode ? `${name}/` : name)
  const sorted = lines.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  return Buffer.concat(
    sorted.flatMap(({ mode, name, oid }) => [
      Buffer.from(`${mode} ${name}\0`, 'latin1'),
      Buffer.from(oid, 'hex'),
    ]),
  )
}

export function printCommit(commit: {
  readonly tree: string
  readonly parent: string | undefined
  readonly author: Person
  readonly at: number
  readonly message: string
}): Uint8Array {
  const who = `${personLine(commit.author)} ${Math.floor(commit.at / 1000)} +0000`
  const lines = [
    `tree ${commit.tree}`,
    ...(commit.parent === undefined ? [] : [`parent ${commit.parent}`]),
    `author ${who}`,
    `committer ${who}`,
  ]
  return Buffer.from(`${lines.join('\n')}\n\n${messageText(commit.message)}`)
}

export function printTag(tag: {
  readonly name: string
  readonly commit: string
  readonly author: Person
  readonly at: number
  readonly message: string
}): Uint8Array {
  const who = `${personLine(tag.author)} ${Math.floor(tag.at / 1000)} +0000`
  const head = `object ${tag.commit}\ntype commit\ntag ${tag.name}\ntagger ${who}`
  return Buffer.from(`${head}\n\n${messageText(tag.message)}`)
}

function personLine({ name, email }: Person): string {
  return `${name} <${email}>`
}

/** Ends in one line break, and has no zero, at which Git would end it. */
function messageText(message: string): string {
  const text = message.toWellFormed().replaceAll('\0', '').replaceAll('\r\n', '\n').trimEnd()
  return `${text}\n`
}
