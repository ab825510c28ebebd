/**
 * What there is to know about a plugin before it is used: what it offers, which powers it
 * asks for and why, of what it is made, and by which digests it is known.
 */
import { aliasOf } from '#engine/core/cid.ts'
import type { Digest } from '#engine/core/digest.ts'
import type { JsonObject } from '#engine/core/json.ts'
import type { Capabilities, CallLimits, Manifest } from '#engine/dsl/manifest.ts'
import { shortType } from '#engine/dsl/types/actions.ts'
import { bundledFiles } from '#engine/sandbox/source-map.ts'
import type { BuiltUnit } from '#engine/sandbox/unit.ts'

import { sourcesOf, type PluginFolder } from './folder.ts'

export interface InspectedAction {
  readonly name: string
  /** What a flow writes after `use:`. */
  readonly address: string
  readonly description?: string
  readonly effects: string
  /** In one line, for people. */
  readonly takes: string
  readonly gives: string
  readonly input?: JsonObject
  readonly output?: JsonObject
}

export interface Inspected {
  readonly plugin: string
  readonly version: string
  readonly description?: string
  readonly license?: string
  readonly folder: string
  readonly actions: readonly InspectedAction[]
  readonly capabilities: Omit<Capabilities, 'reasons'>
  readonly reasons: NonNullable<Capabilities['reasons']>
  readonly limits: CallLimits
  /** Code in the folder; `isBundled` where an action reaches it. */
  readonly files: readonly {
    readonly path: string
    readonly bytes: number
    readonly isBundled: boolean
  }[]
  /** Packages in the bundle: none can be, code has its own files only. */
  readonly dependencies: readonly string[]
  readonly format: 'script' | 'wasm'
  readonly codeBytes: number
  readonly digests: {
    readonly unit: Digest
    readonly code: Digest
    /** The same code as content networks name it. */
    readonly alias: string
  }
}

/** Of a module that is the module alone. */
function bundledOf({ entry }: Manifest, { unit, code }: BuiltUnit): ReadonlySet<string> {
  if (unit.format === 'wasm') return new Set([entry.replace(/^(\.\/)+/, '')])
  return new Set(bundledFiles(new TextDecoder().decode(code)))
}

/** Looks at a plugin that was built. */
export function inspectPlugin(
  folder: PluginFolder,
  { manifest, built }: { readonly manifest: Manifest; readonly built: BuiltUnit },
): Inspected {
  const { plugin, version, description, license, capabilities = {}, limits = {} } = manifest
  const { reasons = {}, ...powers } = capabilities
  const bundled = bundledOf(manifest, built)
  const sources = [...sourcesOf(folder)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    plugin,
    version,
    ...(description === undefined ? {} : { description }),
    ...(license === undefined ? {} : { license }),
    folder: folder.shown(''),
    actions: Object.entries(manifest.actions).map(([name, action]) => ({
      name,
      address: name === 'default' ? plugin : `${plugin}/${name}`,
      ...action,
      takes: shortType(action.input),
      gives: shortType(action.output),
    })),
    capabilities: powers,
    reasons,
    limits,
    files: sources.map(([path, text]) => ({
      path,
      bytes: Buffer.byteLength(text),
      isBundled: bundled.has(path),
    })),
    dependencies: [],
    format: built.unit.format ?? 'script',
    codeBytes: built.code.length,
    digests: { unit: built.digest, code: built.unit.code, alias: aliasOf(built.unit.code) },
  }
}
