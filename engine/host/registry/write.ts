/**
 * Opens a registry for writing: a folder, or a branch of a Git repository. A static host only
 * serves what was written elsewhere.
 */
import { isAbsolute, resolve } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { parseSource } from '#engine/plan/lock/source.ts'
import type { RegistryFiles } from '#registry/ports.ts'

import { openFolder } from './folder.ts'
import { openRemote } from './remote.ts'

export interface OpenedFiles extends AsyncDisposable {
  readonly files: RegistryFiles
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
      publish: async (message, at) => await remote.push(message, at),
      [Symbol.asyncDispose]: async () => await remote[Symbol.asyncDispose](),
    }
  }
  if (isAbsolute(address) || /^\.{1,2}(?:\/|$)/.test(address)) {
    const files = openFolder(resolve(root, address))
    return { files, publish: async () => {}, [Symbol.asyncDispose]: async () => {} }
  }
  const message = `"${address}" takes no releases: give a folder (./index) or git+https://HOST/OWNER/REPO//folder@branch.`
  throw new IonError('CLI_USAGE', message)
}
