/**
 * Signed notes (C2SP signed-note): a text, and below it one line per signature.
 *
 * A signature names its key by name and id; one by a key that the reader does not know is
 * passed over, one by a known key that does not verify spoils the note.
 */
import { fromBase64, join, textOf, toBase64, toHex, utf8 } from '#registry/bytes.ts'
import type { Crypto, Signer } from '#registry/ports.ts'

/** What a signature is over: the text itself, or the text with a time (C2SP tlog-cosignature). */
export type KeyType = 'ed25519' | 'cosignature'

/** A public key with a name, as a reader of notes knows it. */
export interface NoteKey {
  readonly name: string
  readonly type: KeyType
  /** 32 bytes. */
  readonly key: Uint8Array
}

export interface NoteSignature {
  readonly name: string
  /** Four bytes. */
  readonly id: Uint8Array
  readonly value: Uint8Array
}

export interface Note {
  /** Ends with a line end. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A signature that verified. */
export interface Vouch {
  readonly key: NoteKey
  /** Seconds since 1970; of cosignatures only. */
  readonly time?: number
}

const typeBytes: Readonly<Record<KeyType, number>> = { ed25519: 0x01, cosignature: 0x04 }
const signaturesMax = 100
const noteCharsMax = 65_536
const dash = '\u2014'

/** The first four bytes of SHA-256 over name and key. */
export function keyId(crypto: Crypto, { name, type, key }: NoteKey): Uint8Array {
  const head = utf8(`${name}\n`)
  return crypto.sha256(join([head, Uint8Array.of(typeBytes[type]), key])).slice(0, 4)
}

/** @example printKey(crypto, key) // 'acme-index+5a1f0c3e+AbQ…' */
export function printKey(crypto: Crypto, key: NoteKey): string {
  const value = toBase64(join([Uint8Array.of(typeBytes[key.type]), key.key]))
  return `${key.name}+${toHex(keyId(crypto, key))}+${value}`
}

/** Reads a verifier key; undefined for what is none. */
export function parseKey(crypto: Crypto, text: string): NoteKey | undefined {
  const match = /^([^\s+]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{1,100})$/.exec(text)
  const bytes = fromBase64(match?.[3] ?? '')
  if (match === null || bytes?.length !== 33) return undefined
  const type = (['ed25519', 'cosignature'] as const).find((one) => typeBytes[one] === bytes[0])
  if (type === undefined) return undefined
  const key: NoteKey = { name: match[1] ?? '', type, key: bytes.slice(1) }
  return toHex(keyId(crypto, key)) === match[2] ? key : undefined
}

/** Reads a note; undefined for what is none. */
export function parseNote(bytes: Uint8Array): Note | undefined {
  const whole = bytes.length > noteCharsMax ? undefined : textOf(bytes)
  // eslint-disable-next-line no-control-regex
  if (whole === undefined || /[\u0000-\u0009\u000b-\u001f]/.test(whole)) return undefined
  const end = whole.lastIndexOf('\n\n')
  if (end < 0 || !whole.endsWith('\n')) return undefined
  const lines = whole.slice(end + 2, -1).split('\n')
  const signatures = lines.map(signatureOf)
  if (lines.length > signaturesMax || signatures.includes(undefined)) return undefined
  return {
    text: whole.slice(0, end + 1),
    signatures: signatures.filter((one) => one !== undefined),
  }
}

function signatureOf(line: string): NoteSignature | undefined {
  const match = new RegExp(`^${dash} ([^\\s+]{1,200}) ([A-Za-z0-9+/=]+)$`).exec(line)
  const bytes = fromBase64(match?.[2] ?? '')
  if (match === null || bytes === undefined || bytes.length < 5) return undefined
  return { name: match[1] ?? '', id: bytes.slice(0, 4), value: bytes.slice(4) }
}

export function printNote({ text, signatures }: Note): string {
  const lines = signatures.map(
    ({ name, id, value }) => `${dash} ${name} ${toBase64(join([id, value]))}\n`,
  )
  return `${text}\n${lines.join('')}`
}

/** What a key of type `cosignature` signs. */
function timed(text: string, time: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${time}\n${text}`)
}

/** A plain signature of `text`. */
export function signNote(
  crypto: Crypto,
  { text, name, signer }: { readonly text: string; readonly name: string; readonly signer: Signer },
): NoteSignature {
  const id = keyId(crypto, { name, type: 'ed25519', key: signer.key })
  return { name, id, value: signer.sign(utf8(text)) }
}

/** The cosignature of a witness at `time`, in seconds since 1970. */
export function cosign(
  crypto: Crypto,
  given: {
    readonly text: string
    readonly name: string
    readonly signer: Signer
    readonly time: number
  },
): NoteSignature {
  const { text, name, signer, time } = given
  const id = keyId(crypto, { name, type: 'cosignature', key: signer.key })
  const stamp = new Uint8Array(8)
  new DataView(stamp.buffer).setBigUint64(0, BigInt(time))
  return { name, id, value: join([stamp, signer.sign(timed(text, time))]) }
}

/** Who of `known` signed the note, each once. Undefined when one of their signatures is wrong. */
export function vouchesOf(
  crypto: Crypto,
  note: Note,
  known: readonly NoteKey[],
): readonly Vouch[] | undefined {
  const found = new Map<NoteKey, Vouch>()
  for (const { name, id, value } of note.signatures) {
    const key = known.find((one) => one.name === name && toHex(keyId(crypto, one)) === toHex(id))
    if (key === undefined) continue
    const vouch = vouchOf(crypto, note.text, { key, value })
    if (vouch === undefined) return undefined
    found.set(key, vouch)
  }
  return [...found.values()]
}

function vouchOf(
  crypto: Crypto,
  text: string,
  { key, value }: { readonly key: NoteKey; readonly value: Uint8Array },
): Vouch | undefined {
  if (key.type === 'ed25519') {
    const isGood = crypto.verify({ key: key.key, message: utf8(text), signature: value })
    return isGood ? { key } : undefined
  }
  if (value.length !== 72) return undefined
  const time = Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0))
  if (!Number.isSafeInteger(time)) return undefined
  const signed = { key: key.key, message: timed(text, time), signature: value.slice(8) }
  return crypto.verify(signed) ? { key, time } : undefined
}
