/**
 * GitHub on loopback: a stateful emulator, and before it a gate that writes down every
 * request, holds it to GitHub's own description of its API, and can answer in its place.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { createEmulator } from 'emulate'

import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { compileSchema } from '#engine/core/schema.ts'

export interface GitHubRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body?: JsonObject
}

export interface CannedAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: Json
}

export interface FakeGitHub extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  readonly requests: GitHubRequest[]
  /** What requests had that GitHub's description does not know. Must stay empty. */
  readonly strays: string[]
  /** Answers the next requests in place of the emulator. */
  readonly next: CannedAnswer[]
  /** Forgets what happened and begins again with the repository `ada/shop`. */
  reset(): void
}

export const token = 'token-of-ada-0123456789'

/** Starts it, with the repository `ada/shop` and its branch `main`. */
export async function openGitHub(): Promise<FakeGitHub> {
  const requests: GitHubRequest[] = []
  const strays: string[] = []
  const next: CannedAnswer[] = []
  const check = openContract()
  let inner = ''
  const pass = async (
    { method, url, headers }: GitHubRequest,
    body: Buffer,
  ): Promise<{ status: number; headers: Record<string, string>; bytes: Buffer }> => {
    const { accept = '*/*', authorization = '' } = headers
    const answer = await fetch(inner + url, {
      method,
      headers: { accept, authorization, 'content-type': 'application/json' },
      ...(body.byteLength === 0 ? {} : { body }),
    })
    const type = answer.headers.get('content-type') ?? 'text/plain'
    const link = answer.headers.get('link')?.replaceAll(inner, origin)
    const told = { 'content-type': type, ...(link === undefined ? {} : { link }) }
    return { status: answer.status, headers: told, bytes: Buffer.from(await answer.arrayBuffer()) }
  }
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const sent = Buffer.concat(pieces)
      const body = sent.byteLength === 0 ? undefined : (JSON.parse(sent.toString()) as JsonObject)
      const one = { method, url, headers, ...(body === undefined ? {} : { body }) }
      requests.push(one)
      strays.push(...check(one))
      const canned = next.shift()
      if (canned !== undefined) {
        response.writeHead(canned.status, {
          'content-type': 'application/json',
          ...canned.headers,
        })
        response.end(JSON.stringify(canned.body))
        return
      }
      void pass(one, sent).then(({ status, headers: told, bytes }) =>
        response.writeHead(status, told).end(bytes),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const emulator = await createEmulator({
    service: 'github',
    port: 0,
    seed: {
      tokens: { [token]: { login: 'ada', scopes: ['repo'] } },
      github: {
        users: [{ login: 'ada' }],
        repos: [{ owner: 'ada', name: 'shop', auto_init: true }],
      },
    },
  })
  inner = emulator.url
  return {
    origin,
    requests,
    strays,
    next,
    reset: () => {
      emulator.reset()
      for (const list of [requests, next]) list.length = 0
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await emulator.close()
    },
  }
}

interface Operation {
  readonly parameters?: readonly JsonObject[]
  readonly requestBody?: {
    readonly content: { readonly 'application/json'?: { readonly schema: JsonObject } }
  }
}

/** Holds requests to the OpenAPI document of GitHub. */
export function openContract(): (request: GitHubRequest) => readonly string[] {
  const file = join(import.meta.dirname, '../vectors/github-openapi/github-rest-subset.json')
  const document = JSON.parse(readFileSync(file, 'utf8'), withoutNullable) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
    readonly components: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>
  }
  const routes = Object.entries(document.paths).map(([path, operations]) => ({
    path,
    pattern: new RegExp(
      `^${path.replaceAll(/\{(\w+)\}/g, (_, name) => (name === 'path' ? '.+' : '[^/]+'))}$`,
    ),
    operations,
  }))
  const bodies = new Map<Operation, ReturnType<typeof compileSchema>>()
  return ({ method, url, body }) => {
    const { pathname, searchParams } = new URL(url, 'http://github')
    const route = routes.find(({ pattern }) => pattern.test(pathname))
    const operation = route?.operations[method.toLowerCase()]
    // The part of the document that is kept here does not have every operation.
    if (operation === undefined) return []
    const where = `${method} ${route?.path ?? ''}`
    const known = (operation.parameters ?? []).map((one) => {
      const { $ref: shared } = one
      const [, name = ''] = typeof shared === 'string' ? shared.split('/parameters/') : []
      return name === '' ? one['name'] : document.components['parameters']?.[name]?.['name']
    })
    const strays = [...searchParams.keys()]
      .filter((name) => !known.includes(name))
      .map((name) => `${where}: no parameter "${name}"`)
    const schema = operation.requestBody?.content['application/json']?.schema
    if (body === undefined || schema === undefined) return strays
    const validate = bodies.get(operation) ?? compileSchema(schema)
    bodies.set(operation, validate)
    const wrong = validate(body)
    const names = isObject(schema['properties']) ? Object.keys(schema['properties']) : []
    const unknown = Object.keys(body).filter((name) => names.length > 0 && !names.includes(name))
    return [
      ...strays,
      ...(wrong === undefined ? [] : [`${where}: ${wrong.at} ${wrong.message}`]),
      ...unknown.map((name) => `${where}: no member "${name}"`),
    ]
  }
}

/** OpenAPI 3.0 says "nullable" where JSON Schema has no such word. */
function withoutNullable(_: string, value: unknown): unknown {
  if (!isObject(value as Json) || (value as JsonObject)['type'] !== undefined) return value
  const { nullable: _gone, ...rest } = value as JsonObject
  return rest
}
