/**
 * The cases of the YAML test suite, and what the loader makes of each in one word.
 */
import { readdirSync, readFileSync } from 'node:fs'

import type { Json, JsonObject } from '#engine/core/json.ts'
import { parseDocument } from '#engine/dsl/text.ts'

export interface SuiteCase {
  /** `229Q`, or `2G84/1` for the second case of a file. */
  readonly id: string
  readonly yaml: string
  /** The text of the JSON that the document means; absent where the suite gives none. */
  readonly json?: string
  readonly isWrong: boolean
}

const folder = new URL('../../../vectors/yaml-test-suite/src/', import.meta.url)

export function suiteCases(): readonly SuiteCase[] {
  return readdirSync(folder).flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    const { value } = parseDocument({ file, text })
    const id = file.replace('.yaml', '')
    let last: JsonObject = {}
    return (value as readonly JsonObject[]).map((one, i): SuiteCase => {
      // A case leaves out what it has in common with the one before it.
      last = { ...last, ...one }
      const { yaml, json } = last
      const isWrong = one['fail'] === true
      return {
        id: i === 0 ? id : `${id}/${i}`,
        yaml: unescaped(typeof yaml === 'string' ? yaml : ''),
        isWrong,
        ...(typeof json === 'string' && !isWrong ? { json } : {}),
      }
    })
  })
}

/** `␣` is a space, `———»` a tab, `←` a carriage return, `⇔` a byte order mark, `∎` no newline. */
function unescaped(text: string): string {
  return text
    .replaceAll('␣', ' ')
    .replaceAll(/—*»/g, '\t')
    .replaceAll('⇔', '\ufeff')
    .replaceAll('↵', '')
    .replaceAll('←', '\r')
    .replace(/∎\n?$/, '')
}

/** `same` for the JSON of the suite, otherwise what is different, with the codes of a refusal. */
export function verdictOf({ yaml, json, isWrong }: SuiteCase): string {
  const { value, problems } = parseDocument({ file: 'case.yaml', text: yaml })
  const codes = [
    ...new Set(problems.filter((one) => one.severity === 'error').map((one) => one.code)),
  ]
  if (codes.length > 0)
    return isWrong ? 'refused, as it must be' : `refused: ${codes.toSorted().join(' ')}`
  if (isWrong) return 'accepted, although it is wrong'
  if (json === undefined) return 'accepted'
  return isSame(value, json) ? 'same' : `different: ${JSON.stringify(value)}`
}

function isSame(value: Json | undefined, json: string): boolean {
  try {
    return JSON.stringify(sorted(value)) === JSON.stringify(sorted(JSON.parse(json) as Json))
  } catch {
    return json.trim() === '' && value === null
  }
}

function sorted(value: Json | undefined): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value as JsonObject)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => [key, sorted(part)])
}
