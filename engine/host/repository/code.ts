/**
 * Builds the code that a flow names: plugins from their folders, transforms from their
 * text, each as a unit with its digest. Mistakes in code are problems with their place
 * in the file they are in, also inside the text of a `transform: |`.
 */
import { posix } from 'node:path'

import type { Digest } from '#engine/core/digest.ts'
import type { Problem, Span } from '#engine/core/problem.ts'
import type { Flow } from '#engine/dsl/flow.ts'
import { permissionsIn } from '#engine/dsl/power/kinds.ts'
import { codePath, resolvePath } from '#engine/dsl/path.ts'
import { nameOf } from '#engine/dsl/reference.ts'
import { checkPlugins } from '#engine/dsl/check.ts'
import { type Document, parseDocument } from '#engine/dsl/text.ts'
import type { ResolvedAction } from '#engine/plan/compile.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'
import { buildPlugin, buildTransform, type Built } from '#engine/sandbox/unit.ts'

import { buildAgent } from '#engine/host/agent/build.ts'
import { pluginSources, type Catalog, type FoundPlugin } from './catalog.ts'
import type { Files } from './files.ts'
import { needsOf, type Transform } from './needs.ts'
import { splitAction } from './world.ts'

/** A flow, or a component that it uses. */
export interface CodeSource {
  readonly flow: Pick<Flow, 'steps'>
  readonly document: Document
  /** The path of a component; absent for the flow. */
  readonly file?: string
}

export interface CodeRequest {
  readonly sources: readonly CodeSource[]
  readonly files: Files
  readonly catalog: Catalog
  readonly cache: BundleCache | undefined
  /** The repository, where a name may be that of one plugin only. */
  readonly own?: Files
  /** Units that were built before, by what they were built from. */
  readonly code: Map<string, Code>
}

export interface BuiltCode {
  /** By name without a range. */
  readonly actions: ReadonlyMap<string, ResolvedAction>
  /** By the component that it is in, or nothing, and the text or path as written. */
  readonly transforms: ReadonlyMap<string, Digest>
  /** By the component that it is in, or nothing, and the path as written. */
  readonly agents: ReadonlyMap<string, ResolvedAction>
  readonly blobs: readonly Uint8Array[]
  readonly problems: readonly Problem[]
}

/** One unit, or what is wrong with it. */
export type Code = Built

/** Builds everything that the sources name; what cannot be found is left to the checker to tell. */
export async function buildCode(request: CodeRequest): Promise<BuiltCode> {
  const actions = new Map<string, ResolvedAction>()
  const transforms = new Map<string, Digest>()
  const agents = new Map<string, ResolvedAction>()
  const blobs: Uint8Array[] = []
  const problems: Problem[] = []
  const keep = (built: Code): Digest | undefined => {
    if (!built.ok) return void problems.push(...built.problems)
    blobs.push(built.unitBytes, built.code)
    return built.digest
  }
  for (const source of request.sources) {
    const needs = needsOf(source.flow)
    for (const written of needs.actions) {
      const name = nameOf(written)
      const { plugin, action } = splitAction(name)
      const built = actions.has(name) ? undefined : await pluginCode(request, plugin)
      if (built === undefined) continue
      const unit = keep(built)
      const spec = built.ok ? built.unit.actions[action] : undefined
      if (unit === undefined || spec === undefined) continue
      const { model = [] } = permissionsIn(built.ok ? built.unit.capabilities : {}, spec.needs)
      const spends = model.length > 0
      actions.set(name, { name, unit, export: action, action: spec, spends })
    }
    for (const path of needs.agents) {
      const built = buildAgent(request.files, { file: source.document.file, path })
      if (built === undefined) continue
      agents.set(`${source.file ?? ''}\n${path}`, built.action)
      blobs.push(...built.blobs)
    }
    for (const transform of needs.transforms) {
      const built = await transformCode(request, source.document, transform)
      const unit = built === undefined ? undefined : keep(built)
      if (unit !== undefined) transforms.set(`${source.file ?? ''}\n${transform.code}`, unit)
    }
  }
  return { actions, transforms, agents, blobs, problems }
}

