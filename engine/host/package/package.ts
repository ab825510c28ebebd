/**
 * A package: files with a manifest, of one of the kinds that can be shared. What others rely on
 * in it is read here too, for whoever judges a release or shows one.
 */
import type { Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { isObject, type JsonObject } from '#engine/core/json.ts'
import type { Blueprint } from '#engine/dsl/blueprint/file.ts'
import { checkBlueprint, checkManifest } from '#engine/dsl/check.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { powerKinds } from '#engine/dsl/power/kinds.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import { digestOfFiles, filesOf, type PackageFiles } from '#engine/host/lock/package-files.ts'
import {
  type Contract,
  contractOfFlow,
  contractOfPlugin,
  type Entry,
} from '#engine/plan/release/contract.ts'

interface Head {
  readonly name: string
  readonly version: string
  readonly description?: string
  readonly license?: string
  readonly files: PackageFiles
  /** Over the files: what is fetched must have it. */
  readonly digest: Digest
}

export interface PluginPackage extends Head {
  readonly kind: 'plugin'
  readonly manifest: Manifest
}

export interface BlueprintPackage extends Head {
  readonly kind: Blueprint['kind']
  readonly blueprint: Blueprint
}

export type Package = PluginPackage | BlueprintPackage

/** The file that makes a folder a package, by kind. */
export const manifestFiles = ['plugin.yaml', 'blueprint.yaml'] as const

/** Reads the package in `files`; `where` names it in messages. Throws `LOCK_SOURCE_REFUSED`. */
export function readPackage(files: PackageFiles, where: string): Package {
  const reader = filesOf(files, where)
  const [file, other] = manifestFiles.filter((name) => files.has(name))
  const text = file === undefined ? undefined : reader.readText(file)
  if (file === undefined || text === undefined)
    throw refused(where, 'there is no plugin.yaml and no blueprint.yaml')
  if (other !== undefined) throw refused(where, 'it has a plugin.yaml and a blueprint.yaml')
  const document = parseDocument({ file, text })
  const digest = digestOfFiles(files)
  if (file === 'plugin.yaml') {
    const { manifest, problems } = checkManifest(document)
    if (manifest === undefined) throw refused(where, `${file}: ${problems[0]?.message ?? ''}`)
    const { plugin: name, version } = manifest
    return { kind: 'plugin', name, version, ...wordsOf(manifest), files, digest, manifest }
  }
  const { blueprint, problems } = checkBlueprint(document)
  if (blueprint === undefined) throw refused(where, `${file}: ${problems[0]?.message ?? ''}`)
  const absent = blueprint.files.find((path) => !files.has(path))
  if (absent !== undefined) throw refused(where, `it lists "${absent}", which is not there`)
  const { blueprint: name, version, kind } = blueprint
  return { kind, name, version, ...wordsOf(blueprint), files, digest, blueprint }
}

function wordsOf({
  description,
  license,
}: Pick<Manifest, 'description' | 'license'>): Pick<Head, 'description' | 'license'> {
  return {
    ...(description === undefined ? {} : { description }),
    ...(license === undefined ? {} : { license }),
  }
}

/** What others rely on in it. */
export function contractOf(one: Package): Contract {
  if (one.kind === 'plugin') return contractOfPlugin(one.manifest)
  const { blueprint } = one
  const flows = valuesOf(one).map(([path, value]) => [path, contractOfFlow(value)] as const)
  const entries = flows.flatMap(([path, { entries: of }]): [string, Entry][] => {
    const entry = of['']
    return entry === undefined ? [] : [[path, entry]]
  })
  const secrets = Object.keys(blueprint.secrets ?? {})
  const powers = united([...flows.map(([, contract]) => contract.powers), { secrets }])
  const own: Entry = { input: blueprint.inputs ?? {}, powers: {} }
  return { entries: Object.fromEntries([['', own], ...entries]), powers }
}

/** The flows and agents that a blueprint brings, by path. */
export function valuesOf({ blueprint, files }: BlueprintPackage): readonly [string, JsonObject][] {
  const reader = filesOf(files, '')
  return blueprint.files.flatMap((path): [string, JsonObject][] => {
    if (!/\.(?:flow|agent)\.ya?ml$/.test(path)) return []
    const { value } = parseDocument({ file: path, text: reader.readText(path) ?? '' })
    return isObject(value) ? [[path, value]] : []
  })
}

function united(all: readonly Permissions[]): Permissions {
  return Object.fromEntries(
    powerKinds.flatMap((kind) => {
      const list = [...new Set(all.flatMap((one) => one[kind] ?? []))].toSorted()
      return list.length === 0 ? [] : [[kind, list] as const]
    }),
  )
}

function refused(where: string, why: string): IonError {
  return new IonError(
    'LOCK_SOURCE_REFUSED',
    `"${where}" is not taken as a package: ${why.replace(/\.$/, '')}.`,
    { data: { source: where } },
  )
}
