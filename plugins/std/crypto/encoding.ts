/** Bytes as text: hexadecimal, Base64 (RFC 4648) and UTF-8. Undefined for what is none. */

export type Encoding = 'text' | 'hex' | 'base64' | 'base64url'

export function decode(text: string, encoding: Encoding): Uint8Array | undefined {
  if (encoding === 'text') return text.isWellFormed() ? new TextEncoder().encode(text) : undefined
  if (encoding === 'hex') return fromHex(text)
  return fromBase64(text, encoding)
}

export function encode(bytes: Uint8Array, encoding: Encoding): string | undefined {
  if (encoding === 'text') return fromUtf8(bytes)
  if (encoding === 'hex') return toHex(bytes)
  return bytes.toBase64({ alphabet: encoding, omitPadding: encoding === 'base64url' })
}

/**
 * The host reads it, which is a hundred times faster. Padding may be absent; that bits which
 * mean nothing are zero is seen by writing it again.
 */
function fromBase64(source: string, alphabet: 'base64' | 'base64url'): Uint8Array | undefined {
  const text = alphabet === 'base64' ? source.replaceAll(/[\r\n]/g, '') : source
  const body = text.replace(/=+$/, '')
  if (text.length !== body.length && text.length % 4 !== 0) return undefined
  try {
    const bytes = Uint8Array.fromBase64(body, { alphabet })
    return bytes.toBase64({ alphabet, omitPadding: true }) === body ? bytes : undefined
  } catch {
    return undefined
  }
}

function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexOf[byte]
  return text
}

function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16)
  return bytes
}
