/**
 * Makes the folder of a new plugin. It never overwrites: what is there stays as it is.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, relative, resolve, sep } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { printActionTypes } from '#engine/dsl/types/actions.ts'
import { installation } from '#engine/host/installation.ts'
import { makeFolder } from '#engine/host/place/folder.ts'
import { openCatalog } from '#engine/host/repository/catalog.ts'
import { readMarker } from '#engine/host/repository/config.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { findRoot } from '#engine/host/repository/root.ts'

import { shownPath } from './folder.ts'
import { overwrite } from './overwrite.ts'
import { templateOf, type PluginKind } from './templates.ts'

export interface Scaffold {
  /** As it is shown to people. */
  readonly folder: string
  readonly created: readonly string[]
  readonly kept: readonly string[]
  /** Whether the flows of the repository around it find it. */
  readonly isFound: boolean
}

export interface ScaffoldWish {
  readonly name: string
  readonly dir?: string | undefined
  readonly kind: PluginKind
}

interface PlaceWish {
  readonly name: string
  readonly dir?: string | undefined
  /** Whether files that are there are written anew. */
  readonly replace?: boolean
}

const nameShape = /^[a-z][a-z0-9-]{0,62}\/[a-z][a-z0-9-]{0,62}$/

/** Makes what is missing of the plugin `name` in `dir`, or in `plugins/NAME` of the repository. */
export function makePlugin({ name, dir, kind }: ScaffoldWish): Scaffold {
  return placePlugin({ name, dir }, (place) => {
    const { manifest, files } = templateOf(kind, { name, ...place })
    // A module is not TypeScript: its types would be nobody's.
    const types = kind === 'wasm' ? {} : { 'types.ts': printActionTypes(manifest) }
    return { ...files, ...types }
  })
}

/** Where editors find the schemas, from the folder of the plugin; absent where there are none. */
export interface PluginPlace {
  readonly schemas?: string
}

/** Writes the texts of a new plugin, by path, where there is nothing yet. */
export function placePlugin(
  { name, dir, replace = false }: PlaceWish,
  textsOf: (place: PluginPlace) => Readonly<Record<string, string>>,
): Scaffold {
  const root = findRoot(dir === undefined ? '.' : dirname(resolve(dir))) ?? resolve('.')
  const folder = resolve(dir ?? join(root, 'plugins', name))
  const isThere = existsSync(join(folder, 'plugin.yaml'))
  if (!replace || !isThere) refuse(name, root)
  if (isThere && !replace) {
    const message = `There is a plugin in "${shownPath(folder)}". Choose another name or folder.`
    throw new IonError('CLI_USAGE', message, { data: { folder } })
  }
  const schemas = join(root, '.ionflux-schemas')
  const texts = textsOf(
    existsSync(schemas) ? { schemas: relative(folder, schemas).split(sep).join('/') } : {},
  )
  const created: string[] = []
  const kept: string[] = []
  for (const [path, text] of Object.entries(texts)) {
    const isNew = write(join(folder, path), text)
    if (!isNew && replace) overwrite(join(folder, path), text)
    if (isNew || replace) created.push(path)
    else kept.push(path)
  }
  const inside = relative(root, join(folder, 'plugin.yaml')).split(sep).join('/')
  const { plugins } = readMarker(openWorkingTree(root)).marker
  const isFound = plugins.some((glob) => posix.matchesGlob(inside, glob))
  return { folder: shownPath(folder), created, kept, isFound }
}

function refuse(name: string, root: string): void {
  const data = { plugin: name }
  if (!nameShape.test(name)) {
    const hint = name.includes('/') ? '' : ` Such as "my/${name.toLowerCase()}".`
    const message = `"${name}" is no name of a plugin: namespace/name, each of lower-case letters, digits and hyphens.${hint}`
    throw new IonError('CLI_USAGE', message, { data })
  }
  if (name.startsWith('std/') && root !== installation().root) {
    throw new IonError('CLI_USAGE', 'The namespace "std" belongs to ionflux. Choose your own.', {
      data,
    })
  }
  const taken = openCatalog(openWorkingTree(root)).findPlugin(name)
  if (taken === undefined) return
  const message = `The name "${name}" is taken by "${taken.file}".`
  throw new IonError('CLI_USAGE', message, { data })
}

/** False when there is a file already. */
function write(path: string, text: string): boolean {
  try {
    makeFolder(dirname(path))
    writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(path)) return false
    const message = `"${path}" cannot be written: ${(cause as Error).message}.`
    throw new IonError('CLI_FILE_UNREADABLE', message, { data: { path }, cause })
  }
}
