/**
 * Checks a whole repository, or some of its files: the marker, every plugin, agent and flow,
 * and what only shows when all are seen together.
 *
 * It compiles too, so what it accepts can run; it runs nothing.
 */
import { hasErrors, type Problem } from '#engine/core/problem.ts'
import { checkAgent } from '#engine/dsl/agent/check.ts'
import { checkBlueprint, checkManifest } from '#engine/dsl/check.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { bypassProblems } from '#engine/plan/lock/bound.ts'
import { driftOf, type FlowNow, goneFrom } from '#engine/plan/lock/drift.ts'
import { lockFile } from '#engine/plan/lock/lock.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'
import { buildPlugin } from '#engine/sandbox/unit.ts'

import { type Catalog, pluginSources } from './catalog.ts'
import { inFolder, pluginTwins } from './code.ts'
import { markerFile, readMarker } from './config.ts'
import type { Files } from './files.ts'
import { type LoadedFlow, openLoader, settled, type Loader } from './load.ts'
import { worldOf } from './world.ts'
import { unlocked } from '#engine/host/lock/hold.ts'
import { lockIn } from '#engine/host/lock/lock-in.ts'
import { isTestFile, testGlobs } from '#engine/host/testing/files.ts'

export interface CheckedRepository {
  /** In the order of files, then of places in a file. */
  readonly problems: readonly Problem[]
  readonly flows: number
  readonly plugins: number
  /** Test files. */
  readonly tests: number
}

export interface CheckWish {
  readonly files: Files
  /** Paths from the root to look at, files or folders; absent means everything. */
  readonly paths?: readonly string[]
  readonly cache?: BundleCache
}

/** Checks what `paths` names. A file that is named is looked at whatever the globs say. */
export async function checkAll({ files, paths, cache }: CheckWish): Promise<CheckedRepository> {
  return await settled(files, async () => {
    const loader = openLoader(files, cache)
    const { catalog } = loader
    const chosen = choose(paths)
    const flows = chosen(catalog.flowFiles(), (path) => /\.ya?ml$/.test(path) && !isOther(path))
    const plugins = chosen(catalog.pluginFiles(), (path) => path.endsWith('plugin.yaml'))
    const tests = chosen(files.find(testGlobs), isTestFile)
    const problems: Problem[] = []
    if (chosen([markerFile], (path) => path === markerFile).length > 0)
      problems.push(...readMarker(files).problems)
    problems.push(...strayProblems(files, chosen))
    for (const file of plugins)
      problems.push(...(await checkPlugin({ files, file, cache, catalog })))
    for (const file of chosen(files.find(['**/blueprint.yaml']), isBlueprint)) {
      const text = files.readText(file)
      if (text !== undefined)
        problems.push(...checkBlueprint(parseDocument({ file, text })).problems)
    }
    for (const file of chosen(files.find(['**/*.agent.{yaml,yml}']), isAgent)) {
      const text = files.readText(file)
      if (text !== undefined)
        problems.push(...checkAgent(parseDocument({ file, text }), worldOf(catalog, files)))
    }
    const now: Checked[] = []
    catalog.flowIds() // every id will be asked for
    for (const file of flows) {
      const { loaded, problems: found } = await loader.load({ id: '', file, files })
      problems.push(...found)
      if (loaded !== undefined) now.push({ id: loaded.plan.flow, ...loaded, file })
    }
    problems.push(...lockProblems(files, now))
    if (isWhole(paths) && !hasErrors(problems)) problems.push(...goneProblems(files, now))
    problems.push(...(await checkTests({ files, loader }, tests)))
    const counts = { flows: flows.length, plugins: plugins.length, tests: tests.length }
    return { problems: ordered(unique(problems)), ...counts }
  })
}

const strayWords = {
  link: 'a link, and links of a repository are not followed',
  folder: 'a folder, and a flow is a file',
  other: 'no plain file',
} as const

/** What has the name of a flow and is not read as one. */
function strayProblems(files: Files, chosen: Choose): readonly Problem[] {
  const strays = files.strays?.(readMarker(files).marker.flows) ?? []
  const paths = strays.map(({ path }) => path)
  const wanted = new Set(chosen(paths, () => false))
  return strays
    .filter(({ path }) => wanted.has(path))
    .map(({ path, kind }) => ({
      code: 'CLI_FILE_UNREADABLE',
      severity: 'warning',
      message: `"${path}" is named as flows are and is left out: it is ${strayWords[kind]}.`,
      at: '',
      file: path,
    }))
}

