/**
 * The packages of a lock as one file: what crosses an air gap is the bytes, and the lock at the
 * other side says which bytes they must be.
 */
import { gunzipSync, gzipSync } from 'node:zlib'

import { isDigest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { keyOf, type Lock } from '#engine/plan/lock/lock.ts'

import { fetchMissing } from './change-lock.ts'
import { checkFiles, digestOfFiles, findPackage, keepPackage } from './package-files.ts'

const version = 1
const bytesMax = 32 * limits.packageBytesMax

/** The file, and what is in it. Fetches what is not on this machine. */
export async function packBundle(
  lock: Lock,
): Promise<{ readonly bytes: Uint8Array; readonly keys: readonly string[] }> {
  await fetchMissing(lock)
  const packages: Record<string, Json> = {}
  const keys: string[] = []
  for (const one of lock.packages) {
    const files = one.source.kind === 'git' ? findPackage(one.digest) : undefined
    if (files === undefined) continue
    keys.push(keyOf(one))
    const texts = [...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString('base64')])
    packages[one.digest] = { key: keyOf(one), files: Object.fromEntries(texts) as Json }
  }
  const text = JSON.stringify({ bundle: version, packages })
  return { bytes: gzipSync(text, { level: 9 }), keys }
}

/** Keeps what is in the file. Throws `LOCK_SOURCE_REFUSED` for what is not what it says. */
export async function unpackBundle(bytes: Uint8Array): Promise<readonly string[]> {
  const packages = packagesIn(bytes)
  if (packages === undefined) throw refused('it is no bundle of packages')
  const keys: string[] = []
  for (const [digest, value] of Object.entries(packages)) {
    const { key, files: texts } = isObject(value) ? value : {}
    if (!isDigest(digest) || typeof key !== 'string' || !isObject(texts))
      throw refused('it is no bundle of packages')
    const files = new Map(
      Object.entries(texts).map(([path, text]) => [
        path,
        new Uint8Array(Buffer.from(typeof text === 'string' ? text : '', 'base64')),
      ]),
    )
    checkFiles(files)
    if (digestOfFiles(files) !== digest) throw refused(`"${key}" is not the package that it says`)
    keepPackage(files)
    keys.push(key)
  }
  return keys
}

function packagesIn(bytes: Uint8Array): Readonly<Record<string, Json>> | undefined {
  try {
    const text = gunzipSync(bytes, { maxOutputLength: bytesMax }).toString('utf8')
    const value = JSON.parse(text) as Json
    const isBundle = isObject(value) && value['bundle'] === version
    return isBundle && isObject(value['packages']) ? value['packages'] : undefined
  } catch {
    return undefined
  }
}

function refused(why: string): IonError {
  return new IonError('LOCK_SOURCE_REFUSED', `The bundle is refused: ${why}.`)
}
