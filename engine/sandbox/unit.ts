/**
 * Turns the code of an author into a unit: what the content store holds and a plan names.
 *
 * A unit says what may be called and with which powers, and names its bundle by digest,
 * so equal sources give an equal unit on every machine. Where the bytes are kept is
 * the host's concern.
 */
import { canonical } from '#engine/core/canonical.ts'
import { digestOfBytes, digestOfText, type Digest } from '#engine/core/digest.ts'
import { pointer, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem } from '#engine/core/problem.ts'
import { parseDuration } from '#engine/dsl/duration.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { permissionsIn } from '#engine/dsl/power/kinds.ts'
import type { Unit, UnitAction } from '#engine/plan/plan.ts'

import { bundle, type BundleCache } from './bundle.ts'
import { checkModule } from './module/check.ts'
import { exportOf } from './protocol.ts'

/** A unit with the bytes to put into the store: `unitBytes` under `digest`, `code` under `unit.code`. A script is UTF-8. */
export interface BuiltUnit {
  readonly ok: true
  readonly unit: Unit
  readonly digest: Digest
  readonly unitBytes: Uint8Array
  readonly code: Uint8Array
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
  return finish(encode(bundled.code), {
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
 * Files are texts, and the entry may be the bytes of a WebAssembly module (`.wasm`).
 */
export async function buildPlugin(
  manifest: Manifest,
  files: ReadonlyMap<string, string | Uint8Array>,
  cache?: BundleCache,
): Promise<Built> {
  const entry = manifest.entry.replace(/^(\.\/)+/, '')
  const code = files.get(entry)
  if (code === undefined) {
    const message = `"${entry}", the entry of "${manifest.plugin}", does not exist.`
    return {
      ok: false,
      problems: [{ code: 'PLAN_CODE_MALFORMED', severity: 'error', message, at: '/entry' }],
    }
  }
  const names = Object.keys(manifest.actions).toSorted()
  const rest = {
    name: manifest.plugin,
    kind: 'plugin',
    actions: Object.fromEntries(names.map((name) => [name, actionOf(manifest, name)])),
    capabilities: permissionsIn(manifest.capabilities),
    ...limitsOf(manifest),
  } as const
  if (typeof code !== 'string') {
    const problems = moduleProblems(manifest, code)
    return problems.length > 0 ? { ok: false, problems } : finish(code, { format: 'wasm', ...rest })
  }
  const exports = names.map((name) => ({ name, from: exportOf(name) }))
  const bundled = await bundle(
    { entry, files: textsOf(files), exports, bytesMax: sourceBytesMax(manifest) },
    cache,
  )
  return bundled.ok ? finish(encode(bundled.code), rest) : bundled
}

function textsOf(files: ReadonlyMap<string, string | Uint8Array>): ReadonlyMap<string, string> {
  const isText = (file: [string, string | Uint8Array]): file is [string, string] =>
    typeof file[1] === 'string'
  return new Map([...files].filter(isText))
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** What keeps a module from being a plugin. It gets its input and gives its output, and that is all. */
function moduleProblems(manifest: Manifest, bytes: Uint8Array): readonly Problem[] {
  const { plugin, entry, actions } = manifest
  const problem = (message: string, at: string): Problem => {
    const code = 'PLAN_CODE_MALFORMED'
    return { code, severity: 'error', message, at, ...(at === '' ? { file: entry } : {}) }
  }
  const problems: Problem[] = []
  if (Object.values(permissionsIn(manifest.capabilities)).some((powers) => powers.length > 0)) {
    const message = `"${plugin}" is a WebAssembly module, which has no powers. Take "capabilities" out.`
    problems.push(problem(message, '/capabilities'))
  }
  for (const [name, { effects }] of Object.entries(actions)) {
    if (effects === 'pure') continue
    const message = `A WebAssembly module changes and reads nothing: the effects of "${name}" are pure.`
    problems.push(problem(message, pointer('actions', name, 'effects')))
  }
  const max = sourceBytesMax(manifest)
  if (bytes.length > max) {
    return [...problems, problem(`"${entry}" is larger than ${max / 1024} KB.`, '')]
  }
  const checked = checkModule(bytes, {
    actions: Object.keys(actions).map(exportOf),
    memoryBytesMax: limitsOf(manifest).memoryBytesMax ?? limits.sandboxMemoryBytesDefault,
  })
  if (checked.ok) return problems
  const hint = checked.isMemory === true ? ' Raise "limits: { memory }".' : ''
  return [...problems, problem(`"${entry}" cannot be used: ${checked.reason}.${hint}`, '')]
}

function finish(code: Uint8Array, rest: Omit<Unit, '$type' | 'code'>): BuiltUnit {
  const unit: Unit = { $type: 'ionflux.unit/v1', code: digestOfBytes(code), ...rest }
  const text = canonical(unit as unknown as Json)
  return {
    ok: true,
    unit,
    digest: digestOfText(text),
    unitBytes: encode(text),
    code,
  }
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

type AskedLimits = Pick<Unit, 'memoryBytesMax' | 'timeMsMax' | 'inputBytesMax' | 'outputBytesMax'>

/** What the manifest asks for, as far as it can be had. */
function limitsOf({ limits: asked = {} }: Manifest): AskedLimits {
  const time = asked.time === undefined ? undefined : parseDuration(asked.time)
  return {
    ...sizeOf('memoryBytesMax', asked.memory, limits.sandboxMemoryBytesMax),
    ...(time === undefined ? {} : { timeMsMax: Math.min(time, limits.sandboxTimeMsMax) }),
    ...sizeOf('inputBytesMax', asked.input, limits.sandboxInputBytesMax),
    ...sizeOf('outputBytesMax', asked.output, limits.sandboxOutputBytesMax),
  }
}

function sizeOf<Name extends string>(
  name: Name,
  asked: string | undefined,
  max: number,
): { readonly [name in Name]?: number } {
  if (asked === undefined) return {}
  return { [name]: Math.min(parseSize(asked), max) } as { readonly [name in Name]?: number }
}

function sourceBytesMax({ limits: { source } = {} }: Manifest): number {
  if (source === undefined) return limits.sandboxSourceBytesDefault
  return Math.min(parseSize(source), limits.sandboxSourceBytesMax)
}