function isBlueprint(path: string): boolean {
  return path.endsWith('blueprint.yaml')
}

function isAgent(path: string): boolean {
  return /\.agent\.ya?ml$/.test(path)
}

function isOther(path: string): boolean {
  const isManifest = /(?:plugin|blueprint|lineage)\.yaml$/.test(path)
  return isManifest || path === markerFile || isTestFile(path) || isAgent(path)
}

/** Test files, and the flows that they test: what one of these lacks is told once. */
async function checkTests(
  place: { readonly files: Files; readonly loader: Loader },
  tests: readonly string[],
): Promise<readonly Problem[]> {
  if (tests.length === 0) return []
  const { loadTest } = await import('#engine/host/testing/load.ts')
  const problems: Problem[] = []
  for (const file of tests) {
    const loaded = await loadTest(place, file)
    problems.push(...loaded.problems, ...loaded.flowProblems)
  }
  return problems
}

function isWhole(paths: readonly string[] | undefined): boolean {
  return paths === undefined || paths.length === 0 || paths.includes('')
}

/** A flow that compiles, and all that a run of it needs. */
interface Checked extends FlowNow, Pick<LoadedFlow, 'blobs'> {
  readonly file: string
}

function unlockedProblems(files: Files, flows: readonly Checked[]): readonly Problem[] {
  return flows.flatMap(({ id, blobs, file }) => {
    const why = unlocked(files, id, blobs)
    return why === undefined ? [] : [stale(files, why, file)]
  })
}

/** A commit does not run what its lock does not name; files are somebody's work under way. */
function lockProblems(files: Files, flows: readonly Checked[]): readonly Problem[] {
  const { lock, problem } = lockIn(files)
  if (problem !== undefined) return [problem]
  if (lock === undefined) return files.commit === undefined ? [] : unlockedProblems(files, flows)
  const stales = flows.flatMap((flow) => {
    const drift = driftOf(lock, flow)
    return drift === undefined ? [] : [stale(files, drift, flow.file)]
  })
  return [...bypassProblems(lock.packages, readMarker(files).marker.registries ?? {}), ...stales]
}

function goneProblems(files: Files, flows: readonly FlowNow[]): readonly Problem[] {
  const { lock } = lockIn(files)
  if (lock === undefined) return []
  return goneFrom(lock, new Set(flows.map(({ id }) => id))).map((id) =>
    stale(files, `${lockFile} names "${id}", which is no more.`, lockFile),
  )
}

function stale({ commit }: Files, message: string, file: string): Problem {
  const severity = commit === undefined ? 'warning' : 'error'
  const help = 'Run `ionflux lock` and commit it together with the change.'
  return { code: 'LOCK_STALE', severity, message, at: '', file, help }
}

type Choose = (known: readonly string[], mayBe: (path: string) => boolean) => readonly string[]

/** Of the known files those below a path that is named, and named files that are not known. */
function choose(paths: readonly string[] | undefined): Choose {
  if (paths === undefined || isWhole(paths)) return (known) => known
  return (known, mayBe) => {
    const below = known.filter((file) =>
      paths.some((path) => file === path || file.startsWith(`${path}/`)),
    )
    return [...new Set([...below, ...paths.filter(mayBe)])].toSorted()
  }
}

interface PluginFile {
  readonly files: Files
  readonly file: string
  readonly cache: BundleCache | undefined
  readonly catalog: Catalog
}

async function checkPlugin({
  files,
  file,
  cache,
  catalog,
}: PluginFile): Promise<readonly Problem[]> {
  const text = files.readText(file)
  if (text === undefined) return []
  const { manifest, problems } = checkManifest(parseDocument({ file, text }))
  if (manifest === undefined) return problems
  const built = await buildPlugin(manifest, pluginSources({ manifest, file, files }), cache)
  const own = built.ok ? [] : built.problems.map((one) => inFolder(one, file))
  return [...problems, ...pluginTwins(catalog, { manifest, file, files }), ...own]
}

/** A flow that several others call is told once. */
function unique(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>()
  return problems.filter((problem) => {
    const key = JSON.stringify([
      problem.code,
      problem.file,
      problem.at,
      problem.span,
      problem.message,
    ])
    return seen.has(key) ? false : seen.add(key)
  })
}

function ordered(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted(
    (a, b) => compare(a.file ?? '', b.file ?? '') || (a.span?.start ?? 0) - (b.span?.start ?? 0),
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
