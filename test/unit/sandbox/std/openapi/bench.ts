/** `std/openapi` with a server that echoes, and documents of one operation. */
import type { Failure } from '#engine/core/error.ts'
import type { JsonObject } from '#engine/core/json.ts'
import { openFakeServer, type FakeServer } from '#test/fake/server.ts'

import { openStd, type Std } from '#test/unit/sandbox/std/open.ts'

export const secret = { $secret: 'TOKEN' }
const schemes: JsonObject = {
  bearer: { type: 'http', scheme: 'bearer' },
  basic: { type: 'http', scheme: 'basic' },
  header: { type: 'apiKey', in: 'header', name: 'X-Key' },
  query: { type: 'apiKey', in: 'query', name: 'key' },
  cookie: { type: 'apiKey', in: 'cookie', name: 'session' },
  mutual: { type: 'mutualTLS' },
}

export interface Echo {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface OpenApiBench extends AsyncDisposable {
  readonly server: FakeServer
  readonly plugin: Std
  /** A document with one operation, `do`: `POST /echo`, or what `path` and `method` say. */
  documentOf(spec: JsonObject, more?: JsonObject & { path?: string; method?: string }): JsonObject
  /** Calls it, and gives what arrived. */
  call(document: JsonObject, input?: JsonObject): Promise<Echo>
  failure(document: JsonObject, input?: JsonObject): Promise<Failure>
}

export async function openApiBench(): Promise<OpenApiBench> {
  const server = await openFakeServer()
  const permissions = { net: [server.origin] }
  const plugin = await openStd('openapi', { permissions, secrets: { TOKEN: 'long-secret-value' } })
  return {
    server,
    plugin,
    documentOf: (spec, { path = '/echo', method = 'post', ...rest } = {}) => ({
      openapi: '3.1.0',
      info: { title: 'Test', version: '1' },
      servers: [{ url: `${server.origin}/` }],
      paths: {
        [path]: {
          [method]: {
            operationId: 'do',
            responses: { 404: { description: 'There is none.' } },
            ...spec,
          },
        },
      },
      components: { securitySchemes: schemes },
      ...rest,
    }),
    call: async (document, input = {}) =>
      (await plugin.call<{ body: Echo }>('call', { document, operation: 'do', ...input })).body,
    failure: async (document, input = {}) =>
      await plugin.failure('call', { document, operation: 'do', ...input }),
    [Symbol.asyncDispose]: async () => {
      await plugin[Symbol.asyncDispose]()
      server.close()
    },
  }
}
