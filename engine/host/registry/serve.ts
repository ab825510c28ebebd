/**
 * Serves a registry's folder as any static host would: files by path, with ETags, and nothing
 * that is not a path of a registry. It needs to be trusted with nothing.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { limits } from '#engine/core/limits.ts'
import type { RegistrySource } from '#registry/ports.ts'

import { openFolder } from './folder.ts'
import { isImmutable, isPath } from './unreachable.ts'

export interface ServedRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
}

/** Serves `folder` until it is disposed. `port` 0 takes a free one. */
export async function serveRegistry(
  folder: string,
  { host = '127.0.0.1', port = 0 }: { readonly host?: string; readonly port?: number } = {},
): Promise<ServedRegistry> {
  const files = openFolder(folder)
  const server = createServer((request, response) => {
    answer(files, request, response).catch(() => {
      response.statusCode = 500
      response.end()
    })
  })
  server.maxConnections = limits.registryConnectionsMax
  server.headersTimeout = limits.httpConnectMsMax
  server.requestTimeout = limits.httpTimeMsDefault
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const at = server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  return {
    origin: `http://${name}:${at.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(
  files: RegistrySource,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', url = '/' } = request
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end()
    return
  }
  const path = (url.split('?', 1)[0] ?? '').slice(1)
  const bytes = isPath(path) ? await files.read(path) : undefined
  if (bytes === undefined) {
    response.writeHead(404, { 'cache-control': 'no-cache' }).end()
    return
  }
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  const headers = {
    etag,
    'cache-control': isImmutable(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
    'access-control-allow-origin': '*',
  }
  const asked = request.headers['if-none-match'] ?? ''
  if (asked.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)) {
    response.writeHead(304, headers).end()
    return
  }
  const type = /\.jsonl?$/.test(path) ? 'application/json' : 'application/octet-stream'
  response.writeHead(200, { ...headers, 'content-type': type, 'content-length': bytes.length })
  response.end(method === 'HEAD' ? undefined : bytes)
}
