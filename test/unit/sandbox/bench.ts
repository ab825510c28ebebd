/** A sandbox on a table: a store in memory, units by their text, one caller. */
import { digestOfText, type Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import type { CallRequest, CallResult, LogLine } from '#engine/runtime/ports.ts'
import { SandboxCaller } from '#engine/sandbox/caller.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'
import { buildPlugin, buildTransform, type Built } from '#engine/sandbox/unit.ts'

export const noOperations: HostOperations = {
  call: async (op) => {
    throw new IonError('MIRROR_READ_FAILED', `The table has no "${op}".`)
  },
}

type Manifested = Partial<Pick<Manifest, 'capabilities' | 'limits'>> & {
  readonly actions: Manifest['actions']
}

export class Bench implements AsyncDisposable {
  readonly caller: SandboxCaller
  readonly logs: LogLine[] = []
  readonly #bytes = new Map<Digest, Uint8Array>()

  constructor({
    operations = noOperations,
    workers = 2,
  }: { operations?: HostOperations; workers?: number } = {}) {
    const get = (digest: Digest): Uint8Array => {
      const bytes = this.#bytes.get(digest)
      if (bytes === undefined)
        throw new IonError('JOURNAL_PAYLOAD_MISSING', `"${digest}" is not here.`)
      return bytes
    }
    this.caller = new SandboxCaller({
      store: { get },
      clock: { now: () => 42 },
      operations,
      workers,
    })
  }

  async transform(text: string, language: 'ts' | 'js' = 'ts'): Promise<Digest> {
    return this.keep(await buildTransform({ name: 'transform', text, language }))
  }

  /** A plugin `test/it` of one file, or of many. */
  async plugin(
    manifest: Manifested,
    files: string | Readonly<Record<string, string>>,
  ): Promise<Digest> {
    const texts = new Map(Object.entries(typeof files === 'string' ? { 'main.ts': files } : files))
    const whole: Manifest = { plugin: 'test/it', version: '1.0.0', entry: 'main.ts', ...manifest }
    return this.keep(await buildPlugin(whole, texts))
  }

  keep(built: Built): Digest {
    if (!built.ok) throw new Error(JSON.stringify(built.problems))
    this.#bytes.set(built.digest, built.unitBytes)
    this.#bytes.set(built.unit.code, built.code)
    return built.digest
  }

  async call(
    unit: Digest,
    input: Json = null,
    rest: Partial<CallRequest> & { export?: string } = {},
  ): Promise<CallResult> {
    const {
      usage: _,
      replies: __,
      isOfInput: ___,
      ...result
    } = await this.measured(unit, input, rest)
    return result as CallResult
  }

  /** The same with what it took, which is never twice the same, and what it hangs on. */
  async measured(
    unit: Digest,
    input: Json = null,
    rest: Partial<CallRequest> & { export?: string } = {},
  ): Promise<CallResult> {
    const { export: action = 'default', ...more } = rest
    return await this.caller.call({
      run: '01JCX0000000000000000000RN' as RunId,
      flow: 'table',
      path: 'step',
      attempt: 1,
      key: digestOfText('key'),
      action: { name: 'test/it', unit, export: action, effects: 'pure' },
      input,
      source: {},
      permissions: {},
      signal: new AbortController().signal,
      log: (line) => void this.logs.push(line),
      ...more,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.caller.close()
  }
}
