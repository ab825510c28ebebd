/**
 * The cases of the JSON Schema test suite (2020-12), and how ours end.
 */
import { readdirSync, readFileSync } from 'node:fs'

import type { Json, JsonObject } from '#engine/core/json.ts'
import { compileSchema, type Validator } from '#engine/core/schema.ts'

interface Group {
  readonly description: string
  readonly schema: JsonObject | boolean
  readonly tests: readonly {
    readonly description: string
    readonly data: Json
    readonly valid: boolean
  }[]
}

const folder = new URL('../../vectors/json-schema-2020-12/tests/draft2020-12/', import.meta.url)

export function suiteFiles(): readonly string[] {
  const files = readdirSync(folder, { recursive: true }) as string[]
  return files.filter((file) => file.endsWith('.json')).toSorted()
}

export interface Outcome {
  readonly cases: number
  /** One line per difference: a group that is refused whole, or a case with the other verdict. */
  readonly differences: readonly string[]
}

export function runFile(file: string): Outcome {
  const groups = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as readonly Group[]
  const differences: string[] = []
  let cases = 0
  for (const { description, schema, tests } of groups) {
    cases += tests.length
    const validate = compiled(schema)
    if (validate === undefined) differences.push(`${description}: refused`)
    else {
      for (const one of tests) {
        if ((validate(one.data) === undefined) === one.valid) continue
        differences.push(
          `${description}: ${one.description}: ${one.valid ? 'refused' : 'accepted'}`,
        )
      }
    }
  }
  return { cases, differences }
}

function compiled(schema: JsonObject | boolean): Validator | undefined {
  try {
    return compileSchema(schema)
  } catch (thrown) {
    if ((thrown as { code?: string }).code === 'DSL_SCHEMA_MALFORMED') return undefined
    throw thrown
  }
}
