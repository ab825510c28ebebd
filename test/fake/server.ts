/** A server on loopback that answers the requests of tests: echoes, statuses, pages, GraphQL. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
export interface Arrived {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface FakeServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  readonly arrived: readonly Arrived[]
  close(): void
}

const items = ['a', 'b', 'c', 'd', 'e']
const json = (response: ServerResponse, value: unknown): void =>
  void response
    .setHeader('content-type', 'application/json; charset=utf-8')
    .end(JSON.stringify(value))

/**
 * `/echo` what arrived · `/status/503` · `/redirect?to=` · `/text` · `/bytes` · `/not-json`
 * · `/pages/link|cursor|number` two items a page · `/graphql`
 */
function answer({ method, url, headers, body }: Arrived, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(url, 'http://server')
  const [, first = '', second = ''] = pathname.split('/')
  if (first === 'echo') json(response, { method, url, headers, body })
  else if (first === 'status') response.writeHead(Number(second)).end('as asked')
  else if (first === 'redirect')
    response.writeHead(302, { location: searchParams.get('to') ?? '/' }).end()
  else if (first === 'text') response.setHeader('content-type', 'text/plain').end('hällo')
  else if (first === 'bytes') response.end(Buffer.from([0xff, 0xfe, 0x00, 0x01]))
  else if (first === 'not-json') response.setHeader('content-type', 'application/json').end('{')
  else if (first === 'pages') pages(second, searchParams, response)
  else if (first === 'graphql') graphql(body, response)
  else response.writeHead(404).end()
}

function pages(kind: string, query: URLSearchParams, response: ServerResponse): void {
  const from =
    kind === 'number' ? (Number(query.get('page')) - 1) * 2 : Number(query.get('after') ?? 0)
  const list = items.slice(from, from + 2)
  const next = from + 2 < items.length ? from + 2 : null
  if (kind === 'link' && next !== null) {
    response.setHeader(
      'link',
      `</pages/link?after=0>; rel="first", </pages/link?after=${next}>; rel="next"`,
    )
  }
  json(response, kind === 'cursor' ? { data: { list, next } } : list)
}

function graphql(body: string, response: ServerResponse): void {
  const { query, variables } = JSON.parse(body) as {
    query: string
    variables?: { readonly name?: string }
  }
  if (query.includes('broken'))
    json(response, { data: null, errors: [{ message: 'no such field' }] })
  else json(response, { data: { hello: variables?.name ?? 'world' } })
}

/** Listens on a free port. */
export async function openFakeServer(): Promise<FakeServer> {
  const arrived: Arrived[] = []
  const server = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, url, headers, body }
      arrived.push(one)
      answer(one, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
