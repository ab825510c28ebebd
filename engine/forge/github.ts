/**
 * GitHub behind the port, by its REST API (2022-11-28), with the one way out for requests.
 */
import { Octokit } from '@octokit/rest'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { HttpDoor } from '#engine/connection/http.ts'

import { type Ask, careful, type CarefulForge, type Fields } from './asked.ts'
import { listPulls, listRepositories } from './lists.ts'
import { writeCheck } from './checks.ts'
import type { CommentWish, Forge, StatusWish } from './port.ts'
import { propose } from './propose.ts'

export interface GitHubOptions {
  /** `https://api.github.com`, or the API of an Enterprise server. */
  readonly apiUrl: string
  /** A token that may write what is asked for. */
  readonly token: string
}

/** Opens GitHub. Its calls throw `CONN_REQUEST_REFUSED` when GitHub says no, with its reason. */
export function openGitHub({ apiUrl, token }: GitHubOptions): Forge {
  const door = new HttpDoor()
  const octokit = new Octokit({
    auth: token,
    baseUrl: apiUrl,
    userAgent: 'ionflux',
    // What fails is thrown, and told by whoever asked.
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    request: { fetch: fetchThrough(door, new URL(apiUrl).origin) },
  })
  const ask: Ask = async (route, fields, headers) =>
    await octokit.request(route, { ...fields, headers })
  const forge = careful(ask, () => Date.now())
  // Which permissions a token has does not change while it is used.
  const withoutChecks = new Set<string>()
  return {
    comment: (wish) => comment(forge, wish),
    status: (wish) => status(forge, wish),
    check: async (wish) => {
      const { repository } = wish
      if (withoutChecks.has(repository)) return false
      const isWritten = await orRefused(repository, 'checks: write', () => writeCheck(forge, wish))
      if (!isWritten) withoutChecks.add(repository)
      return isWritten
    },
    propose: async (wish) =>
      await orRefused(wish.repository, 'pull-requests: write', () => propose(forge, wish)),
    pulls: async (repository) =>
      await orRefused(repository, 'pull-requests: read', () => listPulls(forge, repository)),
    repositories: async (wish) =>
      await orRefused(wish.organisation, 'metadata: read', () => listRepositories(forge, wish)),
  }
}

function quiet(): void {}

async function status(forge: CarefulForge, wish: StatusWish): Promise<void> {
  const { repository, commit: sha, state, context } = wish
  const [owner = '', repo = ''] = repository.split('/')
  const description = wish.description.slice(0, limits.forgeStatusCharsMax)
  await orRefused(repository, 'statuses: write', () =>
    forge.write('POST /repos/{owner}/{repo}/statuses/{sha}', {
      owner,
      repo,
      sha,
      state,
      context,
      description,
    }),
  )
}

async function orRefused<T>(name: string, power: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw refused(name, power, thrown)
  }
}

async function comment(forge: CarefulForge, wish: CommentWish): Promise<string> {
  const { repository, number, marker, body } = wish
  const [owner = '', repo = ''] = repository.split('/')
  return await orRefused(repository, 'pull-requests: write', async () => {
    const place = { owner, repo, issue_number: number }
    const known = await findComment(forge, place, marker)
    const data =
      known === undefined
        ? await forge.write('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
            ...place,
            body,
          })
        : await forge.write('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
            owner,
            repo,
            comment_id: known,
            body,
          })
    return (data as { readonly html_url: string }).html_url
  })
}

interface ListedComment {
  readonly id: number
  readonly body?: string
  readonly author_association?: string
  readonly user?: { readonly type?: string } | null
}

async function findComment(
  forge: CarefulForge,
  place: Fields,
  marker: string,
): Promise<number | undefined> {
  const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments'
  for (let page = 1; page <= limits.forgePagesMax; page++) {
    const asked = { ...place, per_page: 100, page }
    const data = (await forge.read(route, asked)) as readonly ListedComment[]
    const found = data.find((one) => one.body?.startsWith(marker) === true && isTrusted(one))
    if (found !== undefined) return found.id
    if (data.length < asked.per_page) return undefined
  }
  return undefined
}

const insiders = new Set(['OWNER', 'MEMBER', 'COLLABORATOR'])

/** A comment that a stranger planted is not ours to write the plan into. */
function isTrusted(one: ListedComment): boolean {
  return one.user?.type === 'Bot' || insiders.has(one.author_association ?? '')
}

function refused(repository: string, power: string, thrown: unknown): IonError {
  if (thrown instanceof IonError) return thrown
  const { status, message } = thrown as { status?: number; message?: string }
  const hint =
    status === 401 || status === 403 || status === 404
      ? ` Give the token the permission \`${power}\`.`
      : ''
  return new IonError(
    'CONN_REQUEST_REFUSED',
    `The forge refused a request about "${repository}": ${message ?? 'no reason given'}.${hint}`,
    { data: { repository, status: status ?? 0 }, cause: thrown },
  )
}

interface FetchInit {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** `fetch` as Octokit calls it, over the one way out and to one origin only. */
function fetchThrough(
  door: HttpDoor,
  origin: string,
): (url: string, init?: FetchInit) => Promise<Response> {
  return async (url, { method = 'GET', headers = {}, body } = {}) => {
    const pairs = Object.entries(headers)
    const isSecret = ([name]: readonly [string, string]): boolean =>
      name.toLowerCase() === 'authorization'
    const answer = await door.send({
      url,
      method,
      headers: pairs.filter((pair) => !isSecret(pair)),
      credentials: pairs.filter(isSecret),
      ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
      redirect: 'error',
      timeMs: limits.forgeRequestMsMax,
      mayGo: ({ url: to }) => to.origin === origin,
    })
    const hasBody = answer.status !== 204 && answer.status !== 304
    return new Response(hasBody ? Buffer.from(answer.body) : undefined, {
      status: answer.status,
      headers: answer.headers.map(([name, value]): [string, string] => [name, value]),
    })
  }
}
