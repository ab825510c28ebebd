/**
 * Publishes the release that a tag names: made ready, then one leaf of the registry, with the
 * statement of where it comes from beside the log.
 */
import { IonError } from '#engine/core/error.ts'
import type { Signer } from '#registry/ports.ts'

import { demandKeys } from './allowed.ts'
import { announce, type Announced } from './announce.ts'
import { bundlePath, isBundleAbout } from './attached.ts'
import type { PublisherKey } from './key.ts'
import { type Prepared, prepareRelease, type PrepareWish } from './prepare.ts'
import { envelopeOf, provenancePath } from './provenance.ts'
import { demandPushed } from './pushed.ts'

export interface PublishWish extends Omit<PrepareWish, 'registry'> {
  readonly address: string
  readonly root: string
  readonly key: PublisherKey
  readonly logKey?: Signer | undefined
  /** What the host of the repository is sent; else what this machine has for it. */
  readonly token?: string
  /** A Sigstore bundle about the release, which goes beside it. */
  readonly bundle?: Uint8Array | undefined
}

export interface Published {
  readonly prepared: Prepared
  /** No events where the registry has this release already. */
  readonly announced: Announced
}

/** Throws what making it ready throws, and what `demandKeys` and `demandPushed` throw. */
export async function publishRelease(wish: PublishWish): Promise<Published> {
  let ready: Prepared | undefined
  const announced = await announce({
    ...wish,
    say: async (registry, state) => {
      const before = ready
      const prepared = await prepareRelease({ ...wish, registry, proof: before?.proof })
      ready = prepared
      const { draft, statement, taggedAt, published } = prepared
      const message = `publish ${draft.name} ${draft.version}`
      demandKeys(registry, state, { ...wish, name: draft.name })
      if (published !== undefined) return { bodies: [], message }
      if (before?.tagged.commit !== prepared.tagged.commit)
        await demandPushed(wish, prepared.tagged)
      const envelope = await envelopeOf(statement, wish.key)
      const files = new Map([[provenancePath(draft.provenance), envelope]])
      if (wish.bundle !== undefined) {
        demandAbout(wish.bundle, draft)
        files.set(bundlePath(draft.provenance), wish.bundle)
      }
      return { bodies: [draft], files, at: taggedAt, message }
    },
  })
  if (ready === undefined) throw new Error('nothing was made ready')
  return { prepared: ready, announced }
}

/** Throws `REG_RELEASE_REFUSED` for a bundle of something else. */
function demandAbout(bundle: Uint8Array, { name, version, digest }: Prepared['draft']): void {
  if (isBundleAbout(bundle, digest)) return
  const message = `The Sigstore bundle is not about "${name}@${version}": its statement has to name ${digest}.`
  throw new IonError('REG_RELEASE_REFUSED', message)
}
