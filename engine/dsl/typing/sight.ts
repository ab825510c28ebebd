/**
 * What can be seen from one place of a flow, as a type environment for expressions.
 *
 * The steps that are seen are a layer per list: a list adds its steps to its own layer as they
 * are checked, on top of those around it, so that two parts of a block cannot see each other
 * and a long flow is not copied at every step.
 */
import { rootNames } from '#engine/dsl/expression/path.ts'

import type { TypeEnv } from './infer.ts'
import { explainStep, type PlacedStep } from './steps.ts'
import { any, fieldsOf, recordOf, simple, unionOf, type Explained, type Type } from './type.ts'

/** The outputs of the steps of one list so far, by id, and the layer of the list around it. */
export interface Layer {
  readonly own: Map<string, Type>
  readonly around?: Layer
}

/** An empty layer on top of `around`. */
export function layerOver(around?: Layer): Layer {
  return around === undefined ? { own: new Map() } : { own: new Map(), around }
}

function findOutput(layer: Layer | undefined, id: string): Type | undefined {
  for (let at = layer; at !== undefined; at = at.around) {
    const output = at.own.get(id)
    if (output !== undefined) return output
  }
  return undefined
}

/** The ids that are seen, the nearest first. */
function idsOf(layer: Layer): readonly string[] {
  const ids = [...layer.own.keys()].toReversed()
  return layer.around === undefined ? ids : [...ids, ...idsOf(layer.around)]
}

export interface Sight {
  readonly inputs: Type
  readonly steps: Layer
  /** The outputs of the branches that the branch around needs. */
  readonly branches?: ReadonlyMap<string, Type>
  /** The `as` names of the `each` blocks around. */
  readonly names: ReadonlyMap<string, Type>
  readonly turn?: Type
  /** What came, in the expressions of an `await`; else it is what started the run. */
  readonly event?: Type
  readonly isCaught?: boolean
  /** Inside a component: of the flow around it nothing is seen, the event neither. */
  readonly isApart?: boolean
}

/** What belongs to the whole flow: where steps are, and which `as` names it has. */
export interface Landscape {
  readonly placed: ReadonlyMap<string, PlacedStep>
  /** The id of the `each` step by its `as` name. */
  readonly items: ReadonlyMap<string, string>
}

const text = simple('string')

const runType = recordOf({
  id: text,
  flow: text,
  startedAt: text,
  commit: unionOf([text, simple('null')]),
})

const errorType = recordOf({ code: text, message: text, data: any })

/** The environment of an expression at the pointer `here`. */
export function envOf(sight: Sight, landscape: Landscape, here: string): TypeEnv {
  const variables = new Map<string, Type>([
    ['inputs', sight.inputs],
    ['steps', stepsType(sight, landscape, here)],
    ['run', runType],
  ])
  if (sight.isApart !== true || sight.event !== undefined) {
    variables.set('event', sight.event ?? any)
  }
  if (sight.branches !== undefined) variables.set('branches', branchesType(sight.branches))
  if (sight.turn !== undefined) variables.set('turn', sight.turn)
  if (sight.isCaught === true) variables.set('error', errorType)
  for (const [name, type] of sight.names) if (!variables.has(name)) variables.set(name, type)
  return { variables, explain: (name) => explainName(name, sight, landscape) }
}

function stepsType(sight: Sight, landscape: Landscape, here: string): Type {
  const find = (id: string): Type | undefined => {
    const output = findOutput(sight.steps, id)
    return output === undefined ? undefined : outputOnly(`steps.${id}`, output)
  }
  const explain = (id: string): Explained =>
    explainStep({ id, here, placed: landscape.placed, visible: idsOf(sight.steps) })
  return { kind: 'map', fields: fieldsOf([]), find, explain }
}

function branchesType(branches: ReadonlyMap<string, Type>): Type {
  const fields = [...branches].map(
    ([name, output]) =>
      [name, { type: outputOnly(`branches.${name}`, output), isOptional: false }] as const,
  )
  return {
    kind: 'map',
    fields: fieldsOf(fields),
    explain: (name) => ({
      code: 'DSL_NAME_UNKNOWN',
      message: `The branch "${name}" cannot be seen here.`,
      help: `Only branches that this one names in "needs" can be seen.`,
    }),
  }
}

/** `steps.a` itself: all it has is `output`. */
function outputOnly(path: string, output: Type): Type {
  return {
    ...recordOf({ output }),
    explain: (field) => ({
      code: 'DSL_FIELD_UNKNOWN',
      message: `"${path}" has only "output", not "${field}".`,
      help: `Write ${path}.output.${field} for a field of the output.`,
      ...(hasField(output, field) ? { replacement: `output.${field}` } : {}),
    }),
  }
}

function hasField(type: Type, field: string): boolean {
  return type.kind === 'map' && type.fields[field] !== undefined
}

const onlyInside: Readonly<Record<string, string>> = {
  error: 'inside "catch"',
  turn: 'inside "each" and "while"',
  event: 'outside of components',
  branches: 'in a branch that names others in "needs"',
}

function explainName(name: string, sight: Sight, landscape: Landscape): Explained | undefined {
  const code = 'DSL_NAME_UNKNOWN'
  const where = Object.hasOwn(onlyInside, name) ? onlyInside[name] : undefined
  if (where !== undefined) return { code, message: `"${name}" is known only ${where}.` }
  const owner = landscape.items.get(name)
  if (owner !== undefined) {
    const message = `"${name}" is the item of "${owner}" and is known only inside it.`
    return { code, message, help: `From outside, use steps.${owner}.output.` }
  }
  if (landscape.placed.has(name)) {
    const message = `"${name}" is a step; what it yields is steps.${name}.output.`
    return findOutput(sight.steps, name) !== undefined
      ? { code, message, replacement: `steps.${name}.output` }
      : { code, message }
  }
  if (name !== 'env' && name !== 'secrets' && name !== 'github') return undefined
  const message = `Expressions see no "${name}".`
  return { code, message, help: `They see ${rootNames().join(', ')} and the items of "each".` }
}
