/**
 * Builds what is published: bundles in `dist/`, because Node.js does not run TypeScript
 * below `node_modules`.
 *
 * Every `import()` stays a border, so a command loads what it needs and no more. Files
 * that are read at run time (plugins, flows, schemas, the error page) are published as
 * they are. Only what cannot be bundled stays a dependency. `npm run build` calls it.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { build, type Metafile } from 'esbuild'

import { Realm } from '#engine/sandbox/realm.ts'
import { printImage } from '#engine/sandbox/realm/image.ts'
import { openMemory } from '#engine/sandbox/realm/memory.ts'

import { joinChunks } from './join.ts'
import { makeMarked } from './quickjs.ts'

const root = dirname(import.meta.dirname)
const run = promisify(execFile)

/**
 * What is bundled together: names in `dist/`, without `.js`, and what they are made of.
 * What is never loaded together shares nothing, so that each start reads few files.
 */
const groups: readonly Readonly<Record<string, string>>[] = [
  { cli: 'engine/cli/main.ts' },
  { index: 'engine/index.ts', plugin: 'engine/plugin.ts', registry: 'registry/index.ts' },
  { 'sandbox-worker': 'engine/sandbox/worker.ts' },
  { 'compare-worker': 'engine/sandbox/compare/worker.ts' },
  { 'mirror-worker': 'engine/mirror/worker.ts' },
  { 'mirror-sync-worker': 'engine/mirror/threads/worker.ts' },
]

/** What the most frequent starts load: one file each, in this order. */
const starts: readonly string[] = [
  'engine/host/installation.ts', // all that --version asks for
  'engine/host/plugin/sandbox.ts', // starts a thread while the rest is loaded
  'engine/cli/run/perform.ts',
  'engine/cli/commands/run.ts',
]

/** The public doors, whose types are published. */
const doors: readonly string[] = Object.values(groups[1] ?? {})

/** Bundled CommonJS packages ask for Node's own modules with `require`. */
const banner = [
  "import { createRequire as createRequireOfBundle } from 'node:module'",
  'const require = createRequireOfBundle(import.meta.url)',
].join('\n')

/** Builds everything into `out`, which is emptied first; returns the sizes of the bundles. */
export async function buildAll(out: string): Promise<Readonly<Record<string, number>>> {
  const metafiles = await buildRunnable(out)
  await writeFile(join(out, 'THIRD-PARTY-LICENSES.txt'), await licences(metafiles))
  await declare(join(out, 'types'))
  const names = (await readdir(out)).filter((name) => name.endsWith('.js'))
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, (await stat(join(out, name))).size] as const),
    ),
  )
}

/** Builds what runs, without the types and the licences, into `out`, which is emptied first. */
export async function buildRunnable(out: string): Promise<readonly Metafile[]> {
  const { dependencies, peerDependencies } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  ) as Readonly<Record<'dependencies' | 'peerDependencies', Readonly<Record<string, string>>>>
  await rm(out, { recursive: true, force: true })
  const built = groups.map(async (entries) => {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: entries,
      outdir: out,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node24.12',
      // One flat folder: files that are found beside a module are beside every chunk.
      chunkNames: `${Object.keys(entries)[0] ?? ''}-[hash]`,
      external: [...Object.keys(dependencies), ...Object.keys(peerDependencies)],
      banner: { js: banner },
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: 'none',
      metafile: true,
      logLevel: 'warning',
    })
    return metafile
  })
  const metafiles = await Promise.all(built)
  const outputs = metafiles.flatMap((metafile) => Object.keys(metafile.outputs))
  await Promise.all(outputs.map(async (path) => await dropBanner(join(root, path))))
  const [cli] = metafiles
  if (cli !== undefined) await joinChunks({ out, metafile: cli }, starts)
  await sandboxFiles(out)
  return metafiles
}

/** What a sandbox worker reads: the binary, and the memory of a realm that is ready for code. */
async function sandboxFiles(out: string): Promise<void> {
  const binary = Buffer.from(await makeMarked())
  await writeFile(join(out, 'quickjs.wasm'), binary)
  const realm = await Realm.open(await WebAssembly.compile(binary), openMemory(0))
  await writeFile(join(out, 'quickjs.image'), printImage(realm.image()))
}

/** Takes the banner off a bundle that asks for nothing with `require`: it costs time at every start. */
async function dropBanner(file: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  const rest = text.replace(`${banner}\n`, '')
  if (!/\brequire\b/.test(rest)) await writeFile(file, rest)
}

/**
 * Bundles one script of ours as the product is bundled, with the sandbox beside it, so that
 * a measurement is of what users run.
 */
export async function bundleScript(script: {
  readonly entry: string
  readonly out: string
}): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: { part: script.entry, 'sandbox-worker': 'engine/sandbox/worker.ts' },
    outdir: script.out,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24.12',
    chunkNames: 'chunk-[hash]',
    external: ['esbuild', 'assemblyscript', 'isolated-vm'],
    banner: { js: banner },
    logLevel: 'warning',
  })
  await sandboxFiles(script.out)
}

/**
 * Writes the types of the public doors, and of what these name, into `out`. The imports
 * that cross a border become relative, because `#engine/…` means the sources.
 */
async function declare(out: string): Promise<void> {
  const flags = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--outDir', out]
  const settings = join(root, 'node_modules', `.ionflux-declare-${process.pid}.json`)
  await writeFile(
    settings,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      // WebAssembly is part of the DOM library; in the tests its types come with the test runner.
      compilerOptions: { rootDir: root, lib: ['esnext', 'dom'], skipLibCheck: true },
      include: [],
      files: doors.map((path) => join(root, path)),
    }),
  )
  try {
    await run(process.execPath, [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      settings,
      ...flags,
    ])
  } finally {
    await rm(settings, { force: true })
  }
  for (const path of await readdir(out, { recursive: true })) {
    if (!path.endsWith('.d.ts')) continue
    const up = '../'.repeat(path.split(/[/\\]/).length - 1)
    const text = await readFile(join(out, path), 'utf8')
    const portable = text
      .replace(/(['"])#([\w./-]+)\.ts\1/g, `$1./${up}$2.js$1`)
      .replace(/(from ['"]\.[\w./-]+)\.ts(['"])/g, '$1.js$2')
    await writeFile(join(out, path), portable)
  }
}

/** The licence of every package that ended up in a bundle, as their licences ask for. */
async function licences(metafiles: readonly Metafile[]): Promise<string> {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs))
  const folders = inputs.flatMap(
    (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  )
  const wasm = 'node_modules/@jitl/quickjs-wasmfile-release-sync'
  const parts = [...new Set([...folders, wasm])].toSorted().map(async (folder) => {
    const at = join(root, folder)
    const about = JSON.parse(await readFile(join(at, 'package.json'), 'utf8')) as {
      readonly name: string
      readonly version: string
      readonly license?: string
    }
    const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license'].find((name) =>
      existsSync(join(at, name)),
    )
    const text = file === undefined ? '' : (await readFile(join(at, file), 'utf8')).trim()
    return `${about.name} ${about.version} (${about.license ?? 'see below'})\n\n${text}\n`
  })
  return (await Promise.all(parts)).join(`\n${'-'.repeat(80)}\n\n`)
}

if (import.meta.main) {
  const sizes = await buildAll(join(root, 'dist'))
  const total = Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0)
  process.stdout.write(
    `dist: ${Object.keys(sizes).length} files, ${Math.round(total / 1024)} KiB\n`,
  )
}
