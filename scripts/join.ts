/**
 * Joins the chunks of a build that are always loaded together, because each file that a start
 * has to find, read and link costs it about as much as ten kilobytes of code.
 *
 * The bundler makes a chunk for every set of commands that share something: seventy for one
 * run. Here those of a frequent start become one, in the order in which they were evaluated.
 * Commands that share a part of it load all of it; each module is still there once.
 */
import { rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { build, type Metafile, type Plugin } from 'esbuild'

type Outputs = Metafile['outputs']

/** Chunks that become one file, which has the name of the chunk of `entry`. */
interface Group {
  readonly head: string
  /** By file name; each with what it gives to others. */
  readonly chunks: ReadonlyMap<string, readonly string[]>
}

/**
 * Joins what each of `entries` loads, of what the ones before did not; what every start imports
 * goes with the first. `entries` are sources that are loaded with `import()`; the outputs of
 * `metafile` are in `out`.
 */
export async function joinChunks(
  { out, metafile }: { readonly out: string; readonly metafile: Metafile },
  entries: readonly string[],
): Promise<void> {
  const outputs = metafile.outputs
  const taken = new Set<string>()
  const groups = entries.map((entry): Group => {
    const head = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === entry)
    if (head === undefined) throw new Error(`The build has no chunk of "${entry}".`)
    const loaded = [...(taken.size === 0 ? always(outputs) : []), ...closure(outputs, head)]
    const paths = [...new Set(loaded)].filter((path) => !taken.has(path))
    for (const path of paths) taken.add(path)
    const exportsOf = (path: string): readonly string[] => outputs[path]?.exports ?? []
    return {
      head: basename(head),
      chunks: new Map(paths.map((path) => [basename(path), exportsOf(path)])),
    }
  })
  // What somebody loads with `import()` keeps a file of its own name.
  const rest = Object.keys(outputs).filter(
    (path) => !taken.has(path) || outputs[path]?.entryPoint !== undefined,
  )
  const fresh = join(out, 'joined')
  const heads = groups.map(({ head }) => head)
  const own = [...new Set([...heads, ...rest.map((path) => basename(path))])]
  await build({
    absWorkingDir: out,
    entryPoints: own.map((name) => `./${name}`),
    outdir: fresh,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24.12',
    plugins: [joined(out, groups)],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
  })
  for (const path of Object.keys(outputs)) await rm(join(out, basename(path)))
  for (const name of own) await rename(join(fresh, name), join(out, name))
  await rm(fresh, { recursive: true })
}

/**
 * What the script that is started imports. It is no part of a group: whoever imported that
 * would wait for its end.
 */
function always(outputs: Outputs): readonly string[] {
  const named = Object.keys(outputs).filter((path) => isStarted(outputs, path))
  return named.flatMap((path) => [...closure(outputs, path)].filter((one) => one !== path))
}

/** Whether nobody imports it. */
function isStarted(outputs: Outputs, path: string): boolean {
  return !Object.values(outputs).some(({ imports }) => imports.some((one) => one.path === path))
}

/** `path` and every chunk that it imports, those too that only others do. */
function closure(outputs: Outputs, path: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(path)) return found
  found.add(path)
  for (const { path: next, kind, external } of outputs[path]?.imports ?? []) {
    if (kind === 'import-statement' && external !== true) closure(outputs, next, found)
  }
  return found
}

/** Where the parts of a group are found: in its head, under names that say whose they are. */
function joined(out: string, groups: readonly Group[]): Plugin {
  const groupOf = (name: string): Group | undefined => groups.find(({ chunks }) => chunks.has(name))
  const nameIn = (chunk: string, name: string): string =>
    `${chunk.replace(/\W/g, '_')}_${name === 'default' ? 'its_default' : name}`
  const all = ({ chunks }: Group): string =>
    [...chunks]
      .map(([chunk, names]) => {
        const given = names.map((name) => `${name} as ${nameIn(chunk, name)}`)
        return `export { ${given.join(', ')} } from './${chunk}'`
      })
      .join('\n')
  return {
    name: 'joined',
    setup: (bundle) => {
      bundle.onResolve({ filter: /./ }, ({ path, importer, namespace, kind, pluginData }) => {
        const name = basename(path)
        const group = groupOf(name)
        const isChunk = path.startsWith('./')
        if (kind === 'entry-point') {
          if (group === undefined) return { path: join(out, name) }
          return { path: name, namespace: group.head === name ? 'head' : 'part' }
        }
        if (!isChunk || kind === 'dynamic-import' || group === undefined)
          return { path, external: true }
        const from = namespace === 'file' ? groupOf(basename(importer)) : undefined
        const isInside = namespace === 'head' || from === group
        if (pluginData === 'head') return { path, external: true }
        return isInside
          ? { path: join(out, name) }
          : { path: name, namespace: 'part', pluginData: group.head }
      })
      bundle.onLoad({ filter: /./, namespace: 'head' }, ({ path }) => {
        const group = groupOf(path)
        const own = group?.chunks.get(path) ?? []
        const rest = group === undefined ? '' : all(group)
        return {
          contents: `export { ${own.join(', ')} } from './${path}'\n${rest}`,
          resolveDir: out,
        }
      })
      bundle.onLoad({ filter: /./, namespace: 'part' }, ({ path }) => {
        const group = groupOf(path)
        const names = group?.chunks.get(path) ?? []
        const given = names.map((name) => `${nameIn(path, name)} as ${name}`)
        return {
          contents: `export { ${given.join(', ')} } from './${group?.head ?? ''}'`,
          resolveDir: out,
          pluginData: 'head',
        }
      })
    },
  }
}
