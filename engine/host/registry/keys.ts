/**
 * Keys of those who keep a registry: Ed25519 in PEM files that only their owner can read.
 */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { makeFolder } from '#engine/host/place/folder.ts'
import type { Signer } from '#registry/ports.ts'

import { signerOf } from './crypto.ts'

/** Reads the key in `file`. Throws `CLI_FILE_UNREADABLE` where there is none. */
export function readKey(file: string): Signer {
  try {
    return signerOf(readFileSync(file, 'utf8'))
  } catch (cause) {
    const message = `"${file}" holds no Ed25519 key in PEM. \`ionflux registry key ${file}\` makes one.`
    throw new IonError('CLI_FILE_UNREADABLE', message, { cause })
  }
}

/** Makes a key in `file`, or reads the one that is there. */
export function makeKey(file: string): { readonly signer: Signer; readonly isNew: boolean } {
  if (existsSync(file)) return { signer: readKey(file), isNew: false }
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  try {
    makeFolder(dirname(file), 0o700)
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw new IonError('CLI_FILE_UNREADABLE', `"${file}" cannot be written.`, { cause })
  }
  return { signer: signerOf(pem), isNew: true }
}
