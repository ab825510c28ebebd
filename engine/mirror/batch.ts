/**
 * Reads many objects through one `git cat-file --batch`.
 *
 * Sizes are asked for before contents, so that a small file that unpacks to gigabytes is
 * never unpacked. Git ends at an object it cannot read; the rest is then asked for
 * again, so one broken object costs one answer and not all of them.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import { runGit } from './command.ts'
import type { Blob } from './port.ts'
import { blobTooLarge, objectBroken } from './ref.ts'

/** One object to read; `name` is what an error calls it. */
export interface Wanted {
  readonly oid: string
  readonly name: string
}

interface Info {
  readonly type: string
  readonly size: number
}

/** The blobs in the order asked; what cannot be read answers with its own error. */
export async function readBlobs(
  cwd: string,
  wanted: readonly Wanted[],
): Promise<readonly (Blob | IonError)[]> {
  const infos = await each(cwd, '--batch-check', wanted, (info) => info)
  let left: number = limits.gitReadBytesMax
  const checked = infos.map((info, i) => {
    const name = wanted[i]?.name ?? ''
    if (info instanceof IonError) return info
    const refusal = refuse(info, name, left)
    if (refusal === undefined) left -= info.size
    return refusal
  })
  const readable = wanted.filter((_, i) => checked[i] === undefined)
  const blobs = await each(cwd, '--batch', readable, (_, oid, bytes) => ({ oid, bytes }))
  let next = 0
  return checked.map((error) => error ?? blobs[next++] ?? objectBroken(''))
}

function refuse(info: Info, name: string, left: number): IonError | undefined {
  if (info.type !== 'blob') {
    return new IonError(
      'MIRROR_OBJECT_REFUSED',
      `"${name}" is a ${info.type}, and only files are read.`,
      {
        data: { what: name, type: info.type },
      },
    )
  }
  if (info.size > limits.gitBlobBytesMax)
    return blobTooLarge(name, info.size, limits.gitBlobBytesMax)
  if (info.size <= left) return undefined
  return new IonError(
    'MIRROR_OBJECT_REFUSED',
    `"${name}" would exceed the ${limits.gitReadBytesMax} bytes of one reading; ask for fewer files at once.`,
    { data: { what: name, max: limits.gitReadBytesMax } },
  )
}

type Take<T> = (info: Info, oid: string, bytes: Uint8Array) => T

async function each<T>(
  cwd: string,
  mode: '--batch' | '--batch-check',
  wanted: readonly Wanted[],
  take: Take<T>,
): Promise<readonly (T | IonError)[]> {
  const results: (T | IonError)[] = []
  for (
    let starts = 0;
    results.length < wanted.length && starts <= limits.gitRestartsMax;
    starts++
  ) {
    const rest = wanted.slice(results.length)
    const input = rest.map(({ oid }) => oid + '\n').join('')
    const { stdout } = await runGit({ cwd, args: ['cat-file', mode], input })
    results.push(...answers(stdout, rest, mode === '--batch', take))
    const stuck = wanted[results.length]
    if (stuck !== undefined) results.push(objectBroken(stuck.name))
  }
  for (const { name } of wanted.slice(results.length)) results.push(objectBroken(name))
  return results
}

/** As many whole answers as `stdout` holds. */
function answers<T>(
  stdout: Buffer,
  wanted: readonly Wanted[],
  hasBytes: boolean,
  take: Take<T>,
): (T | IonError)[] {
  const found: (T | IonError)[] = []
  let at = 0
  for (const { name, oid } of wanted) {
    const end = stdout.indexOf(10, at)
    if (end < 0) break
    const [, type = '', size = ''] = stdout.toString('utf8', at, end).split(' ')
    at = end + 1
    if (size === '') {
      found.push(objectBroken(name))
      continue
    }
    const info = { type, size: Number(size) }
    if (!hasBytes) {
      found.push(take(info, oid, new Uint8Array()))
      continue
    }
    if (at + info.size + 1 > stdout.length) break
    // A copy: a slice would keep the output of all files alive for as long as one is.
    found.push(take(info, oid, Uint8Array.from(stdout.subarray(at, at + info.size))))
    at += info.size + 1
  }
  return found
}
