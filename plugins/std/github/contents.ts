/** A file or a folder at a commit of another repository than the run's own. */
import type { Action } from 'ionflux/plugin'

import { ask, type Common } from './api.ts'

interface ReadPath extends Common {
  readonly path: string
  readonly ref?: string
}

interface RawEntry {
  readonly type: string
  readonly name: string
  readonly path: string
  readonly sha: string
  readonly size?: number
  readonly content?: string
  readonly encoding?: string
}

type Entry = {
  readonly kind: string
  readonly path: string
  readonly sha: string
  readonly size: number
}

type Found = Entry & {
  readonly text: string | null
  readonly base64?: string
  readonly entries: readonly Entry[]
}

export const readPath: Action<ReadPath, Found> = async (input, context) => {
  const where = { input, context }
  const path = ['contents', ...input.path.split('/').filter((part) => part !== '')]
  const query = { ref: input.ref }
  const raw = await (await ask(where, { path, query })).json<RawEntry & {}>()
  if (Array.isArray(raw)) {
    const entries = (raw as readonly RawEntry[]).map(entryOf)
    return { kind: 'folder', path: input.path, sha: '', size: 0, text: null, entries }
  }
  const entry = entryOf(raw)
  if (entry.kind !== 'file') return { ...entry, text: null, entries: [] }
  // Above a megabyte the content comes only by itself.
  const isHere = raw.encoding === 'base64' && (raw.content !== '' || entry.size === 0)
  const base64 = isHere
    ? (raw.content ?? '').replaceAll(/\s/g, '')
    : await (await ask(where, { path, query, accept: 'application/vnd.github.raw+json' })).base64()
  const text = textOf(base64)
  return { ...entry, text: text ?? null, ...(text === undefined ? { base64 } : {}), entries: [] }
}

function entryOf({ type, path, sha, size = 0 }: RawEntry): Entry {
  return { kind: type === 'dir' ? 'folder' : type, path, sha, size }
}

/** Undefined for what is no UTF-8. */
function textOf(base64: string): string | undefined {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
