/**
 * What a forge lists: repositories of an organisation, open pull requests. Nothing of an
 * answer is trusted to have the shape that the forge describes.
 */
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import type { CarefulForge, Fields } from './asked.ts'
import type { ListedRepository, ListWish, PullRequest } from './port.ts'

const perPage = 100

/** All repositories that the token may see, with the topic where one is asked for. */
export async function listRepositories(
  forge: CarefulForge,
  { organisation, topic }: ListWish,
): Promise<readonly ListedRepository[]> {
  // The page of those that were pushed to last changes first: the others answer "as before".
  const fields = { org: organisation, type: 'all', sort: 'pushed', direction: 'desc' }
  const all = await pages(forge, 'GET /orgs/{org}/repos', fields)
  return all
    .flatMap((one) => repositoryFrom(one) ?? [])
    .filter(({ topics }) => topic === undefined || topics.includes(topic))
}

/** The open pull requests of `owner/name`, the latest first. */
export async function listPulls(
  forge: CarefulForge,
  repository: string,
): Promise<readonly PullRequest[]> {
  const [owner = '', repo = ''] = repository.split('/')
  const fields = { owner, repo, state: 'open', sort: 'updated', direction: 'desc' }
  const all = await pages(forge, 'GET /repos/{owner}/{repo}/pulls', fields)
  return all.flatMap((one) => pullFrom(one) ?? [])
}

async function pages(
  forge: CarefulForge,
  route: string,
  fields: Fields,
): Promise<readonly JsonObject[]> {
  const all: JsonObject[] = []
  for (let page = 1; page <= limits.forgePagesMax; page++) {
    const data = await forge.read(route, { ...fields, per_page: perPage, page })
    if (!Array.isArray(data)) {
      throw new IonError('CONN_PROTOCOL', 'The forge gave no list where it describes one.')
    }
    all.push(...(data as readonly Json[]).filter(isObject))
    if (data.length < perPage) return all
  }
  const message = `The forge lists more than ${limits.forgePagesMax * perPage} entries; ask for fewer, by a topic.`
  throw new IonError('CONN_RESPONSE_TOO_LARGE', message)
}

function repositoryFrom(one: JsonObject): ListedRepository | undefined {
  const { id, full_name: name, clone_url: url, default_branch: branch, topics, archived } = one
  const isKnown =
    typeof id === 'number' &&
    typeof name === 'string' &&
    typeof url === 'string' &&
    typeof branch === 'string'
  if (!isKnown || !/^[\w.-]{1,100}\/[\w.-]{1,100}$/.test(name)) return undefined
  const words = Array.isArray(topics) ? topics.filter((word) => typeof word === 'string') : []
  return { id, name, url, branch, topics: words, isArchived: archived === true }
}

function pullFrom({ number, head, base }: JsonObject): PullRequest | undefined {
  const sha = isObject(head) ? head['sha'] : undefined
  const branch = isObject(base) ? base['ref'] : undefined
  const isKnown =
    typeof number === 'number' && typeof sha === 'string' && typeof branch === 'string'
  return isKnown && /^[0-9a-f]{40,64}$/.test(sha) ? { number, head: sha, base: branch } : undefined
}
