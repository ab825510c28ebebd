/**
 * Publishes the release that a tag names: made ready, then one leaf of the registry, with the
 * statement of where it comes from beside the log.
 */
import type { Signer } from '#registry/ports.ts'

import { announce, type Announced, demandNamespace } from './announce.ts'
import type { PublisherKey } from './key.ts'
import { type Prepared, prepareRelease, type PrepareWish } from './prepare.ts'
import { envelopeOf, provenancePath } from './provenance.ts'

export interface PublishWish extends Omit<PrepareWish, 'registry'> {
  readonly address: string
  readonly root: string
  readonly key: PublisherKey
  readonly logKey?: Signer | undefined
}

export interface Published {
  readonly prepared: Prepared
  /** No events where the registry has this release already. */
  readonly announced: Announced
}

export async function publishRelease(wish: PublishWish): Promise<Published> {
  const ready: Prepared[] = []
  const announced = await announce({
    ...wish,
    say: async (registry, state) => {
      const prepared = await prepareRelease({ ...wish, registry })
      ready.push(prepared)
      const { draft, statement, taggedAt, published } = prepared
      const message = `publish ${draft.name} ${draft.version}`
      if (published !== undefined) return { bodies: [], message }
      demandNamespace(state, draft.name)
      const envelope = await envelopeOf(statement, wish.key)
      const files = new Map([[provenancePath(draft.provenance), envelope]])
      return { bodies: [draft], files, at: taggedAt, message }
    },
  })
  const [prepared] = ready
  if (prepared === undefined) throw new Error('nothing was made ready')
  return { prepared, announced }
}
