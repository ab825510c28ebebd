/** Doc comments of types that are printed from schemas: wrapped, and never closed by their words. */

const columnsMax = 100

/** A doc comment with its line end; empty for no words. */
export function comment(words: string | undefined, indent: string): string {
  if (words === undefined || words.trim() === '') return ''
  const lines = wrap(words, columnsMax - indent.length - 3)
  const [first = ''] = lines
  if (lines.length === 1 && indent.length + first.length + 7 <= columnsMax) {
    return `${indent}/** ${first} */\n`
  }
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`
}

function wrap(words: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words.replaceAll('*/', '*\u2060/').trim().split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** @example pascal('read-file') // 'ReadFile' */
export function pascal(name: string): string {
  const parts = name.split(/[^A-Za-z0-9]+/).filter((part) => part !== '')
  return parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('')
}
