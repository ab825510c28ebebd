/**
 * Adds the repositories of an organisation as mirrors. It only ever adds: a listing that is
 * shorter than the last one takes nothing away, and nothing that it adds is active.
 */
import { IonError } from '#engine/core/error.ts'
import { systemClock } from '#engine/durable/system.ts'
import { prepareDataDirectory } from '#engine/host/data/directory.ts'
import type { ListedRepository } from '#engine/forge/port.ts'

import { newMirror } from './new-mirror.ts'
import { openMirrorHost } from './open.ts'

export interface OrganisationWish {
  readonly apiUrl: string
  /** Repositories elsewhere are left out: they would be sent the token. */
  readonly host: string
  readonly organisation: string
  readonly topic?: string | undefined
  readonly tokenSecret: string
  readonly maxCaps?: readonly string[] | undefined
}

export interface OrganisationAdded {
  /** Names of the new mirrors. */
  readonly added: readonly string[]
  readonly known: number
  readonly archived: number
}

/** Throws what listing throws; then nothing was added. */
export async function addOrganisation(
  directory: string,
  wish: OrganisationWish,
): Promise<OrganisationAdded> {
  prepareDataDirectory(directory)
  await using host = openMirrorHost(directory, process.env)
  const { openForge } = await import('#engine/host/repository/forge.ts')
  const token = await host.ports.secret(wish.tokenSecret)
  const forge = openForge({ apiUrl: wish.apiUrl, token })
  const { organisation, topic } = wish
  const all = await forge.repositories({ organisation, topic })
  const listed = all.filter(({ url }) => URL.parse(url)?.host === wish.host)
  const live = listed.filter(({ isArchived }) => !isArchived)
  const now = systemClock({ keepsProcess: false }).now()
  const added = live.flatMap((repository) => {
    const mirror = newMirror({ ...partsOf(repository), ...given(wish) }, now)
    // The same repository under another address or name is left to a person.
    const isKnown = host.store
      .list()
      .some(({ name, url }) => name === mirror.name || url === mirror.url)
    if (isKnown) return []
    host.store.add(mirror)
    return [mirror.name]
  })
  if (listed.length === 0) {
    const which = topic === undefined ? '' : ` with the topic "${topic}"`
    const message = `"${organisation}" has no repository${which} that this token may see.`
    throw new IonError('MIRROR_REPOSITORY_GONE', message, { data: { organisation } })
  }
  return { added, known: live.length - added.length, archived: listed.length - live.length }
}

function partsOf({ url, branch, name }: ListedRepository) {
  return { url: url.replace(/\.git$/, ''), branch, name }
}

function given({ tokenSecret, maxCaps }: OrganisationWish) {
  return { tokenSecret, ...(maxCaps === undefined ? {} : { maxCaps }) }
}
