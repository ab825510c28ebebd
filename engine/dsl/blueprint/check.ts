/**
 * What the schema of `blueprint.yaml` cannot say: its version, its inputs, and places that name
 * one of its files and hold no code.
 */
import { isObject, pointer, type Json } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'
import { checkInputs, checkSchema } from '#engine/dsl/check/schemas.ts'
import { parseExpression } from '#engine/dsl/expression.ts'
import { childrenOf, pathOf, type Node } from '#engine/dsl/expression/ast.ts'
import { isVersion } from '#engine/dsl/reference.ts'
import { parseTemplate, sourcesOf } from '#engine/dsl/template.ts'

/** Keys whose value is code or the name of a file with code. */
const codeKeys = new Set(['transform', 'use', 'component', 'agent', 'flow'])

/** What is wrong in a blueprint whose shape is right. */
export function checkPlaces(value: Json): readonly Problem[] {
  if (!isObject(value)) return []
  const { version, inputs, files, set } = value
  const problems: Problem[] = [...checkInputs(inputs), ...checkSchema(inputs, '/inputs')]
  if (typeof version === 'string' && !isVersion(version))
    problems.push(
      wrong('DSL_VALUE_FORMAT', `"${version}" is not a version such as 1.4.0.`, '/version'),
    )
  const known = Array.isArray(files) ? files : []
  for (const [index, place] of (Array.isArray(set) ? set : []).entries()) {
    if (!isObject(place)) continue
    problems.push(...checkPlace(place, { at: pointer('set', index), known, inputs }))
  }
  return problems
}

interface Around {
  readonly at: string
  readonly known: readonly Json[]
  readonly inputs: Json | undefined
}

function checkPlace(
  { file, at: where, value = null }: { readonly [key: string]: Json },
  { at, known, inputs }: Around,
): readonly Problem[] {
  const problems: Problem[] = []
  if (typeof file === 'string' && !(known.includes(file) && /\.ya?ml$/.test(file))) {
    const message = `"${file}" is no YAML file among \`files\`.`
    problems.push(wrong('DSL_REFERENCE_UNKNOWN', message, `${at}/file`))
  }
  const key = typeof where === 'string' ? (where.split('.').at(-1) ?? '') : ''
  if (codeKeys.has(key)) {
    const message = `"${key}" says what is run, and an input is never written there.`
    problems.push(wrong('DSL_VALUE_UNKNOWN', message, `${at}/at`))
  }
  const { template, problems: faults } = parseTemplate(value, `${at}/value`)
  problems.push(...faults)
  const properties = isObject(inputs) && isObject(inputs['properties']) ? inputs['properties'] : {}
  for (const name of inputsOf(sourcesOf(template))) {
    if (Object.hasOwn(properties, name)) continue
    problems.push(wrong('DSL_FIELD_UNKNOWN', `There is no input "${name}".`, `${at}/value`))
  }
  return problems
}

function wrong(code: Problem['code'], message: string, at: string): Problem {
  return { code, severity: 'error', message, at }
}

/** Names of the inputs that expressions read, each once. */
export function inputsOf(sources: readonly string[]): readonly string[] {
  const names = new Set<string>()
  const collect = (node: Node): void => {
    const path = pathOf(node)
    const [name] = path?.keys ?? []
    if (path?.root === 'inputs' && typeof name === 'string') names.add(name)
    else for (const child of childrenOf(node)) collect(child)
  }
  for (const source of sources) {
    const { node } = parseExpression(source)
    if (node !== undefined) collect(node)
  }
  return [...names]
}
