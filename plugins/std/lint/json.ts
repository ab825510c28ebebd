/**
 * Finds the first mistake of a JSON text (RFC 8259) and where it is.
 *
 * The engine's own parser decides quickly; only what it refuses is read again here for
 * the place. Files that editors read with comments and trailing commas may have them.
 */
export interface JsonMistake {
  /** Offset in the text. */
  readonly at: number
  readonly message: string
}

const depthMax = 500

/** The first mistake; undefined for a text that is JSON. */
export function jsonMistake(text: string, hasComments: boolean): JsonMistake | undefined {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text
  try {
    JSON.parse(body)
    return undefined
  } catch {
    const reader: Reader = { text, at: text.length - body.length, hasComments }
    const mistake = value(reader, 0) ?? ending(reader)
    return mistake
  }
}

interface Reader {
  readonly text: string
  at: number
  readonly hasComments: boolean
}

function wrong({ at }: Reader, message: string): JsonMistake {
  return { at, message }
}

function skip(reader: Reader): void {
  const { text } = reader
  for (;;) {
    while (/[ \t\r\n]/.test(text[reader.at] ?? '')) reader.at++
    if (!reader.hasComments) return
    if (text.startsWith('//', reader.at)) {
      const end = text.indexOf('\n', reader.at)
      reader.at = end < 0 ? text.length : end
    } else if (text.startsWith('/*', reader.at)) {
      const end = text.indexOf('*/', reader.at)
      reader.at = end < 0 ? text.length : end + 2
    } else return
  }
}

function ending(reader: Reader): JsonMistake | undefined {
  skip(reader)
  return reader.at < reader.text.length
    ? wrong(reader, 'There is text after the end of the value.')
    : undefined
}

function value(reader: Reader, depth: number): JsonMistake | undefined {
  skip(reader)
  const char = reader.text[reader.at]
  if (depth > depthMax) return wrong(reader, 'The value is nested too deeply.')
  if (char === undefined) return wrong(reader, 'The file ends where a value is expected.')
  if (char === '{' || char === '[') return container(reader, depth)
  if (char === '"') return string(reader)
  const word =
    /^(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?![\w.+-])/.exec(
      reader.text.slice(reader.at, reader.at + 400),
    )
  if (word !== null) {
    reader.at += word[0].length
    return undefined
  }
  if (char === "'") return wrong(reader, 'JSON texts stand in double quotes.')
  if (char === '/') return wrong(reader, 'JSON has no comments.')
  return wrong(reader, `A value cannot begin with "${char}" here.`)
}

function container(reader: Reader, depth: number): JsonMistake | undefined {
  const { text } = reader
  const open = reader.at
  const isObject = text[open] === '{'
  const close = isObject ? '}' : ']'
  reader.at++
  for (let count = 0; ; count++) {
    skip(reader)
    if (text[reader.at] === close && (count === 0 || reader.hasComments)) break
    if (count > 0 && text[reader.at] === close) {
      return { at: reader.at, message: `There is a comma before "${close}" and nothing after it.` }
    }
    const mistake = (isObject ? key(reader) : undefined) ?? value(reader, depth + 1)
    if (mistake !== undefined) return mistake
    skip(reader)
    if (text[reader.at] === close) break
    if (text[reader.at] === undefined)
      return { at: open, message: `The "${text[open] ?? ''}" is never closed.` }
    if (text[reader.at] !== ',') return wrong(reader, `A comma or "${close}" is expected here.`)
    reader.at++
  }
  reader.at++
  return undefined
}

function key(reader: Reader): JsonMistake | undefined {
  if (reader.text[reader.at] !== '"')
    return wrong(reader, 'A key in double quotes is expected here.')
  const mistake = string(reader)
  if (mistake !== undefined) return mistake
  skip(reader)
  if (reader.text[reader.at] !== ':') return wrong(reader, 'A ":" is expected after the key.')
  reader.at++
  return undefined
}

function string(reader: Reader): JsonMistake | undefined {
  const { text } = reader
  const start = reader.at++
  for (; reader.at < text.length; reader.at++) {
    const char = text[reader.at] ?? ''
    if (char === '"') {
      reader.at++
      return undefined
    }
    if (char === '\\') {
      if (!/^(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/.test(text.slice(reader.at + 1, reader.at + 6))) {
        return wrong(reader, `"\\${text[reader.at + 1] ?? ''}" is no escape of JSON.`)
      }
      reader.at++
    } else if (char < ' ') {
      if (char === '\n' || char === '\r')
        return { at: start, message: 'The text is not closed before the line ends.' }
      return wrong(reader, 'A control character has to be written as an escape.')
    }
  }
  return { at: start, message: 'The text is never closed.' }
}
