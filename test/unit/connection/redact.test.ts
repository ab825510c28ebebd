/**
 * Goal: in none of the promised forms does a secret get through, however a text is cut.
 * Method: 200 generated secrets, every form written by an encoder of its own, in text
 * that is cut at random places and at every place.
 */
import { expect, test } from 'vitest'

import { openRedactor, type Redactor } from '#engine/connection/redact.ts'
import { cpuMs } from '#test/unit/cpu.ts'

/** A small generator of numbers, so that a failure can be repeated. */
function chance(seed: number): (max: number) => number {
  let state = seed
  return (max) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * max)
  }
}
const pick = chance(7)
const alphabets = [
  'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  '0123456789abcdef',
  'abc/+=_-.~!*\'()"\\ &<>%#?@:;,$',
  'aé漢字ü😀ß',
]
const secrets = Array.from({ length: 200 }, (_, i) => {
  const letters = Array.from(alphabets[i % alphabets.length] ?? '')
  const text = Array.from({ length: 10 + pick(50) }, () => letters[pick(letters.length)]).join('')
  return { name: `S${i}`, value: `k${text}z` }
})

const bytesOf = (text: string): Buffer => Buffer.from(text, 'utf8')
const base64 = (before: string, text: string): string =>
  bytesOf(`${before}${text}`).toString('base64').replace(/=+$/, '')
const forms: Readonly<Record<string, (secret: string) => string>> = {
  exact: (s) => s,
  'base64 after 0 bytes': (s) => base64('', s),
  'base64 after 1 byte': (s) => base64(':', s),
  'base64 after 2 bytes': (s) => base64('u:', s),
  'base64 amid others': (s) => bytesOf(`user:${s}, more`).toString('base64'),
  base64url: (s) => bytesOf(s).toString('base64url'),
  'base64url amid others': (s) => bytesOf(`{"a":"${s}"}`).toString('base64url'),
  hex: (s) => bytesOf(s).toString('hex'),
  'hex in upper case': (s) => bytesOf(s).toString('hex').toUpperCase(),
  'escaped for a URL': (s) => encodeURIComponent(s),
  'escaped for a URL in lower case': (s) =>
    encodeURIComponent(s).replaceAll(/%../g, (c) => c.toLowerCase()),
  'escaped for a form': (s) => new URLSearchParams({ v: s }).toString().slice(2),
  'escaped in JSON': (s) => JSON.stringify(s).slice(1, -1),
  'escaped in JSON twice': (s) => JSON.stringify(JSON.stringify(s)).slice(3, -3),
}

/** What may be left of a form at its ends, where it shares a character with its neighbours. */
const rest = (form: string, secret: string): string => {
  const text = forms[form]?.(secret) ?? ''
  return form.includes('base64') ? text.slice(text.length / 2 - 4, text.length / 2 + 4) : text
}

const all = openRedactor(secrets) as Redactor

test.each(Object.keys(forms))('no secret gets through: %s', (form) => {
  let missed = 0
  for (const { value } of secrets) {
    const text = `before ${forms[form]?.(value)} after`
    const whole = all.text(text)
    if (whole.includes(rest(form, value)) || !whole.includes('[secret S')) missed++
    for (let round = 0; round < 5; round++) {
      const stream = all.stream()
      let out = ''
      for (let at = 0; at < text.length;) {
        const to = at + 1 + pick(12)
        out += stream.push(text.slice(at, to))
        at = to
      }
      if (out + stream.end() !== whole) missed++
    }
  }
  expect(missed).toBe(0)
})

test('a secret is found wherever a stream is cut', () => {
  const one = openRedactor([{ name: 'ONE', value: 'correct horse' }]) as Redactor
  const text = 'x correct horse, Y29ycmVjdCBob3JzZQ and correct hors'
  const whole = one.text(text)
  expect(whole).toBe('x [secret ONE], [secret ONE]Q and correct hors')
  for (let first = 0; first <= text.length; first++) {
    for (let second = first; second <= text.length; second++) {
      const stream = one.stream()
      const pieces = [text.slice(0, first), text.slice(first, second), text.slice(second)]
      const out = pieces.map((piece) => stream.push(piece)).join('') + stream.end()
      expect(out).toBe(whole)
    }
  }
})

test('secrets that overlap are taken out together, also in a stream', () => {
  const two = openRedactor([
    { name: 'A', value: 'abcdefghij' },
    { name: 'B', value: 'ghijklmnopqr' },
    { name: 'C', value: 'cdefghijkl' },
  ]) as Redactor
  const text = '<abcdefghijklmnopqr>abcdefghijabcdefghij'
  expect(two.text(text)).toBe('<[secret A]>[secret A][secret A]')
  for (let cut = 0; cut <= text.length; cut++) {
    const stream = two.stream()
    const out = stream.push(text.slice(0, cut)) + stream.push(text.slice(cut)) + stream.end()
    expect(out).toBe(two.text(text))
  }
})

test('each line of a secret with many is a secret, and short ones are not', () => {
  const value = '-----BEGIN KEY-----\r\nMIIEvgIBADANBgkq\n  hkiG9w0BAQEFAASC\nabc\n'
  const lines = openRedactor([{ name: 'KEY', value }]) as Redactor
  expect(lines.text('a hkiG9w0BAQEFAASC b MIIEvgIBADANBgkq c abc')).toBe(
    'a [secret KEY] b [secret KEY] c abc',
  )
  const hex = Buffer.from('MIIEvgIBADANBgkq').toString('hex')
  expect(lines.text(hex)).toBe('[secret KEY]')
})

test('bytes are searched as bytes, and are the same object when nothing is found', () => {
  const one = openRedactor([{ name: 'UMLAUT', value: 'schlüssel-größe' }]) as Redactor
  const found = one.bytes(Buffer.from([0xff, ...Buffer.from('schlüssel-größe'), 0xfe]))
  expect(Buffer.from(found).toString('latin1')).toBe('\xff[secret UMLAUT]\xfe')
  const clean = Buffer.from('nothing here')
  expect(one.bytes(clean)).toBe(clean)
})

test('JSON is searched in values and keys, and is the same object when nothing is found', () => {
  const one = openRedactor([{ name: 'ONE', value: 'long-enough' }]) as Redactor
  const value = { 'k long-enough': [1, null, { deep: 'x long-enough' }], same: ['a'] }
  expect(one.json(value)).toEqual({
    'k [secret ONE]': [1, null, { deep: 'x [secret ONE]' }],
    same: ['a'],
  })
  const clean = { a: [{ b: 'c' }] }
  expect(one.json(clean)).toBe(clean)
})

test('what is not promised stays: reversed, and in two pieces', () => {
  const one = openRedactor([{ name: 'ONE', value: 'long-enough' }]) as Redactor
  expect(one.text('hguone-gnol long- enough')).toBe('hguone-gnol long- enough')
})

test('without a secret there is nothing to do', () => {
  expect(openRedactor([])).toBeUndefined()
  expect(openRedactor([{ name: 'SHORT', value: 'short' }])).toBeUndefined()
})

test('a megabyte is searched for 200 secrets in a moment', () => {
  const text = 'the quick brown fox jumps over the lazy dog. '.repeat(23_000)
  const start = cpuMs()
  expect(all.text(text)).toBe(text)
  expect(cpuMs() - start).toBeLessThan(1_000)
})
