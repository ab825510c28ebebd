/**
 * The table of functions: their names, what they take and give, and one example of each.
 *
 * The evaluator, the checker and the reference page all read this table, so none of them can
 * know a function that another does not. `f(x, y)` and `x.f(y)` are the same call.
 */
import type { Frame } from '#engine/dsl/expression/failure.ts'
import { conversions } from './conversions.ts'
import { listFunctions } from './lists.ts'
import { textFunctions } from './texts.ts'
import type { Type } from '#engine/dsl/typing/type.ts'
import type { Kind, Value } from '#engine/dsl/expression/value.ts'

/** The kinds of values that a parameter takes, at run time. */
export type Param = 'any' | readonly Kind[]

export interface FunctionSpec {
  readonly name: string
  /** As the reference prints it: `join(list, separator)`. */
  readonly signature: string
  readonly params: readonly Param[]
  /** How many of `params` must be given; absent: all. */
  readonly required?: number
  /** Whether the last parameter may be given many times. */
  readonly isVariadic?: boolean
  /** The type of the result, given the types of the arguments. */
  readonly result: (args: readonly Type[]) => Type
  readonly summary: string
  /** An expression and its result as JSON. */
  readonly example: readonly [string, string]
  readonly call: (args: readonly Value[], frame: Frame) => Value
}

/** What looks like a function and is compiled: its arguments are not all evaluated. */
export interface MacroSpec {
  readonly name: string
  readonly signature: string
  readonly summary: string
  readonly example: readonly [string, string]
}

export const macros: readonly MacroSpec[] = [
  {
    name: 'has',
    signature: 'has(map.field)',
    summary: 'Whether the map has the field. What stands before the last point must exist.',
    example: ['has({"a": 1}.b)', 'false'],
  },
  {
    name: 'default',
    signature: 'default(path, otherwise)',
    summary: '`path`, or `otherwise` where a field of it is absent or its value is null.',
    example: ['default({"a": {}}.a.b.c, "none")', '"none"'],
  },
  {
    name: 'map',
    signature: 'list.map(x, value) · list.map(x, condition, value)',
    summary: 'A list of `value` for each item; with a condition, only for items that meet it.',
    example: ['[1, 2, 3].map(n, n > 1, n * 10)', '[20,30]'],
  },
  {
    name: 'filter',
    signature: 'list.filter(x, condition)',
    summary: 'The items that meet the condition. For a map: the keys.',
    example: ['[1, 2, 3].filter(n, n > 1)', '[2,3]'],
  },
  {
    name: 'all',
    signature: 'list.all(x, condition)',
    summary: 'Whether every item meets the condition.',
    example: ['[1, 2, 3].all(n, n > 0)', 'true'],
  },
  {
    name: 'exists',
    signature: 'list.exists(x, condition)',
    summary: 'Whether some item meets the condition.',
    example: ['["a", "b"].exists(s, s == "b")', 'true'],
  },
  {
    name: 'exists_one',
    signature: 'list.exists_one(x, condition)',
    summary: 'Whether exactly one item meets the condition.',
    example: ['[1, 1, 2].exists_one(n, n == 1)', 'false'],
  },
  {
    name: 'bind',
    signature: 'cel.bind(x, value, expression)',
    summary: '`expression`, in which `x` stands for `value`.',
    example: ['cel.bind(n, 2 + 3, n * n)', '25'],
  },
]

export const functions: readonly FunctionSpec[] = [
  ...textFunctions,
  ...listFunctions,
  ...conversions,
]

const byName: ReadonlyMap<string, FunctionSpec> = new Map(functions.map((f) => [f.name, f]))
const macroNames: ReadonlySet<string> = new Set(macros.map((macro) => macro.name))

export function findFunction(name: string): FunctionSpec | undefined {
  return byName.get(name)
}

export function isMacro(name: string): boolean {
  return macroNames.has(name)
}

/** Every name that can be called, for "did you mean". */
export function functionNames(): readonly string[] {
  return [...byName.keys(), ...macroNames]
}

/** Whether `count` arguments suit `spec`. */
export function takesCount(spec: FunctionSpec, count: number): boolean {
  const least = spec.required ?? spec.params.length
  return count >= least && (spec.isVariadic === true || count <= spec.params.length)
}

/** The parameter that the argument at `index` is for. */
export function paramAt(spec: FunctionSpec, index: number): Param {
  return spec.params[Math.min(index, spec.params.length - 1)] ?? 'any'
}
