/**
 * Reads a file that was named on the command line; `-` is what comes in.
 */
import { readFileSync } from 'node:fs'

import { IonError } from '#engine/core/error.ts'

/** Throws `CLI_FILE_UNREADABLE`. */
export function readGiven(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (cause) {
    throw new IonError('CLI_FILE_UNREADABLE', `The file "${path}" cannot be read.`, {
      data: { path },
      cause,
    })
  }
}
