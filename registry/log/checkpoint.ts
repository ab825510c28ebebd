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
  /** The SHA-256 of `view/digests`; absent where the log does not vouch for its views. */
  readonly views?: Uint8Array
}

/** More leaves than this no log of ours has; indexes stay whole numbers of 32 bits. */
export const leavesMax = 2 ** 30

const viewsLabel = 'views '

/** The text of the note; other lines after the root are not ours to print. */
export function printCheckpoint({ origin, size, root, views }: Checkpoint): string {
  const more = views === undefined ? '' : `${viewsLabel}${toBase64(views)}\n`
  return `${origin}\n${size}\n${toBase64(root)}\n${more}`
}

/** Undefined for what is no checkpoint, or not written the one way. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = '', sizeText = '', rootText = '', ...more] = text.split('\n')
  const root = fromBase64(rootText)
  const size = /^(?:0|[1-9]\d{0,9})$/.test(sizeText) ? Number(sizeText) : Number.NaN
  if (origin === '' || !(size <= leavesMax) || root?.length !== 32) return undefined
  const [line, other] = more.filter((one) => one.startsWith(viewsLabel))
  if (line === undefined) return { origin, size, root }
  const views = fromBase64(line.slice(viewsLabel.length))
  return views?.length === 32 && other === undefined ? { origin, size, root, views } : undefined
}

/** Whether `text` can be an origin: one line that a note can hold, such as `registry.example/main`. */
export function isOrigin(text: string): boolean {
  return /^[\w.~:/-]{1,200}$/.test(text)
}
