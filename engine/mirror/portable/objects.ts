/**
 * Git's own objects as values: the bytes of a commit, a tag and a tree.
 *
 * Pure. Written here because a name in a tree may be any bytes and an old commit any
 * encoding, which a ready-made parser turns into something that cannot be told apart
 * from what the system's git prints.
 */
import { dateFrom, splitMessage } from '#engine/mirror/message.ts'
import type { Commit, CommitId, Signature } from '#engine/mirror/port.ts'

/** Headers of a commit or tag in their order, and the message as text. */
interface Parsed {
  readonly headers: readonly (readonly [string, string])[]
  readonly message: string
}

export function parseCommit(id: CommitId, bytes: Uint8Array): Commit {
  const { headers, message } = parseHeaders(bytes)
  const all = (name: string): string[] =>
    headers.filter(([key]) => key === name).map(([, value]) => value)
  return {
    id,
    parents: all('parent') as CommitId[],
    author: signatureFrom(all('author')[0] ?? ''),
    committer: signatureFrom(all('committer')[0] ?? ''),
    ...splitMessage(message),
  }
}

/** The tree of a commit, the object of a tag: the one header that points on. */
export function targetOf(bytes: Uint8Array, header: 'tree' | 'object'): string {
  return parseHeaders(bytes).headers.find(([key]) => key === header)?.[1] ?? ''
}

/** When an annotated tag was made. */
export function taggedAt(bytes: Uint8Array): string | null {
  const tagger = parseHeaders(bytes).headers.find(([key]) => key === 'tagger')?.[1]
  return signatureFrom(tagger ?? '').date
}

/** One line of a tree object: mode with six digits, name in one segment, id. */
export interface TreeLine {
  readonly mode: string
  readonly name: string
  readonly oid: string
}

export function parseTree(bytes: Uint8Array): readonly TreeLine[] {
  const lines: TreeLine[] = []
  let at = 0
  while (at < bytes.length) {
    const space = bytes.indexOf(32, at)
    const nul = bytes.indexOf(0, space)
    if (space < 0 || nul < 0 || nul + 21 > bytes.length)
      throw new Error('a tree object is cut short')
    lines.push({
      mode: latin(bytes.subarray(at, space)).padStart(6, '0'),
      name: decode(bytes.subarray(space + 1, nul), 'utf-8'),
      oid: Buffer.from(bytes.subarray(nul + 1, nul + 21)).toString('hex'),
    })
    at = nul + 21
  }
  return lines
}

function parseHeaders(bytes: Uint8Array): Parsed {
  const border = blankLine(bytes)
  const encoding = /^encoding (.+)$/m.exec(latin(bytes.subarray(0, border)))?.[1] ?? 'utf-8'
  const lines = decode(bytes.subarray(0, border), encoding).split('\n')
  const headers = lines.flatMap((line) => {
    const space = line.indexOf(' ')
    // A line that begins with a blank goes on with the header before it (a signature).
    return space > 0 ? [[line.slice(0, space), line.slice(space + 1)] as const] : []
  })
  return { headers, message: decode(bytes.subarray(border + 2), encoding) }
}

function blankLine(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at + 1] === 10) return at
  }
  return bytes.length
}

/** `Name <email> 1700000000 +0100`; whatever is missing is empty. */
function signatureFrom(text: string): Signature {
  const open = text.indexOf('<')
  const shut = text.indexOf('>', open)
  if (open < 0 || shut < 0) return { name: text.trim(), email: '', date: null }
  return {
    name: text.slice(0, open).trim(),
    email: text.slice(open + 1, shut).trim(),
    date: dateFrom(text.slice(shut + 1)),
  }
}

function decode(bytes: Uint8Array, encoding: string): string {
  try {
    return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes)
  } catch {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  }
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
