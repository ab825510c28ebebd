/**
 * Makes one classic script out of the files of a plugin or the text of a transform.
 *
 * Everything comes from a map in memory: no file of the machine, no configuration, no
 * installed package is looked at, so the same files give the same bytes everywhere.
 * The only file that knows esbuild, which is started for code it has not seen before.
 */
import type {
  BuildResult,
  Message,
  OnLoadResult,
  OnResolveArgs,
  OnResolveResult,
  Plugin,
} from 'esbuild'

import { digestOf, type Digest } from '#engine/core/digest.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem, Span } from '#engine/core/problem.ts'
import { encodingProblem } from '#engine/dsl/text/encoding.ts'

import { unitName } from './protocol.ts'
import { compactMap } from './source-map.ts'

/** Part of every cache key, so that another bundler never answers with the bytes of this one. */
export const bundlerVersion = 'esbuild 0.28.2, unit 1'

/** Bundles by a key over sources and bundler; the host keeps them on disk. Code is never trusted more than its sources. */
export interface BundleCache {
  get(key: string): string | undefined
  set(key: string, code: string): void
}

export interface BundleRequest {
  /** Path of the entry in `files`. */
  readonly entry: string
  /** Text by path, with `/`, relative to the folder of the code. */
  readonly files: ReadonlyMap<string, string>
  /** Of all files together; absent means what a plugin has that asks for no more. */
  readonly bytesMax?: number
  /** What the script offers: the name outside, and the name that the entry exports it by. */
  readonly exports: readonly { readonly name: string; readonly from: string }[]
}

export type Bundle =
  | { readonly ok: true; readonly code: string }
  | { readonly ok: false; readonly problems: readonly Problem[] }

const space = 'unit'
/** The entry that esbuild starts from: it only passes on what is asked of the author's file. */
const wrapper = 'ionflux:unit'
const typesOnly = 'ionflux/plugin'

/** Bundles, or answers from `cache`. Mistakes in the code come back as problems with their place. */
export async function bundle(request: BundleRequest, cache?: BundleCache): Promise<Bundle> {
  const tooLarge = refuseSize(request)
  if (tooLarge !== undefined) return { ok: false, problems: [tooLarge] }
  const notText = refuseEncoding(request)
  if (notText.length > 0) return { ok: false, problems: notText }
  const key = bundleKey(request)
  const cached = cache?.get(key)
  if (cached !== undefined) return { ok: true, code: cached }

  const { build } = await import('esbuild')
  let result: BuildResult<{ write: false }>
  try {
    result = await build({
      entryPoints: [wrapper],
      plugins: [filesOf(request)],
      bundle: true,
      write: false,
      outfile: 'unit.js',
      format: 'iife',
      globalName: unitName,
      platform: 'neutral',
      target: 'es2023',
      sourcemap: 'external',
      sourcesContent: false,
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'silent',
      absWorkingDir: '/',
      tsconfigRaw: '{}',
    })
  } catch (thrown) {
    return { ok: false, problems: problemsOf(thrown, request) }
  }
  const [map, code] = ['.map', '.js'].map(
    (end) => result.outputFiles.find((file) => file.path.endsWith(end))?.text ?? '',
  )
  const text = `${(code ?? '').trimEnd()}\n${compactMap(map ?? '', `${space}:`)}\n`
  cache?.set(key, text)
  return { ok: true, code: text }
}

function bundleKey({ entry, files, exports }: BundleRequest): Digest {
  return digestOf({
    bundlerVersion,
    entry,
    files: Object.fromEntries(files),
    exports: exports.map(({ name, from }) => [name, from]),
  })
}

function refuseEncoding({ files }: BundleRequest): readonly Problem[] {
  return [...files].flatMap(([file, text]) => {
    const problem = encodingProblem(text)
    return problem === undefined ? [] : [{ ...problem, file }]
  })
}

