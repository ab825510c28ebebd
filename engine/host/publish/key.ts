/**
 * A publisher's key: an Ed25519 key in PEM, or an SSH key, which `ssh-keygen` uses so that
 * it may lie in an agent or on a token and is never read here.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { signerOf } from '#engine/host/registry/crypto.ts'
import {
  type EventBody,
  printPublicKey,
  type RegistryEvent,
  signedBytes,
  sshNamespace,
} from '#registry/index.ts'
import type { Signer } from '#registry/ports.ts'

export type Signature = RegistryEvent['signatures'][number]

export interface PublisherKey {
  /** `ed25519:…` */
  readonly key: string
  sign(message: Uint8Array): Promise<Signature>
}

/**
 * Opens the key in the file `path`, or the one that `path` itself holds in PEM, as the secrets of
 * a workflow do. Throws `CLI_USAGE` for what is none, and never shows it.
 */
export function openKey(path: string): PublisherKey {
  const text = keyText(path)
  if (text.includes('BEGIN PRIVATE KEY')) {
    const signer = signerIn(text, path)
    const key = printPublicKey(signer.key)
    const value = (message: Uint8Array): string =>
      Buffer.from(signer.sign(message)).toString('base64')
    return { key, sign: async (message) => ({ key, form: 'ed25519', value: value(message) }) }
  }
  if (isPem(path)) throw unusable(path, 'a key of SSH is named by its file')
  const isPrivate = text.includes('BEGIN OPENSSH PRIVATE KEY')
  const line = isPrivate ? readPublic(path) : text
  const [, blob = ''] = /^ssh-ed25519 (\S+)/m.exec(line) ?? []
  const bytes = Buffer.from(blob, 'base64')
  if (bytes.length !== 51) throw unusable(path, 'it is no Ed25519 key in PEM (PKCS #8) or of SSH')
  const key = printPublicKey(new Uint8Array(bytes.subarray(-32)))
  return {
    key,
    sign: async (message) => ({ key, form: 'ssh', value: await sshSign(path, message) }),
  }
}

/** The event with the signatures of `keys`, in the order of the keys. */
export async function signedBy(
  body: EventBody,
  keys: readonly PublisherKey[],
): Promise<RegistryEvent> {
  const message = signedBytes(body)
  const signatures: Signature[] = []
  for (const key of keys) signatures.push(await key.sign(message))
  return { body, signatures: signatures.toSorted((a, b) => (a.key < b.key ? -1 : 1)) }
}

function readPublic(path: string): string {
  try {
    return readFileSync(`${path}.pub`, 'utf8')
  } catch {
    throw unusable(path, `"${path}.pub" is not beside it`)
  }
}

const signMsMax = 60_000

/** What is between the lines of the armour. */
async function sshSign(path: string, message: Uint8Array): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'ionflux-sign-'))
  try {
    const file = join(dir, 'message')
    writeFileSync(file, message)
    const args = ['-Y', 'sign', '-q', '-n', sshNamespace, '-f', path, file]
    const child = spawn('ssh-keygen', args, {
      stdio: ['inherit', 'ignore', 'pipe'],
      timeout: signMsMax,
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part))
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', (cause) =>
        reject(unusable(path, `ssh-keygen cannot be started: ${cause.message}`)),
      )
      child.on('close', resolve)
    })
    if (status !== 0) throw unusable(path, said.trim().slice(0, 300))
    return readFileSync(`${file}.sig`, 'utf8').replaceAll(/-----[A-Z ]+-----|\s/g, '')
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** The text of the key in the file `path`, or `path` where it is one. Throws `CLI_USAGE`. */
export function keyText(path: string): string {
  if (isPem(path)) return path
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw unusable(path, (cause as Error).message)
  }
}

/** The Ed25519 key in `text`, which `path` gave. Throws `CLI_USAGE`. */
export function signerIn(text: string, path: string): Signer {
  try {
    return signerOf(text)
  } catch {
    throw unusable(path, 'it is no Ed25519 key in PEM (PKCS #8)')
  }
}

function isPem(text: string): boolean {
  return text.trimStart().startsWith('-----BEGIN ')
}

function unusable(path: string, why: string): IonError {
  const what = isPem(path) ? 'The key' : `"${path}"`
  return new IonError('CLI_USAGE', `${what} cannot sign: ${why.replace(/\.$/, '')}.`)
}
