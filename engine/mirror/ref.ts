/**
 * What may be asked for as a point of history, and the errors when it is not there.
 *
 * One small grammar for both adapters and every caller: a name or an id, then any
 * number of `~N` and `^N`. Ranges, `@{…}` and options are not in it, so a guest's
 * text can never become an argument of a program.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { suggest } from '#engine/dsl/suggest.ts'

/** `~N`: the N-th first parent. `^N`: the N-th parent. */
export interface RefStep {
  readonly kind: '~' | '^'
  readonly count: number
}

export interface ParsedRef {
  /** A branch, tag, `refs/…`, `HEAD`, or the (start of an) id. */
  readonly name: string
  readonly steps: readonly RefStep[]
}

const shape = /^([^-\s~^:?*[\\][^\s~^:?*[\\]*)((?:[~^]\d{0,6})*)$/

/** Control characters have no place in a name, and none in an argument of a program. */
function isPrintable(text: string): boolean {
  return Array.from(text).every((char) => char > ' ' && char !== '\u007f')
}

/** Parses `text`; throws `MIRROR_REF_UNKNOWN` when it is not a ref that can be asked for. */
export function parseRef(text: string): ParsedRef {
  const isBearable = text.length <= limits.gitRefCharsMax && isPrintable(text)
  const match = isBearable ? shape.exec(text) : null
  const name = match?.[1] === '@' ? 'HEAD' : match?.[1]
  if (name === undefined || name.includes('..') || name.includes('@{')) {
    throw new IonError(
      'MIRROR_REF_UNKNOWN',
      `"${text.slice(0, 100)}" is not a branch, tag or commit id; write one of these, and at most "~N" or "^N" after it.`,
      { data: { ref: text.slice(0, 100) } },
    )
  }
  const steps = [...(match?.[2] ?? '').matchAll(/([~^])(\d*)/g)].map(([, kind, count]) => ({
    kind: kind as '~' | '^',
    count: count === '' || count === undefined ? 1 : Number(count),
  }))
  return { name, steps }
}

export function isFullId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
}

export function isShortId(text: string): boolean {
  return /^[0-9a-f]{4,64}$/.test(text)
}

/** The error for a ref that the repository does not have; names the likeliest that it has. */
export function refUnknown(ref: string, known: readonly string[]): IonError {
  const near = suggest(ref, known.slice(0, limits.gitRefsMax))
  const hint =
    near === undefined
      ? '`git branch -a` and `git tag` list what there is.'
      : `Did you mean "${near}"?`
  return new IonError(
    'MIRROR_REF_UNKNOWN',
    `No branch, tag or commit is called "${ref}". ${hint}`,
    {
      data: near === undefined ? { ref } : { ref, near },
    },
  )
}

export function historyEmpty(root: string): IonError {
  return new IonError(
    'MIRROR_HISTORY_EMPTY',
    `The repository at "${root}" has no commit yet; make one with \`git commit\` and run again.`,
    { data: { repository: root } },
  )
}

export function pathUnknown(path: string, at: string): IonError {
  return new IonError(
    'MIRROR_PATH_UNKNOWN',
    `There is nothing at "${path}" in commit ${at.slice(0, 12)}; paths begin at the root of the repository, without "./".`,
    { data: { path, at } },
  )
}

export function blobTooLarge(what: string, size: number, max: number): IonError {
  return new IonError(
    'MIRROR_OBJECT_REFUSED',
    `"${what}" has ${size} bytes, and ${max} are read at most.`,
    { data: { what, size, max } },
  )
}

export function notAnId(oid: string): IonError {
  return new IonError(
    'MIRROR_OBJECT_REFUSED',
    `"${oid.slice(0, 100)}" is not the full id of an object.`,
    {
      data: { oid: oid.slice(0, 100) },
    },
  )
}

export function repositoryMissing(dir: string, why: string): IonError {
  return new IonError(
    'MIRROR_REPOSITORY_MISSING',
    `"${dir}" is not in a Git repository (${why}); run this inside one, or name one with \`--repo\`.`,
    { data: { folder: dir } },
  )
}

/** An object that is named and cannot be read; `what` is its path where that is known. */
export function objectBroken(what: string, cause?: unknown): IonError {
  return new IonError(
    'MIRROR_READ_FAILED',
    `"${what}" is named by the history, but its object is missing or broken; \`git fsck\` says more, \`git fetch\` may bring it back.`,
    cause === undefined ? { data: { what } } : { data: { what }, cause },
  )
}
