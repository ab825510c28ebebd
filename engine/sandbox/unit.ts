/**
 * Turns the code of an author into a unit: what the content store holds and a plan names.
 *
 * A unit says what may be called and with which powers, and names its bundle by digest,
 * so equal sources give an equal unit on every machine. Where the bytes are kept is
 * the host's concern.
 */
import { canonical } from '#engine/core/canonical.ts'
import { digestOfText, type Digest } from '#engine/core/digest.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem } from '#engine/core/problem.ts'
import { parseDuration } from '#engine/dsl/duration.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { permissionsIn } from '#engine/dsl/power/kinds.ts'
import type { Unit, UnitAction } from '#engine/plan/plan.ts'

import { bundle, type BundleCache } from './bundle.ts'

/** A unit with the bytes to put into the store: `unitBytes` under `digest`, `code` under `unit.code`. */
export interface BuiltUnit {
  readonly ok: true
  readonly unit: Unit
  readonly digest: Digest
  readonly unitBytes: Uint8Array
  readonly code: string
}

export type Built = BuiltUnit | { readonly ok: false; readonly problems: readonly Problem[] }

/** A `transform:` step: the module's text and what it is written in. */
export interface TransformSource {
  /** Shown in errors and journals; not part of what makes two transforms the same code. */
  readonly name: string
  readonly text: string
  readonly language: 'ts' | 'js'
}

/** Builds the code of a `transform:` step; its one action is `default`. */
export async function buildTransform(source: TransformSource, cache?: BundleCache): Promise<Built> {
  const entry = `transform.${source.language}`
  const files = new Map([[entry, source.text]])
  const bundled = await bundle(
    { entry, files, exports: [{ name: 'default', from: 'default' }] },
    cache,
  )
  if (!bundled.ok) return bundled
  return finish(bundled.code, {
    name: source.name,
    kind: 'transform',
    actions: { default: { effects: 'pure' } },
    capabilities: {},
  })
}

/**
 * Builds a plugin from its manifest and the files of its folder, by path relative to it.
 *
 * An action `read-file` is the export `readFile` of the entry; `default` is the default export.
 */
export async function buildPlugin(
  manifest: Manifest,
  files: ReadonlyMap<string, string>,
  cache?: BundleCache,
): Promise<Built> {
  const entry = manifest.entry.replace(/^(\.\/)+/, '')
  if (!files.has(entry)) {
    const message = `"${entry}", the entry of "${manifest.plugin}", does not exist.`
    return {
      ok: false,
      problems: [{ code: 'PLAN_CODE_MALFORMED', severity: 'error', message, at: '/entry' }],
    }
  }
  const names = Object.keys(manifest.actions).toSorted()
  const exports = names.map((name) => ({ name, from: exportOf(name) }))
  const bundled = await bundle({ entry, files, exports }, cache)
  if (!bundled.ok) return bundled
  return finish(bundled.code, {
    name: manifest.plugin,
    kind: 'plugin',
    actions: Object.fromEntries(names.map((name) => [name, actionOf(manifest, name)])),
    capabilities: permissionsIn(manifest.capabilities),
    ...limitsOf(manifest),
  })
}

function finish(code: string, rest: Omit<Unit, '$type' | 'code'>): BuiltUnit {
  const unit: Unit = { $type: 'ionflux.unit/v1', code: digestOfText(code), ...rest }
  const text = canonical(unit as unknown as Json)
  return {
    ok: true,
    unit,
    digest: digestOfText(text),
    unitBytes: new TextEncoder().encode(text),
    code,
  }
}

/** @example exportOf('read-file') // 'readFile' */
function exportOf(action: string): string {
  return action.replaceAll(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function actionOf(manifest: Manifest, name: string): UnitAction {
  const { effects, needs, input, output } = manifest.actions[name] ?? { effects: 'pure' }
  const schemas: { input?: JsonObject; output?: JsonObject } = {}
  if (input !== undefined) schemas.input = input
  if (output !== undefined) schemas.output = output
  return { effects, ...(needs === undefined ? {} : { needs }), ...schemas }
}

const sizeUnits: Readonly<Record<string, number>> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }

/** @example parseSize('64mb') // 67108864 */
function parseSize(text: string): number {
  const [, amount, unit = ''] = /^(\d+)(kb|mb|gb)$/.exec(text) ?? []
  return Number(amount) * (sizeUnits[unit] ?? 1)
}

function limitsOf({ limits: asked = {} }: Manifest): Pick<Unit, 'memoryBytesMax' | 'timeMsMax'> {
  const memory = asked.memory === undefined ? undefined : parseSize(asked.memory)
  const time = asked.time === undefined ? undefined : parseDuration(asked.time)
  return {
    ...(memory === undefined
      ? {}
      : { memoryBytesMax: Math.min(memory, limits.sandboxMemoryBytesMax) }),
    ...(time === undefined ? {} : { timeMsMax: Math.min(time, limits.sandboxTimeMsMax) }),
  }
}
