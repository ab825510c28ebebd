import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { parseDocument } from '#engine/dsl/text.ts'
import { decodeText, encodingProblem } from '#engine/dsl/text/encoding.ts'
import { bundle } from '#engine/sandbox/bundle.ts'

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))
const utf16 = (text: string): Uint8Array =>
  Uint8Array.from(
    `\ufeff${text}`
      .split('')
      .flatMap((char) => [char.charCodeAt(0) & 255, char.charCodeAt(0) >> 8]),
  )

test('keeps every UTF-8 text as it is, its byte order mark too', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(decodeText(new TextEncoder().encode(text))).toBe(text)
      expect(encodingProblem(text.replaceAll('\0', ''))).toBeUndefined()
    }),
  )
  expect(decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa')
})

test('bytes are told to be no UTF-8 exactly when a strict decoder refuses them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12, min: 1 }), (bytes) => {
      let isRefused = false
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      } catch {
        isRefused = true
      }
      expect(encodingProblem(decodeText(bytes)) !== undefined).toBe(isRefused)
    }),
    { numRuns: 1000 },
  )
})

describe('a file that is not UTF-8 is one problem', () => {
  test.each([
    ['a letter of Latin-1', latin1('id: caf\u00e9\nsteps: []\n'), 'the byte 0xE9', 7],
    ['UTF-16 with its mark', utf16('dsl: flux/1\nid: a\nsteps: []\n'), 'UTF-16', 0],
    ['UTF-16 without a mark', utf16('dsl: flux/1\nid: a\n').slice(2), 'not UTF-8', 0],
    ['a picture', latin1('\u0089PNG\r\n\u001a\n\0\0\0\rIHDR'), 'not text', 0],
  ])('%s', (_, bytes, said, start) => {
    const { value, problems } = parseDocument({ file: 'a.flow.yaml', text: decodeText(bytes) })
    expect(value).toBeUndefined()
    expect(problems).toMatchObject([{ code: 'DSL_TEXT_SUSPICIOUS', span: { start } }])
    expect(problems[0]?.message).toContain(said)
  })

  test('code is told with its file', async () => {
    const files = new Map([['main.ts', decodeText(latin1('export default () => "\u00e9"'))]])
    const exports = [{ name: 'default', from: 'default' }]
    const built = await bundle({ entry: 'main.ts', files, exports })
    expect(built).toMatchObject({
      ok: false,
      problems: [{ code: 'DSL_TEXT_SUSPICIOUS', file: 'main.ts', span: { start: 22 } }],
    })
  })
})
