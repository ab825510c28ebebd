/**
 * What a flow names outside itself must be there: actions and their versions, flows,
 * files of code, files of schemas.
 */
import { isObject, pointer, type Json } from '#engine/core/json.ts'
import type { Problem, Span } from '#engine/core/problem.ts'
import { codePath, resolvePath } from '#engine/dsl/path.ts'
import { isInRange, parseReference } from '#engine/dsl/reference.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import type { Document } from '#engine/dsl/text.ts'
import type { World } from '#engine/dsl/world.ts'

import { cut } from './node.ts'
import type { FoundStep } from './walk.ts'

/** Problems with every reference of the flow in `document`. */
export function checkReferences(
  { document, world }: { document: Document; world: World },
  steps: readonly FoundStep[],
): readonly Problem[] {
  const problems = steps.flatMap(({ step, at }) => {
    const { use, flow, transform, component, agent } = step
    if (typeof use === 'string') return action(world, use, `${at}/use`)
    if (typeof flow === 'string') return calledFlow(world, flow, `${at}/flow`)
    if (typeof agent === 'string') return file({ document, world, path: agent, at: `${at}/agent` })
    if (typeof component === 'string') {
      return file({ document, world, path: component, at: `${at}/component` })
    }
    const path = typeof transform === 'string' ? codePath(transform) : undefined
    return path === undefined ? [] : file({ document, world, path, at: `${at}/transform` })
  })
  const { inputs, returns, on } = isObject(document.value) ? document.value : {}
  problems.push(...startingFlows(world, on))
  const named = [...findFileRefs(inputs, '/inputs'), ...findFileRefs(returns, '/returns')]
  for (const { path, at } of named) problems.push(...file({ document, world, path, at }))
  return problems
}

function action(world: World, use: string, at: string): readonly Problem[] {
  const reference = parseReference(use)
  if (reference === undefined) {
    const message = `"${cut(use)}" is not an action such as std/git/log or std/git/log@^1.`
    return [{ code: 'DSL_REFERENCE_FORMAT', severity: 'error', message, at }]
  }
  const { name, range } = reference
  const found = world.findAction(name)
  if (found === undefined) {
    const known = world.actionNames()
    const whole = { start: 0, end: name.length }
    return [unknown({ what: 'action', name, known, at, within: whole })]
  }
  if (isInRange(found.version, range)) return []
  const problem: Problem = {
    code: 'DSL_REFERENCE_UNKNOWN',
    severity: 'error',
    message: `"${name}" is here in version ${found.version}, which "${range}" does not allow.`,
    at,
    within: { start: name.length + 1, end: use.length },
    help: `Write ${name}@^${found.version}, or provide a version that fits.`,
    fix: {
      title: `Allow ${found.version}`,
      applicability: 'review',
      edits: [{ span: { start: name.length + 1, end: use.length }, text: `^${found.version}` }],
    },
  }
  return [problem]
}

function calledFlow(world: World, id: string, at: string): readonly Problem[] {
  if (world.findFlow(id) !== undefined) return []
  const within = { start: 0, end: id.length }
  return [unknown({ what: 'flow', name: id, known: world.flowIds(), at, within })]
}

/** Flows whose end starts this one. One that is not there starts nothing, and may come. */
function startingFlows(world: World, triggers: Json | undefined): readonly Problem[] {
  const given = isObject(triggers) ? triggers['flow'] : undefined
  const list = Array.isArray(given) ? (given as readonly Json[]) : [given ?? null]
  return list.flatMap((trigger, i): readonly Problem[] => {
    const id = isObject(trigger) ? trigger['flow'] : undefined
    if (typeof id !== 'string' || world.findFlow(id) !== undefined) return []
    const at = Array.isArray(given) ? `/on/flow/${i}/flow` : '/on/flow/flow'
    const within = { start: 0, end: id.length }
    const found = unknown({ what: 'flow', name: id, known: world.flowIds(), at, within })
    const message = `There is no flow "${cut(id)}", so nothing starts this one.`
    return [{ ...found, severity: 'warning', message }]
  })
}

interface UnknownFacts {
  readonly what: 'action' | 'flow'
  readonly name: string
  readonly known: readonly string[]
  readonly at: string
  readonly within: Span
}

function unknown({ what, name, known, at, within }: UnknownFacts): Problem {
  const bare = {
    code: 'DSL_REFERENCE_UNKNOWN',
    severity: 'error',
    message: `There is no ${what} "${cut(name)}".`,
    at,
    within,
  } as const
  const meant = suggest(name, known)
  if (meant === undefined) return bare
  const edits = [{ span: within, text: meant }]
  const fix = { title: `Write ${meant}`, applicability: 'safe', edits } as const
  return { ...bare, help: `Did you mean "${meant}"?`, fix }
}

interface FileFacts {
  readonly document: Document
  readonly world: World
  readonly path: string
  readonly at: string
}

function file({ document, world, path, at }: FileFacts): readonly Problem[] {
  const target = resolvePath(document.file, path)
  if (target === undefined) {
    const message = `"${cut(path)}" leads out of the repository.`
    return [{ code: 'DSL_REFERENCE_FORMAT', severity: 'error', message, at }]
  }
  if (world.readText(target) !== undefined) return []
  const link = world.linkOn?.(target)
  if (link !== undefined) {
    const message = `"${cut(link)}" is a link, and links of a repository are not followed.`
    const help = 'Put the file itself into the repository.'
    return [{ code: 'DSL_REFERENCE_FORMAT', severity: 'error', message, at, help }]
  }
  const message = `There is no file "${cut(target)}".`
  const help = 'The path is relative to this file.'
  return [{ code: 'DSL_REFERENCE_UNKNOWN', severity: 'error', message, at, help }]
}

/** The relative files that the `$ref`s of a schema name, without their fragments. */
function findFileRefs(schema: Json | undefined, at: string): { path: string; at: string }[] {
  if (Array.isArray(schema)) {
    return schema.flatMap((item: Json, i) => findFileRefs(item, `${at}/${i}`))
  }
  if (!isObject(schema)) return []
  return Object.entries(schema).flatMap(([key, part]) => {
    const here = at + pointer(key)
    if (key !== '$ref' || typeof part !== 'string') return findFileRefs(part, here)
    const path = part.split('#', 1)[0] ?? ''
    // An address with a scheme is refused where the schema itself is checked.
    return path === '' || /^[a-z][a-z0-9+.-]*:/i.test(path) ? [] : [{ path, at: here }]
  })
}
