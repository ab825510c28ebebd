/** Goal: notes are those of C2SP signed-note, as other programs write and read them. */
import { expect, test } from 'vitest'

import { nodeCrypto as crypto } from '#engine/host/registry/crypto.ts'
import { toHex, utf8 } from '#registry/bytes.ts'
import { isOrigin, parseCheckpoint, printCheckpoint } from '#registry/log/checkpoint.ts'
import {
  cosign,
  keyId,
  parseKey,
  parseNote,
  printKey,
  printNote,
  signNote,
  vouchesOf,
  type NoteKey,
} from '#registry/log/note.ts'
import { keyFor } from '#test/fake/registry.ts'

/** The example of the package that defined the format. */
const published = {
  key: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  signature:
    '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
}
const whole = `${published.text}\n${published.signature}`

test('a note that another program signed is read and verified', () => {
  const key = parseKey(crypto, published.key)
  expect(key?.name).toBe('PeterNeumann')
  expect(printKey(crypto, key!)).toBe(published.key)
  const note = parseNote(utf8(whole))
  expect(note?.text).toBe(published.text)
  expect(vouchesOf(crypto, note!, [key!])).toEqual([{ key }])
  expect(printNote(note!)).toBe(whole)
})

test('the key of a well-known log has the id that it says', () => {
  const key = parseKey(
    crypto,
    'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
  )
  expect(toHex(keyId(crypto, key!))).toBe('033de0ae')
})

test('a text that was changed under a known key spoils the note', () => {
  const note = parseNote(utf8(whole.replace('answer', 'answre')))
  const key = parseKey(crypto, published.key)
  expect(vouchesOf(crypto, note!, [key!])).toBeUndefined()
  expect(vouchesOf(crypto, note!, [])).toEqual([])
})

test.each([
  ['no signature', published.text],
  ['a text without a line end', whole.slice(0, -1)],
  ['a control character', whole.replace('you', 'y\u0000u')],
  ['a signature line that is none', whole.replace('\u2014', '-')],
  ['an id and no signature', `text\n\n\u2014 name x08gow==\n`],
])('%s makes no note', (_, text) => {
  expect(parseNote(utf8(text))).toBeUndefined()
})

test.each([
  'name',
  'na me+c74f20a3+AQ==',
  published.key.replace('c74f', 'c74e'),
  `${published.key}A`,
])('the text %j is no key', (text) => {
  expect(parseKey(crypto, text)).toBeUndefined()
})

test('a log signs and a witness cosigns with its time', () => {
  const [log, witness] = [keyFor('log'), keyFor('witness')]
  const text = printCheckpoint({ origin: 'a/b', size: 3, root: crypto.sha256(utf8('')) })
  const keys: NoteKey[] = [
    { name: 'a/b', type: 'ed25519', key: log.key },
    { name: 'w', type: 'cosignature', key: witness.key },
  ]
  const signatures = [
    signNote(crypto, { text, name: 'a/b', signer: log }),
    cosign(crypto, { text, name: 'w', signer: witness, time: 1_700_000_000 }),
  ]
  const note = parseNote(utf8(printNote({ text, signatures })))
  expect(vouchesOf(crypto, note!, keys)).toEqual([
    { key: keys[0] },
    { key: keys[1], time: 1_700_000_000 },
  ])
  expect(parseKey(crypto, printKey(crypto, keys[1]!))).toEqual(keys[1])
})

test.each([
  ['a/b\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n', true],
  ['a/b\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n', true],
  ['a/b\n03\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n', false],
  ['a/b\n3\n47DE\n', false],
  ['\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n', false],
  ['a/b\n99999999999\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n', false],
])('the checkpoint %j is one: %s', (text, expected) => {
  expect(parseCheckpoint(text) !== undefined).toBe(expected)
})

test.each([
  ['registry.example/main', true],
  ['two words', false],
  ['', false],
])('%j can be an origin: %s', (text, expected) => {
  expect(isOrigin(text)).toBe(expected)
})
