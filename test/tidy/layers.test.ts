/**
 * Goal: nothing crosses a border that `scripts/layers.ts` does not open. Method: read
 * every import of every source file, and first show that each rule refuses a planted
 * fault, because a rule that sees nothing is worse than none.
 */
import { browserLayers, doors, layers, openDoors, sizes, tools } from '#scripts/layers.ts'
import { expect, test } from 'vitest'
import { filesUnder, importsOf, packageOf, read, sources, target } from './tree.ts'

const holder = (path: string): string | undefined =>
  Object.keys(layers).find((layer) => path.startsWith(`${layer}/`))

function crossing(path: string, specifier: string): string | undefined {
  const from = holder(path)
  const to = target(path, specifier)
  if (from === undefined || to === undefined) return undefined
  if (to.startsWith(`${from}/`) || to.startsWith('schemas/')) return undefined
  if (openDoors[from]?.includes(to)) return undefined
  const own = layers[from] ?? []
  const allowed = from.startsWith('engine/') ? ['engine/core', ...own] : own
  return allowed.some((layer) => to.startsWith(`${layer}/`)) ? undefined : `${path} -> ${to}`
}

function doorless(path: string, specifier: string): string | undefined {
  if (target(path, specifier) !== undefined) return undefined
  const open = doors[packageOf(specifier)]
  if (open === undefined) {
    const isForeign = !specifier.startsWith('node:') && !path.startsWith('test/')
    return isForeign ? `${path} imports "${specifier}", which has no door` : undefined
  }
  const isOpen = open.some((door) => (door.endsWith('/') ? path.startsWith(door) : path === door))
  return isOpen ? undefined : `${path} imports "${specifier}" past its door ${open.join(', ')}`
}

function upward(path: string, specifier: string): string | undefined {
  return specifier.startsWith('../') || specifier.includes('/../') ? path : undefined
}

function unportable(path: string, specifier: string): string | undefined {
  const isBrowser = browserLayers.some((layer) => path.startsWith(`${layer}/`))
  return isBrowser && specifier.startsWith('node:') ? `${path} imports ${specifier}` : undefined
}

const isGenerated = (text: string): boolean => /^ \* Generated from /m.test(text.slice(0, 400))

const rules = { crossing, doorless, upward, unportable }

test.each([
  ['crossing', 'engine/core/digest.ts', '#engine/dsl/flow.ts'],
  ['crossing', 'engine/runtime/decider/decide.ts', '#engine/durable/memory.ts'],
  ['crossing', 'engine/sandbox/caller.ts', '#engine/host/wire.ts'],
  ['crossing', 'plugins/std/git/main.ts', '#engine/core/json.ts'],
  ['crossing', 'registry/log/tree.ts', '#engine/host/wire.ts'],
  ['crossing', 'engine/runtime/engine.ts', '#registry/index.ts'],
  ['doorless', 'engine/plan/compile.ts', 'yaml'],
  ['doorless', 'engine/cli/main.ts', '@marcbachmann/cel-js/errors'],
  ['doorless', 'engine/cli/main.ts', 'left-pad'],
  ['upward', 'engine/plan/compile.ts', '../core/json.ts'],
  ['unportable', 'engine/dsl/text.ts', 'node:fs'],
  ['unportable', 'registry/log/tree.ts', 'node:crypto'],
] as const)('the rule "%s" refuses %s importing %s', (rule, path, specifier) => {
  expect(rules[rule](path, specifier)).toBeDefined()
})

test.each([
  ['crossing', 'engine/dsl/text.ts', '#engine/core/json.ts'],
  ['crossing', 'engine/plan/compile.ts', '#engine/dsl/flow.ts'],
  ['crossing', 'plugins/std/git/main.ts', 'ionflux/plugin'],
  ['doorless', 'engine/dsl/text.ts', 'yaml'],
  ['upward', 'engine/plan/compile.ts', './plan.ts'],
  ['unportable', 'engine/host/wire.ts', 'node:fs'],
] as const)('the rule "%s" lets %s import %s', (rule, path, specifier) => {
  expect(rules[rule](path, specifier)).toBeUndefined()
})

test('imports of every shape are seen', () => {
  const text = [
    "import a from 'one'",
    "import type { B } from 'two'",
    "export { c } from 'three'",
    "import 'four'",
    "const d = await import('five')",
    "import {\n  e,\n} from 'six'",
    "// import f from 'not'",
    "const w = new URL('./seven.ts', import.meta.url)",
  ].join('\n')
  expect(importsOf(text).toSorted()).toEqual(
    ['one', 'two', 'three', 'four', 'five', 'six', './seven.ts'].toSorted(),
  )
})

test('no import crosses a border, passes a door or climbs', () => {
  const paths = sources()
  const found = paths.flatMap((path) =>
    importsOf(read(path)).flatMap((specifier) =>
      Object.values(rules).flatMap((rule) => rule(path, specifier) ?? []),
    ),
  )
  expect(found).toEqual([])
  expect(paths.length).toBeGreaterThan(50)
})

test('every folder of the engine has a row, and every row a folder', () => {
  const folders = filesUnder('engine').flatMap((path) => {
    const parts = path.split('/')
    return parts.length > 2 ? [`engine/${parts[1]}`] : []
  })
  const rows = Object.keys(layers).filter((layer) => layer.startsWith('engine/'))
  expect([...new Set(folders)].toSorted()).toEqual(rows.toSorted())
})

test('every package has a door or is a tool, and every door a package', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >
  const packages = Object.keys({ ...dependencies, ...devDependencies })
  const known = [...Object.keys(doors).filter((name) => !name.startsWith('node:')), ...tools]
  expect(known.toSorted()).toEqual(packages.toSorted())
})

test('files and folders stay small', () => {
  const paths = sources()
  const lines = paths.filter((path) => {
    const text = read(path)
    return !isGenerated(text) && text.trimEnd().split('\n').length > sizes.fileLinesMax
  })
  const byFolder = Map.groupBy(paths, (path) => path.slice(0, path.lastIndexOf('/')))
  const crowded = [...byFolder].flatMap(([folder, files]) =>
    files.length > sizes.folderFilesMax ? [`${folder}: ${files.length} files`] : [],
  )
  const deep = paths.filter(
    (path) => path.startsWith('engine/') && path.split('/').length - 1 > sizes.folderDepthMax,
  )
  expect({ lines, crowded, deep }).toEqual({ lines: [], crowded: [], deep: [] })
})

test('nothing is left for later, and no test runs alone', () => {
  const later = /\b(?:TODO|FIXME|XXX)\b/
  const alone = /\b(?:test|it|describe)\.only\b/
  const found = sources().filter((path) => later.test(read(path)) || alone.test(read(path)))
  expect(found.filter((path) => path !== 'test/tidy/layers.test.ts')).toEqual([])
})
