/**
 * Reads the list of refs of a remote. Pure.
 *
 * Names come from a stranger: one that Git itself would refuse makes the whole answer
 * malformed, because a server that sends it is not to be believed in the rest either.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import type { RemoteRef, RemoteRefs } from '#engine/mirror/sync/judge.ts'

import { lineOf, malformed, PacketReader } from './packet.ts'
import { saidBy } from './said.ts'

/** Throws `MIRROR_REMOTE_MALFORMED`, `MIRROR_LIMIT_EXCEEDED` or `MIRROR_FETCH_FAILED`. */
export function parseRefs(host: string, body: Uint8Array): RemoteRefs {
  const reader = new PacketReader(host)
  const refs: RemoteRef[] = []
  let head: string | undefined
  let isEnded = false
  for (const one of reader.read(body)) {
    if (isEnded) throw malformed(host, 'something follows the end')
    if (one === 'flush') {
      isEnded = true
      continue
    }
    const line = lineOf(one)
    if (line === undefined) throw malformed(host, 'a section where a ref is expected')
    if (line.startsWith('ERR ')) throw saidBy(host, line.slice(4))
    if (refs.length >= limits.gitRefsMax) throw tooMany(host)
    const { ref, target } = parseLine(host, line)
    if (ref.ref !== 'HEAD') refs.push(ref)
    else if (target !== undefined) {
      head = target
      refs.push({ ...ref, ref: `refs/heads/${target}` })
    }
  }
  reader.end()
  if (!isEnded) throw malformed(host, 'it has no end')
  return { refs, ...(head === undefined ? {} : { head }) }
}

interface Line {
  readonly ref: RemoteRef
  /** The branch that a symbolic ref names. */
  readonly target?: string
}

const shape = /^([0-9a-f]{40}) ([^ ]+)((?: [a-z-]+:[^ ]+)*)$/

function parseLine(host: string, line: string): Line {
  const match = shape.exec(line)
  const [, oid = '', ref = '', rest = ''] = match ?? []
  if (match === null) throw malformed(host, 'a line is not a ref')
  if (!isRefName(ref)) throw malformed(host, `"${printable(ref)}" is not the name of a ref`)
  const attribute = (key: string): string | undefined =>
    rest
      .split(' ')
      .find((part) => part.startsWith(`${key}:`))
      ?.slice(key.length + 1)
  const peeled = attribute('peeled') ?? oid
  if (!/^[0-9a-f]{40}$/.test(peeled)) throw malformed(host, 'a line is not a ref')
  const symbolic = attribute('symref-target')
  const target = symbolic?.startsWith('refs/heads/') === true ? symbolic.slice(11) : undefined
  if (symbolic !== undefined && !isRefName(symbolic))
    throw malformed(host, `"${printable(symbolic)}" is not the name of a ref`)
  const found = { ref: { ref, oid, commit: peeled } }
  return target === undefined ? found : { ...found, target }
}

/** Git's own rules (`check-ref-format`), and a bound on the length. */
export function isRefName(name: string): boolean {
  if (name === 'HEAD') return true
  if (name.length > limits.gitRefCharsMax || !name.startsWith('refs/')) return false
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f~^:?*[\\\ufffd]/.test(name) || /\.\.|@\{|\/\/|[/.]$/.test(name))
    return false
  return name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'))
}

function printable(text: string): string {
  return text.slice(0, 100).replace(/[^\x20-\x7e]/g, '?')
}

function tooMany(host: string): IonError {
  return new IonError(
    'MIRROR_LIMIT_EXCEEDED',
    `"${host}" has more than ${limits.gitRefsMax} tags and branches that would be followed.`,
    { data: { host, refsMax: limits.gitRefsMax } },
  )
}
