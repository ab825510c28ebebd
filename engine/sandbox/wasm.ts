/**
 * Finds the files that a sandbox worker is made of, in a checkout and in a build.
 *
 * In a checkout the worker is TypeScript beside this file and QuickJS lies in its
 * package; a build puts `sandbox-worker.js` and `quickjs.wasm` beside the bundle.
 * The only file that knows the package with the engine's binary.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

export { default as quickJsVariant } from '@jitl/quickjs-wasmfile-release-sync'

const isCheckout = import.meta.url.endsWith('.ts')

export const workerUrl = new URL(
  isCheckout ? './worker.ts' : './sandbox-worker.js',
  import.meta.url,
)

/** Compiles QuickJS once for all workers of this process; a module is shared, not copied. */
export async function compileQuickJs(): Promise<WebAssembly.Module> {
  const file = isCheckout
    ? createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm')
    : new URL('./quickjs.wasm', import.meta.url)
  return await WebAssembly.compile(await readFile(file))
}

/** The image that a build has of a realm (`realm/image.ts`); a checkout has none. */
export async function readImage(): Promise<Uint8Array | undefined> {
  return isCheckout ? undefined : await readFile(new URL('./quickjs.image', import.meta.url))
}
