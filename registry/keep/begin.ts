/**
 * Begins a registry: its first root of trust, and the checkpoint of a log without leaves.
 */
import { IonError } from '#engine/core/error.ts'
import { checkpointPath } from '#registry/log/tiles.ts'
import type { Signer } from '#registry/ports.ts'
import { RegistryState } from '#registry/rules/state.ts'
import { printRoot, type Root, rootPath } from '#registry/trust/root.ts'

import { type Keeper, writeCheckpoint } from './append.ts'
import { deriveFiles, writeDerived } from './views.ts'

/** Throws `REG_EVENT_REFUSED` where there is a registry already. */
export async function beginRegistry(
  keeper: Keeper,
  { root, signers }: { readonly root: Root; readonly signers: readonly Signer[] },
): Promise<void> {
  const { files, crypto } = keeper
  if ((await files.read(checkpointPath)) !== undefined)
    throw new IonError('REG_EVENT_REFUSED', `There is a registry in "${files.label}" already.`)
  await files.write(rootPath(root.version), printRoot(root, signers))
  const { origin } = root
  const state = new RegistryState(origin)
  const { files: derived, top } = await deriveFiles({ crypto, state, touched: [] })
  await writeCheckpoint(keeper, { origin, size: 0, views: top })
  await writeDerived(files, derived)
}
