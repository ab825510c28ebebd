/**
 * Opens a registry for writing: a folder, or a branch of a Git repository. A static host only
 * serves what was written elsewhere.
 */
import { existsSync, realpathSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { parseSource } from '#engine/plan/lock/source.ts'
import type { RegistryFiles } from '#registry/ports.ts'

import { openFolder } from './folder.ts'
import { hold } from './memory.ts'
import { openRemote } from './remote.ts'

export interface OpenedFiles extends AsyncDisposable {
  readonly files: RegistryFiles
  /**
   * From before the first write to after the last: of several processes on this machine one
   * writes. A branch needs none, since its push fails where somebody was quicker. Throws
   * `REG_LOG_MOVED`.
   */
  hold(): Disposable
  /** Makes what was written lasting and seen by others. */
  publish(message: string, at: number): Promise<void>
}

/** Folders are relative to `root`. Throws `CLI_USAGE` for what takes no writes. */
export async function openFiles(address: string, root: string): Promise<OpenedFiles> {
  const source = parseSource(address)
  if (source !== undefined) {
    const remote = await openRemote(source)
    return {
      files: remote.files,
      hold: () => ({ [Symbol.dispose]: () => {} }),
      publish: async (message, at) => await remote.push(message, at),
      [Symbol.asyncDispose]: async () => await remote[Symbol.asyncDispose](),
    }
  }
  if (isAbsolute(address) || /^\.{1,2}(?:\/|$)/.test(address)) {
    const folder = resolve(root, address)
    return {
      files: openFolder(folder),
      hold: () => holdFolder(folder),
      publish: async () => {},
      [Symbol.asyncDispose]: async () => {},
    }
  }
  const message = `"${address}" takes no releases: give a folder (./index) or git+https://HOST/OWNER/REPO//folder@branch.`
  throw new IonError('CLI_USAGE', message)
}

/**
 * Nobody else on this machine writes into the registry in `folder` until it is disposed: two at
 * once would sign checkpoints over each other's tiles. The lock is no file of the registry.
 */
export function holdFolder(folder: string): Disposable {
  const held = hold(existsSync(folder) ? realpathSync(folder) : folder, 'keeper')
  if (held !== undefined) return held
  const message = `Another process writes into the registry "${folder}"; try again when it has ended.`
  throw new IonError('REG_LOG_MOVED', message, { data: { registry: folder } })
}
