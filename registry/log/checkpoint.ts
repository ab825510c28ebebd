/**
 * The head of a log: its origin, its size and its root (C2SP tlog-checkpoint), as a note that
 * the log signs and witnesses cosign.
 */
import { fromBase64, toBase64 } from '#registry/bytes.ts'

export interface Checkpoint {
  readonly origin: string
  /** How many leaves. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
}

/** More leaves than this no log of ours has; indexes stay whole numbers of 32 bits. */
export const leavesMax = 2 ** 30

/** The text of the note; lines that others added after the root are not ours to print. */
export function printCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`
}

/** Undefined for what is no checkpoint, or not written the one way. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = '', sizeText = '', rootText = ''] = text.split('\n')
  const root = fromBase64(rootText)
  const size = /^(?:0|[1-9]\d{0,9})$/.test(sizeText) ? Number(sizeText) : Number.NaN
  if (origin === '' || !(size <= leavesMax) || root?.length !== 32) return undefined
  return { origin, size, root }
}

/** Whether `text` can be an origin: one line that a note can hold, such as `registry.example/main`. */
export function isOrigin(text: string): boolean {
  return /^[\w.~:/-]{1,200}$/.test(text)
}
