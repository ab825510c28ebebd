/** Base64 (RFC 4648), read strictly. */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export function toBase64(bytes: Uint8Array, isUrl: boolean): string {
  const chars = `${alphabet}${isUrl ? '-_' : '+/'}`
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] ?? 0
    const b = bytes[i + 1] ?? 0
    const c = bytes[i + 2] ?? 0
    text += chars.charAt(a >> 2) + chars.charAt(((a & 3) << 4) | (b >> 4))
    if (i + 1 < bytes.length) text += chars.charAt(((b & 15) << 2) | (c >> 6))
    else if (!isUrl) text += '='
    if (i + 2 < bytes.length) text += chars.charAt(c & 63)
    else if (!isUrl) text += '='
  }
  return text
}

/** Padding may be absent, and must be right where it is there; bits that mean nothing are zero. */
export function fromBase64(source: string, isUrl: boolean): Uint8Array | undefined {
  const pattern = isUrl ? /^[\w-]*={0,2}$/ : /^[A-Za-z0-9+/]*={0,2}$/
  const text = isUrl ? source : source.replaceAll(/[\r\n]/g, '')
  if (!pattern.test(text)) return undefined
  const body = text.replace(/=+$/, '')
  if (body.length % 4 === 1 || (text.length !== body.length && text.length % 4 !== 0))
    return undefined
  const chars = `${alphabet}${isUrl ? '-_' : '+/'}`
  const values = new Uint8Array(128)
  for (let i = 0; i < 64; i++) values[chars.charCodeAt(i)] = i
  const bytes = new Uint8Array(Math.floor((body.length * 3) / 4))
  let [bits, held, at] = [0, 0, 0]
  for (let i = 0; i < body.length; i++) {
    bits = ((bits << 6) | (values[body.charCodeAt(i)] ?? 0)) & 0xffff
    held += 6
    if (held < 8) continue
    held -= 8
    bytes[at++] = (bits >> held) & 255
  }
  return (bits & ((1 << held) - 1)) === 0 ? bytes : undefined
}
