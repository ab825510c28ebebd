/**
 * Compiles the AssemblyScript of a plugin to its module, for an author who changes it.
 *
 * The compiler is one that is installed beside ionflux; without it a plugin works as it
 * is, because its module is one of its files. It sees the texts of the plugin's folder and
 * nothing else: no settings, no packages and no code of the author's runs while it works,
 * so equal sources and one compiler give equal bytes. The only file that knows it.
 */
import { existsSync } from 'node:fs'
import { basename, join, posix, sep } from 'node:path'

import type * as compiler from 'assemblyscript/asc'

import { IonError } from '#engine/core/error.ts'
import type { Problem } from '#engine/core/problem.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'

import type { PluginFolder } from '#engine/host/plugin/folder.ts'
import { overwrite } from '#engine/host/plugin/overwrite.ts'
import { withMap } from '#engine/sandbox/module/trace.ts'

/**
 * What the module is: `none` where nothing is compiled, `stale` where the source gives
 * another one, `unchecked` when there is no compiler to ask.
 */
export type ModuleState = 'none' | 'current' | 'stale' | 'written' | 'unchecked'

export interface Compiled {
  readonly state: ModuleState
  /** Of the AssemblyScript; nothing was written then. */
  readonly problems: readonly Problem[]
}

/** How to get the compiler, for people. */
export const compilerHint =
  'Install the compiler beside ionflux (npm install assemblyscript, with --global where ionflux is global).'

/** Compiles the `source` of a plugin and compares its entry, which is replaced with `write` or where there is none. */
export async function compileFolder(
  { manifest, files, path, shown }: PluginFolder,
  { write }: { readonly write: boolean },
): Promise<Compiled> {
  // What an installation has brought is not its user's to change.
  const isOthers = path.split(sep).includes('node_modules') || !existsSync(path)
  if (manifest?.source === undefined || isOthers) return { state: 'none', problems: [] }
  const found = await findCompiler()
  if (found === undefined) {
    if (files.readBytes(manifest.entry) !== undefined) return { state: 'unchecked', problems: [] }
    const message = `"${manifest.entry}" is not there, and nothing here compiles "${manifest.source}". ${compilerHint}`
    throw new IonError('CLI_USAGE', message, { data: { plugin: manifest.plugin } })
  }
  const result = await compile(found, manifest, (file) => files.readText(file))
  if (typeof result === 'string')
    return { state: 'none', problems: [problemOf(result, manifest, shown)] }
  const before = files.readBytes(posix.normalize(manifest.entry))
  if (before !== undefined && Buffer.compare(before, result) === 0) {
    return { state: 'current', problems: [] }
  }
  if (!write && before !== undefined) return { state: 'stale', problems: [] }
  overwrite(join(path, manifest.entry), result)
  return { state: 'written', problems: [] }
}

async function findCompiler(): Promise<typeof compiler | undefined> {
  try {
    return await import('assemblyscript/asc')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw thrown
  }
}

/**
 * Small and the same everywhere: no runtime but an allocator, which never frees because an
 * instance lives for one call. Names of functions stay, for the traces of traps.
 */
const options = [
  '--optimizeLevel',
  '2',
  '--shrinkLevel',
  '1',
  '--runtime',
  'stub',
  '--debug',
  '--sourceMap',
]

async function compile(
  { main }: typeof compiler,
  { source = '', entry }: Manifest,
  readText: (file: string) => string | undefined,
): Promise<Uint8Array | string> {
  const outFile = basename(entry)
  let module: Uint8Array | undefined
  let map = ''
  let said = ''
  const { error } = await main([posix.normalize(source), '--outFile', outFile, ...options], {
    readFile: (name) => (name === 'asconfig.json' ? null : (readText(name) ?? null)),
    writeFile: (name, content) => {
      if (name === outFile && typeof content !== 'string') module = content
      if (name === `${outFile}.map` && typeof content === 'string') map = content
    },
    listFiles: () => null,
    stdout: { write: () => undefined },
    stderr: { write: (text) => void (said += text) },
  })
  if (error === null && module !== undefined) return withMap(module, map)
  return said === '' ? (error?.message ?? 'It gives no module.') : said
}

/** The first thing the compiler says, at its place. */
function problemOf(said: string, { source = '' }: Manifest, shown: PluginFolder['shown']): Problem {
  // oxlint-disable-next-line no-control-regex
  const text = said.replaceAll(/\u001b\[\d*m/g, '')
  const [, what = text.trim().split('\n')[0] ?? ''] = /ERROR (?:[A-Z]+\d+: )?(.*)/.exec(text) ?? []
  const [, file = source, line, column] = /in (\S+?)\((\d+),(\d+)\)/.exec(text) ?? []
  const place = line === undefined ? '' : ` (${file}:${line}:${column})`
  const message = `${what.replace(/[.!]$/, '')}${place}.`
  return { code: 'PLAN_CODE_MALFORMED', severity: 'error', message, at: '', file: shown(file) }
}
