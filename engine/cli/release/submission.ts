/**
 * Signed events on their way to whoever keeps the log: a file that can be sent or put into a pull
 * request. It holds nothing secret.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs'

import { IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Announced } from '#engine/host/publish/announce.ts'
import type { RegistryEvent } from '#registry/event.ts'
import { leafBytes, readLeaf } from '#registry/events/leaf.ts'

export interface Submission {
  readonly events: readonly RegistryEvent[]
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** Writes what was signed to `path`. */
export function writeSubmission(
  path: string,
  { events, files }: Pick<Announced, 'events' | 'files'>,
): void {
  const beside = [...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')])
  const value = { submission: 1, events, files: Object.fromEntries(beside) as Json }
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`)
}

/** Reads one. Throws `CLI_USAGE` for what is none, and `REG_EVENT_REFUSED` for what is too large. */
export function readSubmission(path: string): Submission {
  const none = new IonError('CLI_USAGE', `"${path}" holds no signed events for a registry.`)
  let value: Json
  try {
    value = JSON.parse(readText(path)) as Json
  } catch (thrown) {
    throw thrown instanceof IonError ? thrown : none
  }
  const { submission, events, files } = isObject(value) ? value : {}
  if (submission !== 1 || !Array.isArray(events) || !isObject(files)) throw none
  const read = events.map((event: Json) => readLeaf(leafBytes(event as unknown as RegistryEvent)))
  const known = read.filter((event) => event !== undefined)
  if (known.length !== events.length) throw none
  const beside = Object.entries(files).map(
    ([name, text]) =>
      [name, new Uint8Array(Buffer.from(typeof text === 'string' ? text : '', 'base64'))] as const,
  )
  return { events: known, files: new Map(beside) }
}

/** It came from somebody else, so nothing is read before its size is known. */
function readText(path: string): string {
  // A pipe without a writer would keep an open that waits.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(file)
    const { registrySubmissionBytesMax: bytesMax } = limits
    if (stat.isFile() && stat.size <= bytesMax) return readFileSync(file, 'utf8')
    const what = stat.isFile() ? `has ${stat.size} bytes` : 'is no file'
    const message = `"${path}" ${what}; signed events are a file of at most ${bytesMax} bytes.`
    throw new IonError('REG_EVENT_REFUSED', message, { data: { path, bytesMax } })
  } finally {
    closeSync(file)
  }
}
