/**
 * Secrets at rest: one sealed file each, readable only with a key that is kept elsewhere.
 *
 * AES-256-GCM with a fresh 96-bit nonce per writing; the name and the id of the key are
 * authenticated along, so a file that is changed, or moved under another name, does not
 * open. Who copies the data directory has nothing without the key.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { isObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import { checkSecretName, checkSecretValue, type SecretSource } from './secret.ts'

export interface VaultOptions {
  /** Where the sealed files are; made with the first secret. */
  readonly directory: string
  /** Where the key is kept when `key` gives none; made with the first secret. */
  readonly keyFile: string
  /** The key itself: 32 bytes in hex or base64. */
  readonly key?: string
}

interface Sealed {
  readonly version: 1
  readonly name: string
  readonly key: string
  readonly nonce: string
  readonly sealed: string
}

const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

export class Vault implements SecretSource {
  readonly #options: VaultOptions

  constructor(options: VaultOptions) {
    this.#options = options
  }

  async find(name: string): Promise<string | undefined> {
    checkSecretName(name)
    const text = await readIfThere(this.#fileOf(name))
    if (text === undefined) return undefined
    const sealed = parse(text)
    const key = await this.#findKey()
    if (sealed === undefined || key === undefined) {
      throw closed(name, key === undefined ? 'its key is not here' : 'its file is damaged')
    }
    if (sealed.key !== idOf(key)) throw closed(name, 'it was sealed with another key')
    return unseal(name, sealed, key)
  }

  /** Keeps `value` under `name`, in place of what was there. */
  async set(name: string, value: string): Promise<void> {
    checkSecretName(name)
    checkSecretValue({ name, value })
    const key = (await this.#findKey()) ?? (await makeKey(this.#options.keyFile))
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv(algorithm, key, nonce).setAAD(boundTo(name, idOf(key)))
    const body = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()])
    const sealed: Sealed = {
      version: 1,
      name,
      key: idOf(key),
      nonce: nonce.toString('base64'),
      sealed: body.toString('base64'),
    }
    await writeWhole(this.#fileOf(name), JSON.stringify(sealed) + '\n')
  }

  /** Names in order, without opening anything. */
  async list(): Promise<readonly string[]> {
    const entries = await readdir(this.#options.directory).catch((thrown: unknown) => {
      if (isMissing(thrown)) return []
      throw thrown
    })
    const names = entries.flatMap(
      (entry) => /^([A-Z][A-Z0-9_]{0,62})\.json$/.exec(entry)?.[1] ?? [],
    )
    return names.toSorted().slice(0, limits.secretsMax)
  }

  /** Throws `CONN_SECRET_UNKNOWN` when there is none. */
  async remove(name: string): Promise<void> {
    checkSecretName(name)
    try {
      await rm(this.#fileOf(name))
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown
      const message = `No secret "${name}" is kept here. \`ionflux secret ls\` lists them.`
      throw new IonError('CONN_SECRET_UNKNOWN', message, { data: { secret: name } })
    }
  }

  #fileOf(name: string): string {
    return join(this.#options.directory, `${name}.json`)
  }

  async #findKey(): Promise<Buffer | undefined> {
    const { key, keyFile } = this.#options
    const text = key ?? (await readIfThere(keyFile))
    return text === undefined ? undefined : parseKey(text)
  }
}

function unseal(name: string, sealed: Sealed, key: Buffer): string {
  const body = Buffer.from(sealed.sealed, 'base64')
  const nonce = Buffer.from(sealed.nonce, 'base64')
  try {
    const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
      .setAAD(boundTo(name, sealed.key))
      .setAuthTag(body.subarray(-tagBytes))
    return Buffer.concat([decipher.update(body.subarray(0, -tagBytes)), decipher.final()]).toString(
      'utf8',
    )
  } catch (cause) {
    throw closed(name, 'its file was changed or moved', cause)
  }
}

function boundTo(name: string, key: string): Buffer {
  return Buffer.from(`ionflux.secret/v1\n${name}\n${key}`)
}

/** Tells keys apart without telling anything about them. */
function idOf(key: Buffer): string {
  return createHash('sha256').update('ionflux.key/v1\n').update(key).digest('hex').slice(0, 16)
}

function parseKey(text: string): Buffer {
  const trimmed = text.trim()
  const key = Buffer.from(trimmed, /^[0-9A-Fa-f]{64}$/.test(trimmed) ? 'hex' : 'base64')
  if (key.length === keyBytes) return key
  const message = 'The key of the secrets is not 32 bytes in hex or base64.'
  throw new IonError('CONN_SECRET_SEALED', message)
}

/** Makes the key unless another process was faster; then that one counts. */
async function makeKey(file: string): Promise<Buffer> {
  const fresh = randomBytes(keyBytes)
  const draft = await writeDraft(file, fresh.toString('base64') + '\n')
  try {
    await link(draft, file)
    return fresh
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
    return parseKey(await readFile(file, 'utf8'))
  } finally {
    await rm(draft, { force: true })
  }
}

/** A reader sees the old file or the new one, and never a part. */
async function writeWhole(file: string, text: string): Promise<void> {
  const draft = await writeDraft(file, text)
  try {
    await rename(draft, file)
  } catch (thrown) {
    await rm(draft, { force: true })
    throw thrown
  }
}

/** A file beside `file`, whole and on the disk. */
async function writeDraft(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await using handle = await open(draft, 'wx', 0o600)
  await handle.writeFile(text)
  await handle.sync()
  return draft
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    throw thrown
  }
}

function isMissing(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException).code === 'ENOENT'
}

function parse(text: string): Sealed | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value) || value['version'] !== 1) return undefined
    const isWhole = ['name', 'key', 'nonce', 'sealed'].every((k) => typeof value[k] === 'string')
    return isWhole ? (value as unknown as Sealed) : undefined
  } catch {
    return undefined
  }
}

function closed(name: string, why: string, cause?: unknown): IonError {
  const message = `The secret "${name}" cannot be opened: ${why}.`
  return new IonError('CONN_SECRET_SEALED', message, { data: { secret: name }, cause })
}
