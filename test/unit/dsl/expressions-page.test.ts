import { readFileSync } from 'node:fs'

import { describe, expect, test } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import { functions, macros } from '#engine/dsl/functions/table.ts'
import { compileTemplate, parseTemplate, type Scope } from '#engine/dsl/template.ts'
import { page, render } from '#scripts/expressions.ts'

const text = readFileSync(page, 'utf8')
const scope = JSON.parse(/```json\n([^]*?)```/.exec(text)?.[1] ?? '') as Scope
const examples = [...text.matchAll(/```cel\n([^]*?)```/g)]
  .flatMap((block) => (block[1] ?? '').trim().split('\n'))
  .map((line) => line.split(/\s+=> /) as [string, string])

/** The result as JSON text, or the code of the problem or error. */
function evaluate(source: string): string {
  const { template, problems } = parseTemplate(`\${{ ${source} }}`, '')
  if (problems[0] !== undefined) return problems[0].code
  try {
    return JSON.stringify(compileTemplate(template)(scope))
  } catch (thrown) {
    if (thrown instanceof IonError) return thrown.code
    throw thrown
  }
}

describe('the reference page of expressions', () => {
  test('has examples', () => expect(examples.length).toBe(39))

  test.each(examples)('is right that %s gives %s', (source, result) => {
    expect(evaluate(source)).toBe(result)
  })

  test.each([...functions, ...macros].map(({ name, example }) => [name, ...example] as const))(
    'is right about the example of %s: %s gives %s',
    (_, source, result) => expect(evaluate(source)).toBe(result),
  )

  test('agrees with the tables', () => expect(render(text)).toBe(text))
})
