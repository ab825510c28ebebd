/**
 * Replaces a file of an author's, and never through a link: what a link in a stranger's
 * plugin points at is not part of the plugin.
 */
import { closeSync, constants, openSync, writeFileSync } from 'node:fs'

import { IonError } from '#engine/core/error.ts'

const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants

/** Writes `content` to `path`. Throws `CLI_FILE_UNREADABLE` for a link and for what cannot be written. */
export function overwrite(path: string, content: string | Uint8Array): void {
  try {
    const file = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o666)
    try {
      writeFileSync(file, content)
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    const { code, message: why } = cause as NodeJS.ErrnoException
    const message =
      code === 'ELOOP'
        ? `"${path}" is a link, and nothing is written through one. Put a file in its place.`
        : `"${path}" cannot be written: ${why}.`
    throw new IonError('CLI_FILE_UNREADABLE', message, { data: { path }, cause })
  }
}
