/**
 * Opens a pull request from a branch, or brings the one up to date that is open: asking twice
 * makes one of them.
 */
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import type { CarefulForge } from './asked.ts'
import type { Proposed, ProposeWish } from './port.ts'

/** Throws what asking throws, and `CONN_PROTOCOL` for an answer that is no pull request. */
export async function propose(forge: CarefulForge, wish: ProposeWish): Promise<Proposed> {
  const { repository, branch, base, title, fork } = wish
  const body = wish.body.slice(0, limits.forgeBodyCharsMax)
  const [owner = '', repo = ''] = repository.split('/')
  const place = { owner, repo }
  const head = `${(fork ?? repository).split('/', 1)[0]}:${branch}`
  const open = await forge.read('GET /repos/{owner}/{repo}/pulls', {
    ...place,
    state: 'open',
    head,
    base,
  })
  // A forge that does not know the filter lists others too.
  const known = (Array.isArray(open) ? (open as readonly Json[]) : [])
    .filter(isObject)
    .find((one) => isFrom(one, wish))
  if (known === undefined) {
    const made = { ...place, head: fork === undefined ? branch : head, base, title, body }
    return proposedFrom(await forge.write('POST /repos/{owner}/{repo}/pulls', made), true)
  }
  const { number } = proposedFrom(known, false)
  const changed = { ...place, pull_number: number, title, body }
  const answer = await forge.write('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', changed)
  return proposedFrom(answer, false)
}

function isFrom({ head, base }: JsonObject, wish: ProposeWish): boolean {
  if (!isObject(head) || !isObject(base)) return false
  const { repo } = head
  // Another fork may have a branch of this name.
  const isOwn = isObject(repo) && repo['full_name'] === (wish.fork ?? wish.repository)
  return isOwn && head['ref'] === wish.branch && base['ref'] === wish.base
}

function proposedFrom(answer: unknown, isNew: boolean): Proposed {
  const { number, html_url: url } = isObject(answer as Json) ? (answer as JsonObject) : {}
  if (typeof number === 'number' && typeof url === 'string') return { number, url, isNew }
  throw new IonError('CONN_PROTOCOL', 'The forge gave no pull request where it describes one.')
}
