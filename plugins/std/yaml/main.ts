/** Reads and writes YAML. */
import type { Action, Json } from 'ionflux/plugin'

import { documents, placeOf } from './parse.ts'
import { render as write, TooDeep } from './render.ts'
import { Fault } from './scan.ts'

interface Parse {
  readonly text: string
  readonly many?: boolean
  readonly merge?: boolean
}

const documentsMax = 10_000

/** The value of a text, or the values of its documents. */
export const parse: Action<Parse> = ({ text, many = false, merge = false }, context) => {
  try {
    const found = documents(text, { isMerging: merge, documentsMax: many ? documentsMax : 1 })
    return many ? found : (found[0] ?? null)
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    const { line, column } = placeOf(text, thrown.at)
    return context.fail(thrown.code, `Line ${line}, column ${column}: ${thrown.message}`, {
      line,
      column,
    })
  }
}

interface Render {
  readonly value: Json
  readonly many?: boolean
  readonly indent?: number
}

/** A text that says the value. */
export const render: Action<Render, string> = ({ value, many = false, indent = 2 }, context) => {
  const style = { indent, width: 80 }
  try {
    if (!many) return write(value, style)
    if (!Array.isArray(value))
      return context.fail('not_a_list', 'With "many", the value is a list of documents.')
    return (value as readonly Json[]).map((one) => `---\n${write(one, style)}`).join('')
  } catch (thrown) {
    if (thrown instanceof TooDeep)
      return context.fail('too_deep', 'The value nests deeper than 100.')
    throw thrown
  }
}
