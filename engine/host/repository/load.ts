/**
 * From the files of a repository to a plan that can run: finds, checks and compiles one
 * flow and whatever it calls, and nothing else of the repository.
 *
 * Promise: what it gives is everything a run will need, by digest; after that no file is
 * looked at again. It runs nothing of the flow.
 */
import { digestOfText, type Digest } from '#engine/core/digest.ts'
import { isObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { hasErrors, type Problem } from '#engine/core/problem.ts'
import { checkFlow, checkFlows } from '#engine/dsl/check.ts'
import { componentsOf } from '#engine/dsl/component/file.ts'
import { parseDocument, type Document } from '#engine/dsl/text.ts'
import { compile, printPlan } from '#engine/plan/compile.ts'
import { keyOf, lockFile } from '#engine/plan/lock/lock.ts'
import type { Plan } from '#engine/plan/plan.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'

import { openCatalog, type Catalog, type FoundFlow } from './catalog.ts'
import { buildCode, type Code, type CodeSource } from './code.ts'
import type { Files } from './files.ts'
import { needsOf } from './needs.ts'
import { findRoot } from './root.ts'
import { worldOf } from './world.ts'

export interface LoadedFlow {
  readonly plan: Plan
  /** The execDigest: the name of the plan in the content store. */
  readonly digest: Digest
  /** All bytes that a run of it needs in the content store: plans, units, code. */
  readonly blobs: readonly Uint8Array[]
}

export interface Loading {
  /** Absent when there are errors. */
  readonly loaded?: LoadedFlow
  readonly problems: readonly Problem[]
}

/** How often a commit's files may be fetched for one flow: it names files that name files. */
const roundsMax = limits.runDepthMax * 4

/**
 * Loads the flow at `file`. In a folder that is no repository it stands for itself: the folder may
 * be anything, and is not searched for another file with its id.
 */
export async function loadFlow(files: Files, file: string, cache?: BundleCache): Promise<Loading> {
  return await settled(files, async () => {
    const isAlone = files.commit === undefined && findRoot(files.root) === undefined
    const loader = openLoader(files, cache, { isAlone })
    const broken = loader.catalog.broken()
    if (broken.length > 0) return { problems: broken }
    return await loader.load({ id: '', file, files })
  })
}

/** Does `work` again for as long as it asked for files that had to be fetched first. */
export async function settled<T>(files: Files, work: () => Promise<T>): Promise<T> {
  let result = await work()
  for (let round = 1; round < roundsMax && (await files.fetch()); round++) result = await work()
  return result
}

export interface Loader {
  readonly catalog: Catalog
  load(found: FoundFlow): Promise<Loading>
}

/** Loads several flows of `files`; what they share is built once. */
export function openLoader(
  files: Files,
  cache?: BundleCache,
  { isAlone = false }: { readonly isAlone?: boolean } = {},
): Loader {
  const catalog = openCatalog(files)
  const shared = { catalog, cache, loadings: new Map(), code: new Map() }
  const context: Context = isAlone ? shared : { ...shared, own: files }
  return { catalog, load: async (found) => await load(context, found, []) }
}

interface Context {
  readonly catalog: Catalog
  readonly cache: BundleCache | undefined
  /** The repository, where an id may be that of one flow only. */
  readonly own?: Files
  readonly loadings: Map<string, Loading>
  readonly code: Map<string, Code>
}

async function load(
  context: Context,
  found: FoundFlow,
  callers: readonly string[],
): Promise<Loading> {
  const key = `${found.files.root}\n${found.file}`
  const known = context.loadings.get(key)
  if (known !== undefined) return known
  const loading = await loadFresh(context, found, callers)
  context.loadings.set(key, loading)
  return loading
}

async function loadFresh(
  context: Context,
  { file, files }: FoundFlow,
  callers: readonly string[],
): Promise<Loading> {
  const text = files.readText(file)
  if (text === undefined) return { problems: [unreadable(file)] }
  const document = parseDocument({ file, text })
  const world = worldOf(context.catalog, files)
  const checked = checkFlow(document, world)
  const { flow } = checked
  const twins = files === context.own ? twinsOf(context.catalog, files, document) : []
  if (flow === undefined || hasErrors(checked.problems)) {
    const absent = absentProblems(context.catalog, document)
    return { problems: [...checked.problems, ...twins, ...absent] }
  }
  if (twins.length > 0) return { problems: [...checked.problems, ...twins] }
  const own = { flow, document }
  const parts = [...(checked.components?.values() ?? [])].map((part) => ({
    flow: part.component,
    document: part.document,
    file: part.path,
  }))
  const code = await buildCode({ ...context, sources: [own, ...parts], files })
  const called = await loadCalled(context, [own, ...parts], [...callers, flow.id])
  const problems = [...checked.problems, ...code.problems, ...called.problems]
  if (hasErrors(problems)) return { problems }
  const compiled = compile(flow, {
    action: (name) => code.actions.get(name),
    transform: (source, part) => code.transforms.get(`${part ?? ''}\n${source}`),
    flow: (id) => called.plans.get(id),
    agent: (path, part) => code.agents.get(`${part ?? ''}\n${path}`),
    components: componentsOf(file, checked.components ?? new Map()),
  })
  const all = [...problems, ...compiled.problems.map((problem) => located(problem, document))]
  if (compiled.plan === undefined) return { problems: all }
  const printed = printPlan(compiled.plan)
  return {
    loaded: {
      plan: compiled.plan,
      digest: digestOfText(printed),
      blobs: [new TextEncoder().encode(printed), ...code.blobs, ...called.blobs],
    },
    problems: all,
  }
}

/** The same id in several files: none of them is the flow, whichever comes first. */
function twinsOf(catalog: Catalog, files: Files, { value, file }: Document): readonly Problem[] {
  const id = isObject(value) ? value['id'] : undefined
  const same = typeof id === 'string' ? catalog.filesOfFlow(id) : []
  if (same.length < 2 || !same.includes(file)) return []
  return checkFlows(
    same.map((path) => parseDocument({ file: path, text: files.readText(path) ?? '' })),
  )
}

/** Packages of the lock that are not on this machine or not to be used: why a name is not known. */
function absentProblems(catalog: Catalog, { file }: Document): readonly Problem[] {
  const absent = catalog.absent().map((locked): Problem => ({
    code: 'LOCK_PACKAGE_MISSING',
    severity: 'error',
    message: `The package "${keyOf(locked)}" of ${lockFile} is not on this machine.`,
    at: '',
    file,
    help: '`ionflux lock --fetch` gets it from where the lock says, and checks its digest.',
  }))
  return [...catalog.barred(), ...absent]
}

interface Called {
  readonly plans: ReadonlyMap<string, { readonly plan: Digest }>
  readonly blobs: readonly Uint8Array[]
  readonly problems: readonly Problem[]
}

/**
 * Loads the flows that `sources` call: a flow and its components. `callers` are the ids on the
 * way from the flow that runs to this one, itself included. A mistake in one that is called is
 * told with its own file.
 */
async function loadCalled(
  context: Context,
  sources: readonly CodeSource[],
  callers: readonly string[],
): Promise<Called> {
  const plans = new Map<string, { readonly plan: Digest }>()
  const blobs: Uint8Array[] = []
  const problems: Problem[] = []
  const calls = sources.flatMap(({ flow, document }) =>
    needsOf(flow).flows.map((call) => ({ ...call, document })),
  )
  for (const { id, at, document } of calls) {
    if (callers.includes(id)) {
      problems.push(located(cycle([...callers.slice(callers.indexOf(id)), id], at), document))
      continue
    }
    const found = context.catalog.findFlow(id)
    if (found === undefined || plans.has(id)) continue
    const { loaded, problems: theirs } = await load(context, found, callers)
    problems.push(...theirs)
    if (loaded === undefined) continue
    plans.set(id, { plan: loaded.digest })
    blobs.push(...loaded.blobs)
  }
  return { plans, blobs, problems }
}

function cycle(ids: readonly string[], at: string): Problem {
  const last = ids.at(-1) ?? ''
  const ring = ids.map((id) => `"${id}"`).join(' → ')
  return {
    code: 'PLAN_FLOW_CYCLE',
    severity: 'error',
    message:
      ids.length === 2
        ? `The flow "${last}" calls itself.`
        : `These flows call each other in a ring: ${ring}.`,
    at,
    help: 'A flow may not wait for itself; repeat with `while` or `each` instead.',
  }
}

/** Gives a problem of `document` its file and its place in the text. */
export function located(problem: Problem, document: Document): Problem {
  const { file } = document
  return { ...problem, file: problem.file ?? file, span: problem.span ?? document.span(problem.at) }
}

function unreadable(file: string): Problem {
  return {
    code: 'CLI_FILE_UNREADABLE',
    severity: 'error',
    message: `The file "${file}" cannot be read.`,
    at: '',
    file,
  }
}
