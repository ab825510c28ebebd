/** A sandbox for measurements: units by their text, and calls that name their end. */
import { digestOfText, type Digest } from '#engine/core/digest.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { SandboxCaller } from '#engine/sandbox/caller.ts'
import { buildPlugin, buildTransform, type Built } from '#engine/sandbox/unit.ts'

const manifest: Manifest = {
  plugin: 'bench/it',
  version: '1.0.0',
  entry: 'main.js',
  actions: { default: { effects: 'pure' } },
  limits: { time: '1s' },
}

export interface Table extends AsyncDisposable {
  /** A transform; `cached` is its bundle, where it is known. */
  build(text: string, cached?: string): Promise<Digest>
  /** A plugin of that bundle, whose calls may take a second. */
  plugin(cached: string): Promise<Digest>
  /** Throws for a call that does not end well. */
  call(unit: Digest, input: Json): Promise<void>
}

/** `workers` absent means as many as there are. */
export function openTable(workers?: number): Table {
  const bytes = new Map<Digest, Uint8Array>()
  const caller = new SandboxCaller({
    store: { get: (digest) => bytes.get(digest) ?? new Uint8Array() },
    clock: { now: () => 0 },
    operations: { call: async () => null },
    ...(workers === undefined ? {} : { workers }),
  })
  const keep = (built: Built): Digest => {
    if (!built.ok) throw new Error(JSON.stringify(built.problems))
    bytes.set(built.digest, built.unitBytes)
    bytes.set(built.unit.code, built.code)
    return built.digest
  }
  return {
    async build(text, cached) {
      const source = { name: 'bench', text, language: 'js' } as const
      return keep(await buildTransform(source, { get: () => cached, set: () => {} }))
    },
    async plugin(cached) {
      const files = new Map([['main.js', '']])
      return keep(await buildPlugin(manifest, files, { get: () => cached, set: () => {} }))
    },
    async call(unit, input) {
      const result = await caller.call({
        run: '01JCX0000000000000000000RN' as RunId,
        flow: 'bench',
        path: 'step',
        attempt: 1,
        key: digestOfText('key'),
        action: { name: 'bench', unit, export: 'default', effects: 'pure' },
        input,
        source: {},
        permissions: {},
        signal: new AbortController().signal,
        log: () => {},
      })
      if (!result.ok) throw new Error(result.error.message)
    },
    [Symbol.asyncDispose]: async () => await caller.close(),
  }
}
