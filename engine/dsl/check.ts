/**
 * Checks the files of a repository: all problems at once, each with its place.
 *
 * Pure and total: it reads no file and runs nothing; what a file names outside itself is
 * asked of a `World`. The order is shape, then what shape cannot say, then names and
 * types of expressions. Code in files is checked by who bundles it.
 */
import blueprintSchema from '#schemas/blueprint.json' with { type: 'json' }
import flowSchema from '#schemas/flow.json' with { type: 'json' }
import repositorySchema from '#schemas/ionflux.json' with { type: 'json' }
import pluginSchema from '#schemas/plugin.json' with { type: 'json' }

import { isObject, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { hasErrors, type Problem } from '#engine/core/problem.ts'

import { checkPlaces } from './blueprint/check.ts'
import type { Blueprint } from './blueprint/file.ts'
import { bundleSchema } from './check/bundle.ts'
import { locate } from './check/locate.ts'
import { checkActions } from './check/manifest.ts'
import type { ShapeSchema } from './check/node.ts'
import { checkPowers } from './check/powers.ts'
import { checkReferences } from './check/references.ts'
import { checkInputs, checkSchema } from './check/schemas.ts'
import { checkShape } from './check/shape.ts'
import { checkSteps, duration } from './check/steps.ts'
import { checkTriggers } from './check/triggers.ts'
import { findSteps } from './check/walk.ts'
import { checkAgents } from './agent/check.ts'
import { checkComponents } from './component/check.ts'
import { componentsOf, type ComponentFile } from './component/file.ts'
import type { Flow } from './flow.ts'
import { checkGates } from './gates/check.ts'
import type { Manifest } from './manifest.ts'
import { checkNames } from './names.ts'
import type { Repository } from './repository.ts'
import type { Document } from './text.ts'
import type { World } from './world.ts'

export { locate }

export interface CheckedFlow {
  /** Absent when there are errors. Its `inputs` and `returns` are closed in themselves. */
  readonly flow?: Flow
  /** The components that it uses, by path from the root; absent when there are errors. */
  readonly components?: ReadonlyMap<string, ComponentFile>
  /** Of the text and of what it means, in the order of the file. */
  readonly problems: readonly Problem[]
}

/** Checks one flow file. */
export function checkFlow(document: Document, world: World): CheckedFlow {
  const { value } = document
  if (value === undefined) return { problems: document.problems }
  const shape = checkShape(document, flowSchema as ShapeSchema)
  const steps = findSteps(value)
  const flow = isObject(value) ? closed(value as unknown as Flow, document, world) : undefined
  const outline = isObject(value) ? value : {}
  const found = [
    ...shape,
    ...checkSteps(steps),
    ...checkTriggers(outline['on'], flow?.inputs),
    ...duration(outline['timeout'], '/timeout'),
    ...checkGates(outline),
    ...checkInputs(outline['inputs']),
    ...checkReferences({ document, world }, steps),
    ...checkPowers({ document, world }, steps),
  ]
  // A file that is named and not there was said; the schema around it is judged without it.
  for (const key of ['inputs', 'returns'] as const) {
    const areFilesThere = !found.some(({ at }) => at.startsWith(`/${key}`) && at.endsWith('/$ref'))
    if (areFilesThere) found.push(...checkSchema(flow?.[key], `/${key}`))
  }
  const isTyped = flow !== undefined && !shape.some(({ code }) => untyped.has(code))
  found.push(...checkAgents({ document, world }, steps))
  const parts = checkComponents({ document, world }, steps)
  found.push(...parts.problems)
  const components = componentsOf(document.file, parts.known)
  if (isTyped) found.push(...checkNames(flow, world, components))
  const problems = settle(document, found)
  return flow === undefined || hasErrors(problems)
    ? { problems }
    : { flow, components: parts.known, problems }
}

/** After one of these a value is not what the types say. */
const untyped: ReadonlySet<string> = new Set([
  'DSL_VALUE_TYPE',
  'DSL_KEY_MISSING',
  'DSL_KEY_UNKNOWN',
  'DSL_STEP_KIND',
])

function closed(flow: Flow, { file }: Document, world: World): Flow {
  const readText = (path: string): string | undefined => world.readText(path)
  const bundled = (schema: JsonObject): JsonObject => bundleSchema(schema, { file, readText })
  return {
    ...flow,
    ...(isObject(flow.inputs) ? { inputs: bundled(flow.inputs) } : {}),
    ...(isObject(flow.returns) ? { returns: bundled(flow.returns) } : {}),
  }
}

/** What was found, with its places and what was wrong with the text before it. */
function settle(document: Document, found: readonly Problem[]): readonly Problem[] {
  const located = locate(document, found.slice(0, limits.problemsPerFileMax))
  return [...document.problems, ...located]
    .toSorted((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0))
    .slice(0, limits.problemsPerFileMax)
}

export interface CheckedManifest {
  /** Absent when there are errors. */
  readonly manifest?: Manifest
  readonly problems: readonly Problem[]
}

/** Checks a `plugin.yaml`. */
export function checkManifest(document: Document): CheckedManifest {
  if (document.value === undefined) return { problems: document.problems }
  const shape = checkShape(document, pluginSchema as ShapeSchema)
  const problems = settle(document, [...shape, ...checkActions(document.value)])
  const manifest = document.value as unknown as Manifest
  return hasErrors(problems) ? { problems } : { manifest, problems }
}

export interface CheckedBlueprint {
  /** Absent when there are errors. */
  readonly blueprint?: Blueprint
  readonly problems: readonly Problem[]
}

/** Checks a `blueprint.yaml`. */
export function checkBlueprint(document: Document): CheckedBlueprint {
  if (document.value === undefined) return { problems: document.problems }
  const shape = checkShape(document, blueprintSchema as ShapeSchema)
  const problems = settle(document, [...shape, ...checkPlaces(document.value)])
  const blueprint = document.value as unknown as Blueprint
  return hasErrors(problems) ? { problems } : { blueprint, problems }
}

export interface CheckedRepository {
  /** Absent when there are errors. */
  readonly repository?: Repository
  readonly problems: readonly Problem[]
}

/** Checks an `ionflux.yaml`; an empty file is one that leaves everything to the defaults. */
export function checkRepository(document: Document): CheckedRepository {
  if (document.value === undefined) return { problems: document.problems }
  if (document.value === null) return { repository: {}, problems: document.problems }
  const problems = settle(document, checkShape(document, repositorySchema as ShapeSchema))
  const repository = document.value as unknown as Repository
  return hasErrors(problems) ? { problems } : { repository, problems }
}

/** Checks what flow files can only get wrong together: an id that two of them have. */
export function checkFlows(documents: readonly Document[]): readonly Problem[] {
  return checkTwins(documents, {
    code: 'DSL_FLOW_DUPLICATE',
    key: 'id',
    what: 'id',
    of: 'flow',
    help: 'Give each flow of the repository an id of its own.',
  })
}

/** Checks what manifests can only get wrong together: a name that two of them have. */
export function checkPlugins(documents: readonly Document[]): readonly Problem[] {
  return checkTwins(documents, {
    code: 'DSL_PLUGIN_DUPLICATE',
    key: 'plugin',
    what: 'name',
    of: 'plugin',
    help: 'Give each plugin of the repository a name of its own, or remove one of them.',
  })
}

interface Twins extends Pick<Problem, 'code' | 'help'> {
  readonly key: string
  readonly what: string
  readonly of: string
}

function checkTwins(documents: readonly Document[], twins: Twins): readonly Problem[] {
  const { code, key, what, of, help } = twins
  const at = `/${key}`
  const first = new Map<string, Document>()
  return documents.flatMap((document) => {
    const name = isObject(document.value) ? document.value[key] : undefined
    if (typeof name !== 'string') return []
    const before = first.get(name)
    if (before === undefined) {
      first.set(name, document)
      return []
    }
    const { file } = before
    const message = `The ${what} "${name}" of the ${of} in "${document.file}" is taken by the ${of} in "${file}".`
    const related = [{ message: 'It is used here first.', file, at, span: before.span(at) }]
    return locate(document, [
      { code, severity: 'error', message, at, related, ...(help === undefined ? {} : { help }) },
    ])
  })
}
