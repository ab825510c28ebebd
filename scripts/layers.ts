/**
 * The borders of the house, as data: which folder may import which, and which file is
 * the one door of each npm package.
 *
 * `test/tidy/layers.test.ts` holds every import to these tables. A new border or door is
 * a change of this file and a decision in `docs/decisions/`.
 */

/** What a folder may import besides itself and `engine/core`. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  'engine/core': [],
  'engine/dsl': [],
  'engine/plugin': [],
  'engine/plan': ['engine/dsl'],
  'engine/runtime': ['engine/dsl', 'engine/plan'],
  'engine/connection': ['engine/dsl'],
  'engine/sandbox': ['engine/dsl', 'engine/plan', 'engine/runtime', 'engine/connection'],
  'engine/mirror': ['engine/dsl', 'engine/plan', 'engine/connection'],
  'engine/durable': ['engine/runtime', 'engine/mirror'],
  'engine/trigger': ['engine/dsl'],
  'engine/forge': ['engine/connection'],
  registry: ['engine/core', 'engine/dsl'],
  'engine/testing': ['engine/dsl', 'engine/plan', 'engine/runtime', 'engine/durable'],
  'engine/host': [
    'engine/dsl',
    'engine/plan',
    'engine/runtime',
    'engine/connection',
    'engine/sandbox',
    'engine/mirror',
    'engine/durable',
    'engine/forge',
    'engine/trigger',
    'engine/testing',
    'registry',
  ],
  'engine/cli': ['engine/host', 'engine/dsl', 'engine/plan', 'registry'],
  plugins: [],
  flows: [],
}

/** Files of a folder that every layer may import. Guest code sees the plugin door and no more. */
export const openDoors: Readonly<Record<string, readonly string[]>> = {
  plugins: ['engine/plugin.ts'],
  flows: ['engine/plugin.ts'],
}

/** Folders that import nothing from `node:`, because the studio runs them in a browser. */
export const browserLayers: readonly string[] = [
  'engine/core',
  'engine/dsl',
  'engine/plan',
  'registry',
]

/** The files that may import a package; a name that ends in `/` means the whole folder. */
export const doors: Readonly<Record<string, readonly string[]>> = {
  '@jitl/quickjs-wasmfile-release-sync': ['engine/sandbox/wasm.ts'],
  '@marcbachmann/cel-js': ['engine/dsl/expression.ts'],
  '@noble/hashes': ['engine/core/digest.ts', 'engine/core/id.ts'],
  assemblyscript: ['engine/host/module/assembly.ts'],
  '@sigstore/bundle': ['engine/host/publish/sigstore.ts', 'test/fake/'],
  '@sigstore/mock': ['test/fake/'],
  '@sigstore/protobuf-specs': ['engine/host/publish/sigstore.ts'],
  '@sigstore/verify': ['engine/host/publish/sigstore.ts'],
  '@octokit/rest': ['engine/forge/github.ts'],
  ajv: ['engine/core/schema.ts'],
  'ajv-formats': ['engine/core/schema.ts'],
  aws4: ['test/'],
  binaryen: ['test/'],
  commander: ['engine/cli/'],
  croner: ['engine/trigger/schedule.ts'],
  emulate: ['test/'],
  esbuild: ['engine/sandbox/bundle.ts', 'scripts/build.ts', 'scripts/join.ts'],
  'fast-check': ['test/'],
  'isolated-vm': ['bench/'],
  'isomorphic-git': ['engine/mirror/git.ts'],
  'node:sqlite': ['engine/durable/sqlite/', 'bench/'],
  nodemailer: ['engine/connection/mail.ts'],
  re2js: ['engine/core/regex.ts'],
  semver: ['engine/dsl/reference.ts'],
  'smtp-server': ['test/fake/'],
  undici: ['engine/connection/http.ts'],
  vitest: ['test/', 'vitest.config.ts', 'scripts/reporter.ts'],
  yaml: ['engine/dsl/text.ts'],
}

/** Packages of `package.json` that are run, or give types, and are never imported. */
export const tools: readonly string[] = [
  '@types/node',
  '@types/semver',
  'knip',
  'node',
  'oxfmt',
  'oxlint',
  'oxlint-tsgolint',
  'typescript',
]

/** How large things may grow before they want a second name. */
export const sizes = { fileLinesMax: 300, folderFilesMax: 15, folderDepthMax: 3 } as const
