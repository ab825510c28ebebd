/**
 * Secrets by name: where their values come from, and what was given out.
 *
 * A value leaves this file for two uses only: to be put into a request, and to be
 * recognised and taken out of what comes back. Nothing here prints or stores one.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import { openRedactor, type NamedSecret, type Redactor } from './redact.ts'

/** A place that keeps values by name. */
export interface SecretSource {
  /** Throws `CONN_SECRET_SEALED` where there is a value that cannot be read. */
  find(name: string): Promise<string | undefined>
}

const nameShape = /^[A-Z][A-Z0-9_]{0,62}$/

/** Throws `CONN_SECRET_REFUSED` for what cannot be the name of a secret. */
export function checkSecretName(name: string): void {
  if (nameShape.test(name)) return
  const shown = name.slice(0, 70)
  const message = `"${shown}" is no name of a secret: upper-case letters, digits and underscores, a letter first.`
  throw new IonError('CONN_SECRET_REFUSED', message, { data: { secret: shown } })
}

/** Throws `CONN_SECRET_REFUSED` for a value that could not be kept apart from other text. */
export function checkSecretValue({ name, value }: NamedSecret): void {
  const isShort = value.trim().length < limits.secretCharsMin
  if (!isShort && Buffer.byteLength(value) <= limits.secretBytesMax) return
  const message = isShort
    ? `The secret "${name}" has fewer than ${limits.secretCharsMin} characters, too few to be told apart from other text.`
    : `The secret "${name}" is larger than ${limits.secretBytesMax} bytes.`
  throw new IonError('CONN_SECRET_REFUSED', message, { data: { secret: name } })
}

/**
 * `IONFLUX_SECRET_NAME` of the environment. An empty one counts as absent, and `KEY` always
 * does: that variable holds the key of the sealed ones.
 */
export function environmentSecrets(
  environment: Readonly<Record<string, string | undefined>>,
): SecretSource {
  return {
    find: async (name) => {
      const value = environment[`IONFLUX_SECRET_${name}`]
      return value === '' || name === 'KEY' ? undefined : value
    },
  }
}

/** The secrets of one process: several sources, the first that knows a name answers. */
export class SecretBook {
  readonly #sources: readonly SecretSource[]
  /** Every value that was seen: one that was replaced must still not be printed. */
  readonly #seen = new Map<string, Set<string>>()
  readonly #redactors = new Map<string, Redactor | undefined>()

  constructor(sources: readonly SecretSource[]) {
    this.#sources = sources
  }

  /** The value to put into a request. Throws `CONN_SECRET_UNKNOWN` or `CONN_SECRET_REFUSED`. */
  async get(name: string): Promise<string> {
    checkSecretName(name)
    const value = await this.#find(name)
    if (value !== undefined) return value
    const message = `The secret "${name}" has no value here. Set IONFLUX_SECRET_${name}, or call: ionflux secret set ${name}`
    throw new IonError('CONN_SECRET_UNKNOWN', message, { data: { secret: name } })
  }

  /**
   * What takes the values of `names` out of texts; undefined when none has a value. One
   * that cannot be read cannot have been used, and is no reason to fail.
   */
  async redactorFor(names: readonly string[]): Promise<Redactor | undefined> {
    const wanted = names.slice(0, limits.secretsMax)
    for (const name of wanted) {
      if (this.#seen.has(name)) continue
      this.#seen.set(name, new Set())
      await this.#find(name).catch(() => undefined)
    }
    const key = wanted.join(' ')
    if (this.#redactors.has(key)) return this.#redactors.get(key)
    const named = wanted.flatMap((name) =>
      [...(this.#seen.get(name) ?? [])].map((value) => ({ name, value })),
    )
    const redactor = openRedactor(named)
    if (this.#redactors.size >= limits.secretsMax) this.#redactors.clear()
    this.#redactors.set(key, redactor)
    return redactor
  }

  async #find(name: string): Promise<string | undefined> {
    for (const source of this.#sources) {
      const value = await source.find(name)
      if (value === undefined) continue
      checkSecretValue({ name, value })
      this.#remember(name, value)
      return value
    }
    return undefined
  }

  #remember(name: string, value: string): void {
    const values = this.#seen.get(name) ?? new Set()
    this.#seen.set(name, values)
    if (values.has(value)) return
    values.add(value)
    this.#redactors.clear()
  }
}
