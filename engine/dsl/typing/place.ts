/**
 * Checks one template where it stands, for every rule that needs its type.
 */
import { isObject, type Json, pointer } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem } from '#engine/core/problem.ts'
import { parseExpression } from '#engine/dsl/expression.ts'
import type { Components } from '#engine/dsl/component/file.ts'
import type { Kind } from '#engine/dsl/expression/value.ts'
import { parseTemplate } from '#engine/dsl/template.ts'
import type { World } from '#engine/dsl/world.ts'

import { misfits } from './fit.ts'
import { jsonTypeOf, typeOfTemplate } from './schema.ts'
import { envOf, type Landscape, type Sight } from './sight.ts'
import { any, mayBe, printType, type Type } from './type.ts'

/** One walk over a flow. */
export interface Walk {
  /** What `component:` may name; absent where that was not looked up. */
  readonly components?: Components
  readonly world: World
  /** What the run must return; absent where nothing says so, and in a component. */
  readonly returns?: Type
  readonly landscape: Landscape
  readonly problems: Problem[]
}

export interface Checked {
  readonly value: Json
  readonly at: string
  readonly sight: Sight
}

/** Checks one template and gives its type. */
export function check(walk: Walk, { value, at, sight }: Checked): Type {
  if (walk.problems.length >= limits.expressionProblemsMax) return any
  const parsed = parseTemplate(value, at)
  const env = envOf(sight, walk.landscape, at)
  const typed = typeOfTemplate(parsed.template, env, parsed.expressions)
  walk.problems.push(...parsed.problems, ...typed.problems, ...nearMisses(value, at))
  return parsed.problems.length > 0 ? any : typed.type
}

/** What a person reads as an expression and ionflux as text: `$ {{ x }}`. */
function nearMisses(value: Json, at: string): readonly Problem[] {
  if (Array.isArray(value)) {
    return value.flatMap((one: Json, i) => nearMisses(one, at + pointer(i)))
  }
  if (isObject(value)) {
    return Object.entries(value).flatMap(([key, one]) => nearMisses(one, at + pointer(key)))
  }
  if (typeof value !== 'string') return []
  return [...value.matchAll(/\$[ \t]{1,8}(?=\{\{)/g)].map((found): Problem => {
    const within = { start: found.index, end: found.index + found[0].length }
    return {
      code: 'DSL_EXPRESSION_SYNTAX',
      severity: 'warning',
      message: '"$ {{" is plain text; an expression begins with "${{".',
      at,
      within,
      fix: { title: 'Write ${{', applicability: 'review', edits: [{ span: within, text: '$' }] },
    }
  })
}

/** Whether what stands at `at` can be what the flow says that it returns. */
export function checkReturned(walk: Walk, { given, at }: { given: Type; at: string }): void {
  const { returns: wanted } = walk
  if (wanted === undefined) return
  walk.problems.push(...misfits({ given: jsonTypeOf(given), wanted, at, who: '"returns"' }))
}

/** Checks a template of which only some kinds of values can be used. */
export function checkKind(
  walk: Walk,
  checked: Checked & { readonly kinds: readonly Kind[]; readonly key: string },
): Type {
  const { value, at, kinds, key } = checked
  const type = check(walk, checked)
  if (mayBe(type, kinds)) return type
  const wanted = kinds.map((kind) => (kind === 'bool' ? 'true or false' : kind)).join(' or ')
  const message = `"${key}" needs ${wanted}; this is ${printType(type)}.`
  walk.problems.push({
    code: 'DSL_EXPRESSION_TYPE',
    severity: 'error',
    message,
    at,
    ...wrapped(value),
  })
  return type
}

/** Helps where the braces were forgotten. */
function wrapped(value: Json): Partial<Problem> {
  if (typeof value !== 'string' || value.includes('${{')) return {}
  const { node } = parseExpression(value)
  if (node === undefined || node.op === 'name') return { help: 'Expressions stand in ${{ … }}.' }
  const span = { start: 0, end: value.length }
  const text = `\${{ ${value.trim()} }}`
  const fix = { title: `Write "${text}"`, applicability: 'safe', edits: [{ span, text }] } as const
  return { help: `Did you mean ${text}?`, within: span, fix }
}
