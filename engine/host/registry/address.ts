/**
 * Opens a registry by its address: a folder, a static host, a branch of a Git repository, or
 * the one file of a `git bundle`.
 */
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'

import { parseSource } from '#engine/plan/lock/source.ts'
import type { RegistrySource } from '#registry/ports.ts'

import { openFolder } from './folder.ts'
import { unreachable } from './unreachable.ts'

export interface OpenedSource {
  readonly source: RegistrySource
  /** The address in the one form that what was seen of it is kept by. */
  readonly address: string
  close(): Promise<void>
}

/** For reading. Folders and bundles are relative to `root`. Throws `REG_UNREACHABLE`. */
export async function openSource(address: string, root: string): Promise<OpenedSource> {
  if (/^https?:\/\//.test(address)) {
    const { openSite } = await import('./site.ts')
    const source = openSite(address)
    return { source, address, close: async () => await source[Symbol.asyncDispose]() }
  }
  const git = parseSource(address)
  const path = resolve(root, address)
  if (git === undefined && !existsSync(path)) throw unreachable(address, 'there is nothing')
  if (git === undefined && statSync(path).isDirectory())
    return { source: openFolder(path), address: path, close: async () => {} }
  const { GitFiles } = await import('./git.ts')
  const source = await GitFiles.open(git ?? { url: path, path: '' })
  const close = async (): Promise<void> => await source[Symbol.asyncDispose]()
  return { source, address: git === undefined ? path : address, close }
}
