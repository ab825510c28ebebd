/** Reads GZIP (RFC 1952): one member, whose checksum is held against what comes out. */
import { inflate, TooLarge } from './inflate.ts'
import { crc32, type Refuse } from './zip.ts'

export function gunzip(bytes: Uint8Array, sizeMax: number, refuse: Refuse): Uint8Array {
  const flags = bytes[3] ?? 0
  if (bytes.length < 18 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8 || flags > 31)
    return refuse('gzip_malformed', 'The data does not begin as GZIP does.')
  let at = 10
  if ((flags & 4) !== 0) at += 2 + ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8))
  // A name and a comment end with a zero.
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue
    const end = bytes.indexOf(0, at)
    if (end < 0) return refuse('gzip_malformed', 'The head of the data is cut off.')
    at = end + 1
  }
  if ((flags & 2) !== 0) at += 2
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = view.getUint32(bytes.length - 4, true)
  if (size > sizeMax) return refuse('too_large', `The data unpacks to more than ${sizeMax} bytes.`)
  let content: Uint8Array | undefined
  try {
    content = inflate(bytes.subarray(at, -8), size)
  } catch (thrown) {
    if (!(thrown instanceof TooLarge)) throw thrown
  }
  if (
    content === undefined ||
    content.length !== size ||
    crc32(content) !== view.getUint32(bytes.length - 8, true)
  )
    return refuse(
      'gzip_malformed',
      'The data is not what its end says: its size or checksum differs.',
    )
  return content
}
