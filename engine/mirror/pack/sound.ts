/**
 * What an object must look like to be taken from a stranger: the rules of `git fsck` that
 * guard readers. Pure.
 *
 * Trees may name no path that means another one elsewhere: no separators, no `.`, `..` or
 * `.git` in any spelling that a file system folds into it, no name twice.
 */
import type { EntryKind } from './entries.ts'

/** Throws an `Error` that says what is wrong. */
export function checkObject({
  kind,
  bytes,
}: {
  readonly kind: EntryKind
  readonly bytes: Uint8Array
}): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (kind === 'tree') checkTree(text)
  if (kind === 'commit') checkCommit(text)
  if (kind === 'tag') checkTag(text)
}

const modes = new Set(['40000', '100644', '100755', '100664', '120000', '160000'])

function checkTree(tree: Buffer): void {
  let before = ''
  const seen = new Set<string>()
  for (let at = 0; at < tree.length;) {
    const space = tree.indexOf(32, at)
    const nul = space < 0 ? -1 : tree.indexOf(0, space)
    if (nul < 0 || nul + 21 > tree.length) throw new Error('a tree is cut')
    const mode = tree.toString('latin1', at, space)
    const name = tree.toString('latin1', space + 1, nul)
    if (!modes.has(mode)) throw new Error(`a tree has the mode "${mode.slice(0, 10)}"`)
    checkName(name)
    if (seen.has(name)) throw new Error('a tree has a name twice')
    seen.add(name)
    const key = mode === '40000' ? `${name}/` : name
    if (key <= before) throw new Error('a tree is not in order')
    before = key
    if (tree.subarray(nul + 1, nul + 21).every((byte) => byte === 0))
      throw new Error('a tree names the object of zeros')
    at = nul + 21
  }
}

/** `name` has one character for each byte. */
function checkName(name: string): void {
  const isBad =
    name === '' ||
    name === '.' ||
    name === '..' ||
    name.includes('/') ||
    name.includes('\\') ||
    isDotGit(name)
  if (isBad) throw new Error(`a tree has the name "${printable(name)}"`)
}

/** Code points that HFS+ leaves out when it compares names, as UTF-8 in one character a byte. */
const ignored =
  /\u00e2\u0080[\u008c-\u008f\u00aa-\u00ae]|\u00e2\u0081[\u00aa-\u00af]|\u00ef\u00bb\u00bf/g

/** `.git` as HFS+ (left-out characters) and NTFS (short names, streams, dots at the end) see it. */
function isDotGit(name: string): boolean {
  const folded = name.replace(ignored, '').toLowerCase()
  const cut = folded.split(':')[0] ?? ''
  const bare = cut.replace(/[ .]+$/, '')
  return bare === '.git' || /^git~\d+$/.test(bare)
}

function checkCommit(bytes: Buffer): void {
  const head = headOf(bytes, 'a commit')
  const [tree = '', ...rest] = head
  if (!/^tree [0-9a-f]{40}$/.test(tree)) throw new Error('a commit has no tree')
  const parents = rest.findIndex((line) => !/^parent [0-9a-f]{40}$/.test(line))
  const author = rest[parents] ?? ''
  const committer = rest[parents + 1] ?? ''
  if (!author.startsWith('author ') || !committer.startsWith('committer '))
    throw new Error('a commit has no author')
}

function checkTag(bytes: Buffer): void {
  const [object = '', type = '', name = ''] = headOf(bytes, 'a tag')
  const isTag =
    /^object [0-9a-f]{40}$/.test(object) &&
    /^type (?:commit|tree|blob|tag)$/.test(type) &&
    name.startsWith('tag ')
  if (!isTag) throw new Error('a tag has no object')
}

function headOf(bytes: Buffer, what: string): readonly string[] {
  const blank = bytes.indexOf('\n\n')
  const head = bytes.subarray(0, blank < 0 ? bytes.length : blank)
  if (head.includes(0)) throw new Error(`${what} has a zero in its head`)
  return head.toString('latin1').split('\n')
}

function printable(text: string): string {
  return text.slice(0, 60).replace(/[^\x20-\x7e]/g, '?')
}
