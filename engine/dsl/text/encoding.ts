/**
 * Decodes the bytes of a file and says when they are no UTF-8 text.
 *
 * Whoever reads files gets a text for any bytes; the first bytes that mean nothing stand in
 * it as halves of surrogate pairs (0xE9 as U+DCE9), which no UTF-8 text can hold. So what
 * parses or bundles the text can tell, with its place, that it is not what is on the disk.
 */
import type { Problem } from '#engine/core/problem.ts'

/** The text of a file; a byte order mark stays. Never throws. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    const start = firstWrong(bytes)
    let end = start
    while (end < start + 2 && end < bytes.length && sequenceLength(bytes, end) === 0) end += 1
    const wrong = Array.from(bytes.subarray(start, end), (byte) => 0xdc00 + byte)
    const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
    return (
      lenient.decode(bytes.subarray(0, start)) +
      String.fromCharCode(...wrong) +
      lenient.decode(bytes.subarray(end))
    )
  }
}

/** What is wrong with a text that `decodeText` made; undefined for one that is UTF-8. */
export function encodingProblem(text: string): Problem | undefined {
  const head = text.slice(0, headChars)
  const isWide = /^\udcff\udcfe|^\udcfe\udcff/.test(text)
  const nulls = head.split('\0').length - 1
  if (isWide || (nulls > 1 && nulls * 4 >= head.length)) {
    return problem(isWide ? 'The file is UTF-16, not UTF-8.' : 'The file is not UTF-8 text.', 0)
  }
  const at = text.isWellFormed() ? -1 : text.search(/[\u{dc80}-\u{dcff}]/u)
  if (at === -1) return undefined
  if (text.includes('\0')) return problem('The file is not text.', at)
  const byte = (text.charCodeAt(at) - 0xdc00).toString(16).toUpperCase()
  return problem(`The file is not UTF-8: the byte 0x${byte} stands for no character here.`, at)
}

/** How much of a text shows whether every other byte of it is zero. */
const headChars = 1_000

function problem(message: string, at: number): Problem {
  return {
    code: 'DSL_TEXT_SUSPICIOUS',
    severity: 'error',
    message,
    at: '',
    span: { start: at, end: at + 1 },
    help: 'Save the file as UTF-8 text.',
  }
}

function firstWrong(bytes: Uint8Array): number {
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    if (length === 0) return at
    at += length
  }
  return at
}

/** How many bytes the character at `at` has (RFC 3629); 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0xff
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return 0
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i] ?? 0
    if (next < (i === 1 ? lowest : 0x80) || next > (i === 1 ? highest : 0xbf)) return 0
  }
  return length
}
