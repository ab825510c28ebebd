/**
 * A server that answers as a test says, in place of Git: for what no honest one would do.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { deflateSync } from 'node:zlib'

import { delim, flush, packet } from '#engine/mirror/wire/packet.ts'

export interface Rogue extends AsyncDisposable {
  readonly origin: string
  readonly requests: IncomingMessage[]
  /** Answers a request; `body` is all of it. */
  answer: (response: ServerResponse, body: Buffer, request: IncomingMessage) => void
}

export async function openRogue(): Promise<Rogue> {
  const rogue: Omit<Rogue, 'origin' | symbol> = {
    requests: [],
    answer: (response) => void response.writeHead(404).end(),
  }
  const server = createServer((request, response) => {
    rogue.requests.push(request)
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => rogue.answer(response, Buffer.concat(parts), request))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(rogue, {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

export const result = { 'content-type': 'application/x-git-upload-pack-result' }

/** A list with one branch. */
export function headAt(commit: string): Buffer {
  return Buffer.concat([packet(`${commit} HEAD symref-target:refs/heads/main`), flush])
}

export const isList = (body: Buffer): boolean => body.includes('command=ls-refs')

/** The answer to a fetch: bands of the pack. */
export function packAnswer(pack: Uint8Array, band = 1): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < pack.length; at += 60_000) {
    const piece = Buffer.concat([Buffer.from([band]), pack.subarray(at, at + 60_000)])
    pieces.push(Buffer.from((piece.length + 4).toString(16).padStart(4, '0')), piece)
  }
  return Buffer.concat([packet('packfile'), ...pieces, flush])
}

export const shallowInfo = (...lines: string[]): Buffer =>
  Buffer.concat([packet('shallow-info'), ...lines.map((line) => packet(line)), delim])

export interface GitObject {
  readonly type: 'commit' | 'tree' | 'blob' | 'tag'
  readonly bytes: Buffer
  readonly oid: string
}

export function object(type: GitObject['type'], bytes: Buffer | string): GitObject {
  const whole = Buffer.from(bytes as string)
  const oid = createHash('sha1').update(`${type} ${whole.length}\0`).update(whole).digest('hex')
  return { type, bytes: whole, oid }
}

export function treeOf(
  ...entries: readonly (readonly [mode: string, name: string, oid: string])[]
): GitObject {
  const lines = entries.map(([mode, name, oid]) =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]),
  )
  return object('tree', Buffer.concat(lines))
}

export function commitOf(tree: string): GitObject {
  const who = 'A <a@example.com> 1700000000 +0000'
  return object('commit', `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nx\n`)
}

const types = { commit: 1, tree: 2, blob: 3, tag: 4 } as const

/** A pack of whole objects. */
export function packOf(...objects: readonly GitObject[]): Buffer {
  const head = Buffer.alloc(12)
  head.write('PACK', 'latin1')
  head.writeUInt32BE(2, 4)
  head.writeUInt32BE(objects.length, 8)
  const parts = objects.map(({ type, bytes }) => {
    const sizes = [(types[type] << 4) | (bytes.length & 15)]
    for (let left = bytes.length >> 4; left > 0; left >>= 7) {
      sizes[sizes.length - 1] = (sizes.at(-1) ?? 0) | 0x80
      sizes.push(left & 0x7f)
    }
    return Buffer.concat([Buffer.from(sizes), deflateSync(bytes)])
  })
  const body = Buffer.concat([head, ...parts])
  return Buffer.concat([body, createHash('sha1').update(body).digest()])
}
