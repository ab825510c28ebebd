/**
 * Text as words to search for: lower case, without marks, split where letters end.
 */
const wordCharsMax = 40

/** @example wordsOf('Posts HTTP-requests') // ['post', 'http', 'request'] */
export function wordsOf(text: string): readonly string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => stem(word.slice(0, wordCharsMax)))
}

/** Takes a plural's or a verb's `s` away, which is what people leave out or add. */
function stem(word: string): string {
  if (word.length < 4 || !word.endsWith('s') || /(?:ss|us|is)$/.test(word)) return word
  return word.slice(0, -1)
}
