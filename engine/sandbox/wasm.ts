/**
 * Finds the files that a sandbox worker is made of, in a checkout and in a build.
 *
 * In a checkout the worker is TypeScript beside this file and QuickJS lies in its
 * package; a build puts `sandbox-worker.js` and `quickjs.wasm` beside the bundle.
 * The only file that knows the package with the engine's binary.
 *
 * What runs is that binary with marks (`barrier/rewrite.ts`), which a build and the install
 * of a checkout make. Where it is missing the binary runs as it is, and each call's memory
 * is put back as a whole, which costs more the larger its code is.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

export { default as quickJsVariant } from '@jitl/quickjs-wasmfile-release-sync'

const isCheckout = import.meta.url.endsWith('.ts')

export const workerUrl = new URL(
  isCheckout ? './worker.ts' : './sandbox-worker.js',
  import.meta.url,
)

/**
 * SHA-256 of the binary with marks. It names the file, so that one which another version
 * of this code made is never taken; a test compares it with what the rewriting gives.
 */
export const markedDigest = 'a327fe91830f1c39b8425b5ebf8811e72876e8de7a9e3b767db8498cb242e549'

/** Where the install of a checkout puts the binary with marks. */
export const markedFile = new URL(
  `../../node_modules/.cache/ionflux/quickjs-${markedDigest.slice(0, 16)}.wasm`,
  import.meta.url,
)

/** Compiles QuickJS once for all workers of this process; a module is shared, not copied. */
export async function compileQuickJs(): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(await readQuickJs())
}

async function readQuickJs(): Promise<Uint8Array<ArrayBuffer>> {
  if (!isCheckout) return await readFile(new URL('./quickjs.wasm', import.meta.url))
  try {
    return await readFile(markedFile)
  } catch {
    return await readPackaged()
  }
}

/** The binary as its package has it. */
export async function readPackaged(): Promise<Uint8Array<ArrayBuffer>> {
  const { resolve } = createRequire(import.meta.url)
  return await readFile(resolve('@jitl/quickjs-wasmfile-release-sync/wasm'))
}

/** The image that a build has of a realm (`realm/image.ts`); a checkout has none. */
export async function readImage(): Promise<Uint8Array | undefined> {
  return isCheckout ? undefined : await readFile(new URL('./quickjs.image', import.meta.url))
}
