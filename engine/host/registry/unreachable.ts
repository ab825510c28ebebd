/**
 * What the places of a registry have in common: which paths there are, and the one error for
 * a place that cannot be read.
 */
import { IonError } from '#engine/core/error.ts'

const part = '[a-z0-9][a-z0-9.-]{0,200}'
const shape = new RegExp(`^(?:log|view|trust|search|provenance|package)(?:/${part}){0,12}$`)

/** Whether `path` is one that a registry may hold, as a file or a folder. */
export function isPath(path: string): boolean {
  return path.length <= 300 && shape.test(path) && !path.includes('..')
}

/** Whether what is at `path` never changes: a full tile, or what is named by its digest. */
export function isImmutable(path: string): boolean {
  return (
    /^log\/tile\/(?:\d+|entries)\/(?:x\d{3}\/)*\d{3}$/.test(path) ||
    /^(?:provenance|package)\//.test(path)
  )
}

export function unreachable(label: string, why: string, cause?: unknown): IonError {
  const message = `The registry "${label}" cannot be reached: ${why.replace(/\.$/, '')}.`
  return new IonError('REG_UNREACHABLE', message, { data: { registry: label }, cause })
}
