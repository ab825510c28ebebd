/**
 * Git over HTTP on loopback: git's own `http-backend` behind a small server.
 */
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface GitServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`; a repository is at its path below the root that is served. */
  readonly origin: string
  /** Method and path of every request. */
  readonly requests: string[]
  /** What each of them sent as `Authorization`. */
  readonly authorizations: (string | undefined)[]
  /** Repositories below this path are given only to who sends this `Authorization`. */
  guard?: { readonly path: string; readonly authorization: string }
}

/** Serves every bare repository below `root`; all may read, and with `isOpen` also push. */
export async function openGitServer(
  root: string,
  { isOpen = false }: { readonly isOpen?: boolean } = {},
): Promise<GitServer> {
  const requests: string[] = []
  const authorizations: (string | undefined)[] = []
  const guarded: Pick<GitServer, 'guard'> = {}
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://git')
    requests.push(`${request.method ?? ''} ${pathname}`)
    const { authorization } = request.headers
    authorizations.push(authorization)
    const { guard } = guarded
    if (guard !== undefined && pathname.startsWith(guard.path)) {
      if (authorization !== guard.authorization) return void response.writeHead(401).end()
    }
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_COUNT: '3',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        GIT_CONFIG_KEY_1: 'uploadpack.allowAnySHA1InWant',
        GIT_CONFIG_VALUE_1: 'true',
        GIT_CONFIG_KEY_2: 'http.receivepack',
        GIT_CONFIG_VALUE_2: String(isOpen),
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REMOTE_ADDR: '127.0.0.1',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    request.pipe(child.stdin)
    child.stdin.on('error', () => {}) // it may answer before it has read everything
    const parts: Buffer[] = []
    child.stdout.on('data', (part: Buffer) => parts.push(part))
    child.on('close', () => {
      const all = Buffer.concat(parts)
      const end = all.indexOf('\r\n\r\n')
      const headers = all
        .subarray(0, Math.max(end, 0))
        .toString('latin1')
        .split('\r\n')
        .map((line): [string, string] => {
          const colon = line.indexOf(':')
          return [line.slice(0, colon), line.slice(colon + 1).trim()]
        })
      const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1]
      response.writeHead(
        status === undefined ? 200 : Number(status.slice(0, 3)),
        Object.fromEntries(headers.filter(([name]) => name !== '' && name !== 'Status')),
      )
      response.end(all.subarray(end + 4))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(guarded, {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    authorizations,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}
