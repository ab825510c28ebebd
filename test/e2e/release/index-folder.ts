/**
 * A registry in a folder for tests of the command line, with the keys of its operator and of its
 * publishers as files.
 */
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'

import { nodeCrypto, signerOf } from '#engine/host/registry/crypto.ts'
import { openFolder } from '#engine/host/registry/folder.ts'
import { printPublicKey } from '#registry/events/leaf.ts'
import { beginRegistry } from '#registry/keep/begin.ts'
import type { Signer } from '#registry/ports.ts'

export const origin = 'index.example/main'

/** A fresh key in PEM at `path`; its public half as registries write it. */
export function newKey(path: string): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  writeFileSync(path, pem, { mode: 0o600 })
  return printPublicKey(signerOf(pem).key)
}

/** Begins a registry in `folder`; the key of its log and its root is at `logKey`. */
export async function beginIndex(folder: string, signer: Signer): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const files = openFolder(folder)
  const role = { keys: [printPublicKey(signer.key)], threshold: 1 }
  const root = {
    registry: 1 as const,
    origin,
    version: 1,
    size: 0,
    claims: 'open' as const,
    transferDays: 7,
    roles: { root: role, log: role, reviewers: role },
  }
  const keeper = { files, crypto: nodeCrypto, signer, now: Date.now() }
  await beginRegistry(keeper, { root, signers: [signer] })
}