function refuseSize({ entry, files, bytesMax }: BundleRequest): Problem | undefined {
  let bytes = 0
  for (const text of files.values()) bytes += Buffer.byteLength(text)
  const most = bytesMax ?? limits.sandboxSourceBytesDefault
  if (bytes <= most) return undefined
  const max = most / 1024
  const message = `The code around "${entry}" is larger than ${max} KB.`
  return { code: 'DSL_LIMIT_EXCEEDED', severity: 'error', message, at: '', file: entry }
}

/** Everything esbuild may see. */
function filesOf({ entry, files, exports }: BundleRequest): Plugin {
  const lines = exports.map(({ name, from }, index) => ({
    take: `${from} as action${index}`,
    give: `action${index} as ${JSON.stringify(name)}`,
  }))
  const contents =
    `import { ${lines.map((line) => line.take).join(', ')} } from ${JSON.stringify(`./${entry}`)}\n` +
    `export { ${lines.map((line) => line.give).join(', ')} }\n`
  const find = (args: OnResolveArgs): OnResolveResult => {
    if (args.path === wrapper || args.path === typesOnly)
      return { path: args.path, namespace: space }
    const path = resolve(args.importer, args.path)
    if (path !== undefined && files.has(path)) return { path, namespace: space }
    return { errors: [{ text: refusal(args.path) }] }
  }
  const load = (path: string): OnLoadResult => {
    if (path === wrapper) return { contents, loader: 'js' }
    if (path === typesOnly) return { contents: 'export {}', loader: 'js' }
    const loader = path.endsWith('.json') ? 'json' : path.endsWith('.ts') ? 'ts' : 'js'
    return { contents: files.get(path) ?? '', loader }
  }
  return {
    name: space,
    setup: (build) => {
      build.onResolve({ filter: /.*/ }, find)
      build.onLoad({ filter: /.*/, namespace: space }, ({ path }) => load(path))
    },
  }
}

/** A relative import against the file that has it; undefined when it leaves the folder. */
function resolve(importer: string, path: string): string | undefined {
  if (!path.startsWith('./') && !path.startsWith('../')) return undefined
  const parts = importer === wrapper ? [] : importer.split('/').slice(0, -1)
  for (const part of path.split('/')) {
    if (part === '..' && parts.pop() === undefined) return undefined
    if (part !== '..' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

function refusal(path: string): string {
  if (path.startsWith('.')) {
    return `"${path}" is no file of this plugin. Write the path with its ending, such as "./parse.ts".`
  }
  return `"${path}" cannot be imported: code in the sandbox has its own files only, no packages and no modules of Node.`
}

function problemsOf(thrown: unknown, request: BundleRequest): readonly Problem[] {
  const messages = (thrown as { readonly errors?: readonly Message[] }).errors
  if (messages === undefined) throw thrown
  return messages.map((message) => problemOf(message, request))
}

function problemOf({ text, location }: Message, { entry, files, exports }: BundleRequest): Problem {
  const base = { code: 'PLAN_CODE_MALFORMED', severity: 'error', at: '' } as const
  const file = location?.file.replace(`${space}:`, '')
  if (location === null || file === undefined || file === wrapper) {
    const missing = exports.find(({ from }) => text.includes(`import "${from}"`))
    if (missing === undefined) return { ...base, message: sentence(text), file: entry }
    const message = `"${entry}" has no export "${missing.from}", which "${missing.name}" needs.`
    return { ...base, message, file: entry }
  }
  const span = spanOf(files.get(file) ?? '', location)
  return { ...base, message: sentence(text), file, span }
}

/** esbuild counts lines from 1 and columns in bytes of UTF-8. */
function spanOf(text: string, place: { line: number; column: number; length: number }): Span {
  let lineStart = 0
  for (let line = 1; line < place.line; line++) lineStart = text.indexOf('\n', lineStart) + 1
  const bytes = Buffer.from(text.slice(lineStart, text.indexOf('\n', lineStart) >>> 0))
  const before = bytes.subarray(0, place.column).toString().length
  const length = bytes.subarray(place.column, place.column + place.length).toString().length
  return { start: lineStart + before, end: lineStart + before + Math.max(1, length) }
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
