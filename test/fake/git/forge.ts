/**
 * A forge on loopback for a watcher: pull requests, comments, statuses and repositories in
 * memory, every request held to GitHub's description of its API.
 */
import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { type Json, type JsonObject, wordOf } from '#engine/core/json.ts'

import { openContract } from '#test/fake/github.ts'

export interface FakeForge extends AsyncDisposable {
  readonly origin: string
  /** Of any repository: what is open, as GitHub tells it. */
  readonly pulls: JsonObject[]
  readonly repositories: JsonObject[]
  readonly comments: { readonly id: number; body: string; edits: number }[]
  readonly statuses: JsonObject[]
  /** With all their annotations, in the order in which they began. */
  readonly checks: JsonObject[]
  /** The token is not one of an app, so it may not write check runs. */
  isWithoutChecks: boolean
  /** Requests that cost something of the budget: all but those answered by 304. */
  readonly paid: string[]
  /** What requests had that GitHub's description does not know. Must stay empty. */
  readonly strays: string[]
}

export async function openForge(): Promise<FakeForge> {
  const check = openContract()
  const [pulls, repositories, statuses]: JsonObject[][] = [[], [], []]
  const state = {
    pulls: pulls ?? [],
    repositories: repositories ?? [],
    statuses: statuses ?? [],
    checks: [] as JsonObject[],
    isWithoutChecks: false,
    comments: [] as FakeForge['comments'],
    paid: [] as string[],
    strays: [] as string[],
  }
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const text = Buffer.concat(pieces).toString()
      const body = text === '' ? undefined : (JSON.parse(text) as JsonObject)
      state.strays.push(...check({ method, url, headers, ...(body === undefined ? {} : { body }) }))
      const { pathname, searchParams } = new URL(url, 'http://forge')
      const found = answer(state, `${method} ${pathname}`, body)
      const isFirst = Number(searchParams.get('page') ?? 1) === 1
      const shown = Array.isArray(found) && !isFirst ? [] : found
      send(response, { shown, method, known: headers['if-none-match'] }, () =>
        state.paid.push(`${method} ${url}`),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(state, {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  })
}

type State = Omit<FakeForge, 'origin' | keyof AsyncDisposable>

function answer(state: State, route: string, body: JsonObject = {}): Json | undefined {
  const text = wordOf(body['body'] ?? '')
  if (/^GET \/orgs\/[^/]+\/repos$/.test(route)) return state.repositories
  const [, of = '', pull] =
    /^(?:GET|POST|PATCH) \/repos\/([^/]+\/[^/]+)\/pulls(?:\/(\d+))?$/.exec(route) ?? []
  if (of !== '') return pullsAnswer(state, { method: route.split(' ', 1)[0], of, pull }, body)
  if (/^GET .*\/issues\/\d+\/comments$/.test(route))
    return state.comments.map(({ id, body: said }) => ({ ...place(id), body: said, ...ours }))
  if (/^POST .*\/issues\/\d+\/comments$/.test(route)) {
    const id = state.comments.push({ id: state.comments.length + 1, body: text, edits: 0 })
    return { ...place(id), body: text }
  }
  const [, edited] = /^PATCH .*\/issues\/comments\/(\d+)$/.exec(route) ?? []
  const comment = state.comments[Number(edited) - 1]
  if (comment !== undefined) {
    comment.body = text
    comment.edits += 1
    return place(comment.id)
  }
  if (/\/check-runs(?:\/\d+)?$/.test(route)) return checksAnswer(state, route, body)
  const [, sha] = /^POST \/repos\/[^/]+\/[^/]+\/statuses\/(\w+)$/.exec(route) ?? []
  if (sha === undefined) return undefined
  state.statuses.push({ ...body, sha })
  return { id: state.statuses.length }
}

/** Begins, edits and lists check runs; annotations are only ever added, as GitHub does it. */
function checksAnswer(state: State, route: string, body: JsonObject): Json | undefined {
  if (state.isWithoutChecks) return undefined
  const [, commit] = /^GET .*\/commits\/(\w+)\/check-runs$/.exec(route) ?? []
  if (commit !== undefined) {
    const found = state.checks.filter(({ head_sha: sha }) => sha === commit).toReversed()
    return { total_count: found.length, check_runs: found }
  }
  const [, id] = /^PATCH .*\/check-runs\/(\d+)$/.exec(route) ?? []
  const at = id === undefined ? state.checks.length : Number(id) - 1
  const { output: old = {}, ...known } = state.checks[at] ?? {}
  const [before, after] = [old, body['output'] ?? {}] as [JsonObject, JsonObject]
  const list = [before['annotations'] ?? [], after['annotations'] ?? []].flat()
  const output = { ...before, ...after, annotations: list, annotations_count: list.length }
  state.checks[at] = { ...known, ...body, id: at + 1, output }
  return state.checks[at]
}

interface OnPulls {
  readonly method: string | undefined
  /** `owner/name` */
  readonly of: string
  readonly pull: string | undefined
}

/** Lists, opens and edits pull requests. */
function pullsAnswer(state: State, { method, of, pull }: OnPulls, body: JsonObject): Json {
  if (method === 'GET') return state.pulls
  if (method === 'PATCH') {
    const at = state.pulls.findIndex(({ number }) => number === Number(pull))
    const changed = { ...state.pulls[at], ...body }
    state.pulls[at] = changed
    return changed
  }
  const number = state.pulls.length + 1
  const { head: asked = '', base = '', ...said } = body
  const [, fork = of.split('/', 1)[0], head] = /^(?:([^:]+):)?(.*)$/.exec(wordOf(asked)) ?? []
  const made = {
    ...said,
    number,
    state: 'open',
    html_url: `https://forge.example/${of}/pull/${number}`,
    head: {
      ref: head ?? '',
      sha: 'a'.repeat(40),
      repo: { full_name: `${fork}/${of.split('/')[1]}` },
    },
    base: { ref: base, sha: 'b'.repeat(40), repo: { full_name: of } },
  }
  state.pulls.push(made)
  return made
}

const ours = { author_association: 'OWNER', user: { type: 'Bot' } } as const

function place(id: number): { id: number; html_url: string } {
  return { id, html_url: `https://forge.example/comments/${id}` }
}

interface Shown {
  readonly shown: Json | undefined
  readonly method: string
  readonly known: string | undefined
}

function send(response: ServerResponse, { shown, method, known }: Shown, pay: () => void): void {
  const text = JSON.stringify(shown ?? { message: 'Not Found' })
  const etag = `"${createHash('sha256').update(text).digest('hex')}"`
  if (known === etag) {
    response.writeHead(304, { etag }).end()
    return
  }
  pay()
  const status = shown === undefined ? 404 : method === 'POST' ? 201 : 200
  response.writeHead(status, { 'content-type': 'application/json', etag }).end(text)
}

/** A pull request as GitHub lists it. */
export function pullOf(number: number, head: string, base = 'main'): JsonObject {
  return { number, state: 'open', head: { sha: head, ref: 'work' }, base: { sha: head, ref: base } }
}
