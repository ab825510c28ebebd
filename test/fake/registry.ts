/**
 * Registries for tests: files in memory, keys by name, events of a few letters.
 */
import { createPrivateKey } from 'node:crypto'

import { signerOf } from '#engine/host/registry/crypto.ts'
import { digestOfText } from '#engine/core/digest.ts'
import type { PublishEvent } from '#registry/event.ts'
import type { RegistryFiles, Signer } from '#registry/ports.ts'

/** Files by path, which tests change behind the registry's back. */
export class MemoryFiles implements RegistryFiles {
  readonly label = 'memory'
  readonly files: Map<string, Uint8Array>
  /** Paths that were asked for, in order. */
  readonly asked: string[] = []

  constructor(files: Iterable<readonly [string, Uint8Array]> = []) {
    this.files = new Map(files)
  }

  read(path: string): Promise<Uint8Array | undefined> {
    this.asked.push(path)
    return Promise.resolve(this.files.get(path))
  }

  write(path: string, bytes: Uint8Array): Promise<void> {
    this.files.set(path, bytes)
    return Promise.resolve()
  }

  remove(path: string): Promise<void> {
    this.files.delete(path)
    return Promise.resolve()
  }

  list(folder: string): Promise<readonly string[]> {
    return Promise.resolve(
      [...this.files.keys()].filter((path) => path.startsWith(`${folder}/`)).toSorted(),
    )
  }
}

const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A key that is the same for the same name everywhere. */
export function keyFor(name: string): Signer {
  const seed = Buffer.from(digestOfText(`key of ${name}`).slice(7), 'hex')
  const key = createPrivateKey({
    key: Buffer.concat([prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  return signerOf(key.export({ format: 'pem', type: 'pkcs8' }).toString())
}

export const origin = 'registry.example/main'
export const dayMs = 86_400_000
/** The moment at which the stories of tests begin. */
export const start = Date.parse('2026-01-01T00:00:00.000Z')

export function at(days: number): string {
  return new Date(start + days * dayMs).toISOString()
}

/** A release with everything that must be there. */
export function releaseOf(
  name: string,
  version: string,
  more: Partial<PublishEvent> = {},
): PublishEvent {
  const digest = digestOfText(`${name}@${version}`)
  return {
    event: 'publish',
    log: origin,
    at: at(1),
    name,
    version,
    kind: 'plugin',
    digest,
    exec: digest,
    source: {
      repo: 'github:1234567',
      url: `https://git.example/${name}.git`,
      commit: digest.slice(7, 47),
      tag: `v${version}`,
      path: '',
    },
    caps: {},
    requires: [],
    provenance: digest,
    engines: '>=0.1.0',
    ...more,
  }
}