async function pluginCode(request: CodeRequest, plugin: string): Promise<Code | undefined> {
  const known = request.code.get(`plugin ${plugin}`)
  if (known !== undefined) return known
  const found = request.catalog.findPlugin(plugin)
  if (found === undefined) return undefined
  const twins = found.files === request.own ? pluginTwins(request.catalog, found) : []
  const built: Built =
    twins.length > 0
      ? { ok: false, problems: [] }
      : await buildPlugin(found.manifest, pluginSources(found), request.cache)
  const told = built.ok
    ? built
    : {
        ok: false as const,
        problems: [...twins, ...built.problems.map((one) => inFolder(one, found.file))],
      }
  request.code.set(`plugin ${plugin}`, told)
  return told
}

/** The same name in several manifests: none of them is the plugin, whichever comes first. */
export function pluginTwins(
  catalog: Catalog,
  { manifest, file, files }: FoundPlugin,
): readonly Problem[] {
  const same = catalog.filesOfPlugin(manifest.plugin)
  if (same.length < 2 || !same.includes(file)) return []
  return checkPlugins(
    same.map((path) => parseDocument({ file: path, text: files.readText(path) ?? '' })),
  )
}

/** A problem of a plugin's code, with its path from the root; `manifest` is the path of the manifest. */
export function inFolder(problem: Problem, manifest: string): Problem {
  const { file } = problem
  return {
    ...problem,
    file: file === undefined ? manifest : posix.join(posix.dirname(manifest), file),
  }
}

async function transformCode(
  { files, cache }: CodeRequest,
  document: Document,
  { code, at }: Transform,
): Promise<Code | undefined> {
  const written = codePath(code)
  if (written === undefined) {
    const built = await buildTransform({ name: 'transform', text: code, language: 'ts' }, cache)
    if (built.ok) return built
    return { ok: false, problems: built.problems.map((one) => inText(one, { document, at, code })) }
  }
  const path = resolvePath(document.file, written)
  const text = path === undefined ? undefined : files.readText(path)
  if (path === undefined || text === undefined) return undefined
  const language = path.endsWith('.ts') ? 'ts' : 'js'
  const built = await buildTransform({ name: path, text, language }, cache)
  return built.ok
    ? built
    : { ok: false, problems: built.problems.map((one) => ({ ...one, file: path })) }
}

interface InText {
  readonly document: Document
  readonly at: string
  readonly code: string
}

/** A problem of inline code, at its place in the flow file where that can be told. */
function inText(problem: Problem, { document, at, code }: InText): Problem {
  const scalar = document.span(at)
  const span =
    problem.span === undefined
      ? scalar
      : (spanInBlock(document.text, scalar, { code, span: problem.span }) ?? scalar)
  return { ...problem, file: document.file, at, span }
}

/** The place in a literal block scalar (`|`): its lines are those of the value, indented. */
function spanInBlock(
  text: string,
  scalar: Span,
  { code, span }: { readonly code: string; readonly span: Span },
): Span | undefined {
  const source = text.slice(scalar.start, scalar.end)
  if (!source.startsWith('|')) return undefined
  const line = code.slice(0, span.start).split('\n').length
  const column = span.start - (code.lastIndexOf('\n', span.start - 1) + 1)
  const lines = source.split('\n')
  const indent = /^ */.exec(lines.slice(1).find((one) => one.trim() !== '') ?? '')?.[0].length ?? 0
  const before = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0)
  const start = scalar.start + before + indent + column
  const lineEnd = scalar.start + before + (lines[line]?.length ?? 0)
  return { start, end: Math.max(start + 1, Math.min(start + span.end - span.start, lineEnd)) }
}
