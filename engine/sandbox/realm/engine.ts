/**
 * Makes a QuickJS context in a memory that was made for it.
 *
 * It is never disposed: the memory goes as a whole. The allocator behind it is made to
 * say that it has no room, because the package's own code does not look.
 */
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type EmscriptenModuleLoaderOptions,
  type QuickJSContext,
  type QuickJSEmscriptenModule,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core'

import { limits } from '#engine/core/limits.ts'
import type { Outcome } from '#engine/sandbox/protocol.ts'
import { quickJsVariant } from '#engine/sandbox/wasm.ts'

import type { Allocator } from './layout.ts'
import { outcomeOfFault } from './outcome.ts'

type Loader = (options?: EmscriptenModuleLoaderOptions) => Promise<QuickJSEmscriptenModule>

/** The package's types say CommonJS, its module for `import` has the variant itself as default. */
const base = quickJsVariant as unknown as QuickJSSyncVariant

export async function openContext(
  wasmModule: WebAssembly.Module,
  wasmMemory: WebAssembly.Memory,
): Promise<{ readonly context: QuickJSContext; readonly allocator: Allocator }> {
  let allocator: Allocator | undefined
  const variant = newVariant(base, { wasmModule, wasmMemory })
  const importModuleLoader = async (): Promise<Loader> => {
    const load = (await variant.importModuleLoader()) as Loader
    return async (options) => {
      const module = await load(options)
      allocator = { malloc: module._malloc.bind(module), free: module._free.bind(module) }
      module._malloc = safe(module._malloc.bind(module))
      return module
    }
  }
  const quickJs = await newQuickJSWASMModuleFromVariant({ ...variant, importModuleLoader })
  if (allocator === undefined) throw new Error('QuickJS was loaded without its allocator.')
  const runtime = quickJs.newRuntime({ maxStackSizeBytes: limits.sandboxStackBytesMax })
  return { context: runtime.newContext(), allocator }
}

/** The host's own writes into a full memory must fail, not land at address 0. */
function safe(malloc: (bytes: number) => number): (bytes: number) => number {
  return (bytes) => {
    const place = malloc(bytes)
    if (place === 0) throw new Fault(outcomeOfFault('memory', ''))
    return place
  }
}

/** An outcome on its way out of nested guest frames. */
export class Fault extends Error {
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    super('guest code ended')
    this.outcome = outcome
  }
}
