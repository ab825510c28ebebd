/**
 * Lines of a socket, each at most so long; what sends a longer one, or broken UTF-8, is
 * cut off.
 */
import type { Socket } from 'node:net'

/** Calls `onLine` for every line without its end. Nothing more comes once the socket is destroyed. */
export function onLines(socket: Socket, bytesMax: number, onLine: (line: string) => void): void {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let parts: Buffer[] = []
  let bytes = 0

  const take = (part: Buffer): void => {
    parts.push(part)
    bytes += part.length
    if (bytes > bytesMax) socket.destroy()
  }
  const finish = (): void => {
    const line = text(Buffer.concat(parts, bytes))
    parts = []
    bytes = 0
    if (line === undefined) socket.destroy()
    else onLine(line)
  }
  const text = (line: Buffer): string | undefined => {
    try {
      return decoder.decode(line)
    } catch {
      return undefined
    }
  }
  socket.on('data', (chunk: Buffer) => {
    let from = 0
    while (!socket.destroyed) {
      const end = chunk.indexOf(10, from)
      take(chunk.subarray(from, end < 0 ? chunk.length : end))
      if (end < 0 || socket.destroyed) break
      finish()
      from = end + 1
    }
  })
}
