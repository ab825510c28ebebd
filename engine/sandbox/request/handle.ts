/**
 * A secret as a guest has it: a name, and what its value is written into. Read from what
 * the guest says, and made into text where the host puts it to use.
 */
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'

/** A secret by name, and how it is written into its place. */
export interface Handle {
  readonly secret: string
  /** The text around it, with `{}` where it goes: `Bearer {}`. */
  readonly template: string
  /** The user name of Basic authentication; the secret is its password. */
  readonly basic?: string
}

/** Undefined for what is no handle. Throws `CONN_REQUEST_REFUSED`. */
export function readHandle(value: Json | undefined): Handle | undefined {
  if (!isObject(value)) return undefined
  const { $secret: secret, template = '{}', basic } = value
  if (typeof secret !== 'string' || typeof template !== 'string') return undefined
  if (template.split('{}').length !== 2)
    throw refused('A template names the place of its secret once: {}.')
  if (basic === undefined) return { secret, template }
  return typeof basic === 'string' ? { secret, template, basic } : undefined
}

/** The text of a handle: its secret with what is around it. */
export function textOf(
  { secret, template, basic }: Handle,
  values: ReadonlyMap<string, string>,
): string {
  const value = (values.get(secret) ?? '').replace(/\r?\n$/, '')
  const text =
    basic === undefined ? value : `Basic ${Buffer.from(`${basic}:${value}`).toString('base64')}`
  return template.split('{}').join(text)
}

/** What a guest asked for has not the shape that it must have. */
export function refused(message: string): IonError {
  return new IonError('CONN_REQUEST_REFUSED', message)
}
