/**
 * Small HTTP servers that cases speak to, as data: each stands for one origin, listens on
 * loopback, and answers a request with the first of its answers that fits.
 *
 * The requests are real, over real sockets, through the same way out as in a run; only the
 * origin is exchanged at the end. What no answer fits is told, and is a failed case.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Json, JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import { differences } from '#engine/testing/difference.ts'

/** One answer, and the requests that it is for. */
export interface ServerAnswer {
  /** Absent means any. */
  readonly method?: string
  /** With its query or without; absent means any. */
  readonly path?: string
  /** Parts of the query that must be there. */
  readonly query?: Readonly<Record<string, string | number | boolean>>
  /** Headers that must be there. */
  readonly headers?: Readonly<Record<string, string>>
  /** The body, as JSON that must be in it or as text that it must be. */
  readonly body?: Json
  /** Whether it is given one time per case only, so that the next one that fits has its turn. */
  readonly once?: boolean
  readonly answer: {
    readonly status?: number
    readonly headers?: Readonly<Record<string, string>>
    readonly json?: Json
    readonly text?: string
    readonly base64?: string
    /** Ends the connection in place of an answer. */
    readonly drop?: boolean
  }
}

/** Answers by the origin that code names: `https://api.example.com`. */
export type ServerSpecs = Readonly<Record<string, readonly ServerAnswer[]>>

export interface CaseServers extends AsyncDisposable {
  /** Where an origin really is; undefined for one that is not there. */
  find(origin: string): string | undefined
  /** Forgets what was asked; to be called before each case. */
  reset(): void
  /** `GET https://api.example.com/items?page=2`, in the order of their arrival. */
  asked(): readonly string[]
  /** Requests that no answer fitted, as in `asked`. */
  unanswered(): readonly string[]
}

interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Opens a server for every origin. */
export async function openCaseServers(specs: ServerSpecs): Promise<CaseServers> {
  const asked: string[] = []
  const unanswered: string[] = []
  const used = new Set<ServerAnswer>()
  const places = new Map<string, string>()
  const servers = Object.entries(specs).map(([origin, answers]) => {
    const server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const { method = '', url = '', headers } = request
        const one = { method, url: new URL(url, origin), headers, body }
        const line = `${method} ${origin}${url}`
        asked.push(line)
        const found = answers.find((answer) => !used.has(answer) && fits(answer, one))
        if (found?.once === true) used.add(found)
        if (found === undefined) unanswered.push(line)
        give(response, found)
      })
    })
    return { origin, server }
  })
  for (const { origin, server } of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    places.set(origin, `http://127.0.0.1:${port}`)
  }
  return {
    find: (origin) => places.get(origin),
    reset: () => {
      for (const list of [asked, unanswered]) list.splice(0)
      used.clear()
    },
    asked: () => [...asked],
    unanswered: () => [...unanswered],
    [Symbol.asyncDispose]: async () => {
      for (const { server } of servers) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    bytes += piece.length
    if (bytes <= limits.httpBodyBytesMax) pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function fits(one: ServerAnswer, { method, url, headers, body }: Asked): boolean {
  const { path = url.pathname, query = {}, headers: wanted = {} } = one
  const isHere = path === (path.includes('?') ? url.pathname + url.search : url.pathname)
  return (
    isHere &&
    (one.method ?? method) === method &&
    Object.entries(query).every(([name, value]) =>
      url.searchParams.getAll(name).includes(String(value)),
    ) &&
    Object.entries(wanted).every(
      ([name, value]) => String(headers[name.toLowerCase()] ?? '') === value,
    ) &&
    (one.body === undefined || isBody(one.body, body))
  )
}

function isBody(wanted: Json, body: string): boolean {
  if (typeof wanted === 'string') return wanted === body
  try {
    return differences(wanted, JSON.parse(body) as Json, 'part').length === 0
  } catch {
    return false
  }
}

function give(response: ServerResponse, found: ServerAnswer | undefined): void {
  if (found === undefined) return void response.writeHead(501).end('No answer fits this request.')
  const { status = 200, headers = {}, json, text, base64, drop } = found.answer
  if (drop === true) return void response.destroy()
  const type = json === undefined ? {} : { 'content-type': 'application/json' }
  response.writeHead(status, { ...type, ...headers })
  if (json !== undefined) response.end(JSON.stringify(json))
  else response.end(base64 === undefined ? text : Buffer.from(base64, 'base64'))
}

const words: JsonObject = {
  type: 'object',
  additionalProperties: { type: ['string', 'number', 'boolean'] },
}
const texts: JsonObject = { type: 'object', additionalProperties: { type: 'string' } }

/** JSON Schema of `ServerSpecs`. */
export const serversSchema: JsonObject = {
  type: 'object',
  maxProperties: 20,
  propertyNames: { type: 'string', pattern: '^https?://[^/]+$' },
  additionalProperties: {
    type: 'array',
    maxItems: 1000,
    items: {
      type: 'object',
      required: ['answer'],
      additionalProperties: false,
      properties: {
        method: { type: 'string' },
        path: { type: 'string', pattern: '^/' },
        query: words,
        headers: texts,
        body: {},
        once: { type: 'boolean' },
        answer: {
          type: 'object',
          additionalProperties: false,
          properties: {
            status: { type: 'integer', minimum: 200, maximum: 599 },
            headers: texts,
            json: {},
            text: { type: 'string' },
            base64: { type: 'string' },
            drop: { type: 'boolean' },
          },
        },
      },
    },
  },
}
