/**
 * The forms in which a secret is recognised: as it is, and in the encodings that
 * programs put texts into.
 *
 * Promised: exact, base64 and base64url at all three alignments, hex in both cases, URL
 * and form escapes, JSON escapes, and each line of a secret with several. Whatever else
 * a program may do to a text (reverse, compress, encrypt, split over two values) is not.
 */
import { limits } from '#engine/core/limits.ts'

/** Every form of `secret`, each once, none shorter than what may be a secret. */
export function formsOf(secret: string): readonly string[] {
  const forms = new Set<string>()
  const lines = secret.split(/\r\n|\r|\n/).map((line) => line.trim())
  for (const part of new Set([secret, secret.trim(), ...lines])) {
    if (part.length < limits.secretCharsMin) continue
    for (const form of encoded(part)) if (form.length >= limits.secretCharsMin) forms.add(form)
  }
  return [...forms]
}

function encoded(text: string): readonly string[] {
  const bytes = Buffer.from(text, 'utf8')
  const hex = bytes.toString('hex')
  const shifted = [0, 1, 2].map((shift) => base64At(bytes, shift))
  return [
    text,
    bytes.toString('latin1'),
    ...shifted,
    ...shifted.map((one) => one.replaceAll('+', '-').replaceAll('/', '_')),
    hex,
    hex.toUpperCase(),
    ...urlForms(text, bytes),
    ...jsonForms(text),
  ]
}

/** The characters of base64 that depend on `bytes` alone when `shift` unknown bytes come before. */
function base64At(bytes: Buffer, shift: number): string {
  const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
  const first = Math.ceil((shift * 8) / 6)
  const last = Math.floor(((shift + bytes.length) * 8) / 6)
  return whole.slice(first, last)
}

function urlForms(text: string, bytes: Buffer): readonly string[] {
  const well = text.toWellFormed()
  const component = encodeURIComponent(well)
  const strict = component.replaceAll(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  const form = new URLSearchParams([['', well]]).toString().slice(1)
  const all = bytes.toString('hex').replaceAll(/../g, '%$&')
  const forms = [component, strict, form, encodeURI(well), all]
  const lower = (one: string): string => one.replaceAll(/%[0-9A-F]{2}/g, (c) => c.toLowerCase())
  return [...forms, ...forms.map(lower), all.toUpperCase()]
}

function jsonForms(text: string): readonly string[] {
  const plain = JSON.stringify(text).slice(1, -1)
  const ascii = plain.replaceAll(
    /[\x7f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  const html = (one: string): string =>
    one.replaceAll(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)
  return [plain, ascii, html(plain), html(ascii)].flatMap((one) => [
    one,
    one.replaceAll('/', '\\/'),
    JSON.stringify(one).slice(1, -1),
  ])
}
