/**
 * The local socket between ionflux processes: the owner of a data directory serves it, the
 * others hand their commands to it and follow its runs.
 *
 * Requests and answers are JSON texts, one a line. A client that sends anything else loses
 * its connection and nobody else's; a client that reads slowly is waited for, and cut off when
 * a handler does not. What the methods mean belongs to the handler. Only the user of the data
 * directory gets in: the socket lies in a directory that nobody else may enter.
 */
import { rmSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { type Server, type Socket, createConnection, createServer } from 'node:net'

import { type Code, codes } from '#engine/core/codes.ts'
import { type Failure, IonError, toFailure } from '#engine/core/error.ts'
import { type Json, type JsonObject, isObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import { isPipe } from './link-path.ts'
import { onLines } from './lines.ts'

/** One question of a client. */
export interface LinkRequest {
  readonly method: string
  readonly params: Json
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
  /** Sends an event ahead of the answer; resolves once there is room for more. Lost when the client is gone. */
  readonly emit: (event: Json) => Promise<void>
}

/** Answers a request. What it throws reaches the client as a failure. */
export type LinkHandler = (request: LinkRequest) => Json | Promise<Json>

export interface LinkServer {
  readonly path: string
  /** Cuts off every client and takes the socket away. */
  close(): Promise<void>
}

/**
 * Serves `path` (`link-path.ts`). Only the holder of the lease may: what a dead process
 * left at `path` is removed.
 *
 * Throws `CLI_ENGINE_UNREACHABLE` when the socket cannot be made.
 */
export async function serveLink(path: string, handler: LinkHandler): Promise<LinkServer> {
  const clients = new Set<Socket>()
  const server = createServer((socket) => {
    clients.add(socket)
    socket.on('close', () => clients.delete(socket))
    serveClient(socket, handler)
  })
  server.maxConnections = limits.linkClientsMax
  try {
    if (!isPipe(path)) rmSync(path, { force: true })
    await listening(server, path)
    if (!isPipe(path)) await chmod(path, 0o600)
  } catch (cause) {
    server.close()
    const data = { path, reason: String((cause as NodeJS.ErrnoException).code) }
    const message = `Could not listen at "${path}": check its permissions, or name another --data-dir.`
    throw new IonError('CLI_ENGINE_UNREACHABLE', message, { data, cause })
  }
  return {
    path,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const client of clients) client.destroy()
      }),
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      // Later errors are those of one accept, which the client sees as a closed door.
      server.on('error', () => undefined)
      resolve()
    })
  })
}

function serveClient(socket: Socket, handler: LinkHandler): void {
  const gone = new AbortController()
  let running = 0
  const send = sender(socket)

  const answer = async (id: number, method: string, params: Json): Promise<void> => {
    const emit = async (event: Json): Promise<void> => await send({ id, event })
    try {
      void send({ id, result: await handler({ method, params, signal: gone.signal, emit }) })
    } catch (error) {
      void send({ id, error: toFailure(error, 'RUN_INTERNAL') })
    } finally {
      running -= 1
    }
  }
  socket.on('close', () => gone.abort())
  onLines(socket, limits.linkMessageBytesMax, (line) => {
    const question = parsed(line)
    const { id, method, params = null } = question ?? {}
    const isQuestion = typeof id === 'number' && typeof method === 'string'
    if (!isQuestion || running >= limits.linkRequestsPerClientMax) {
      socket.destroy()
      return
    }
    running += 1
    void answer(id, method, params)
  })
}

/** The near end of a link. */
export interface Link {
  /** Asks and waits for the answer. Throws what the handler threw, or `CLI_ENGINE_UNREACHABLE`. */
  request(method: string, params: Json): Promise<Json>
  /** The same without a time limit, with the events that come before the answer. */
  stream(method: string, params: Json, onEvent: (event: Json) => void): Promise<Json>
  /** Resolves when the other side is gone, or `close` was called. Never rejects. */
  readonly closed: Promise<void>
  close(): void
}

interface Asked {
  readonly onEvent: ((event: Json) => void) | undefined
  readonly resolve: (value: Json) => void
  readonly reject: (error: Error) => void
}

/** Connects to whoever serves `path`. Throws `CLI_ENGINE_UNREACHABLE` when nobody does. */
export async function connectLink(path: string): Promise<Link> {
  const socket = await connected(path)
  const asked = new Map<number, Asked>()
  const send = sender(socket)
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      for (const { reject } of asked.values()) reject(unreachable(path, 'it ended'))
      asked.clear()
      resolve()
    })
  })
  onLines(socket, limits.linkMessageBytesMax, (line) => {
    const message = parsed(line)
    const id = message?.['id']
    const waiting = typeof id === 'number' ? asked.get(id) : undefined
    if (message === undefined || typeof id !== 'number') socket.destroy()
    else if (waiting !== undefined && receive(waiting, message)) asked.delete(id)
  })

  let count = 0
  const ask = (method: string, params: Json, onEvent: Asked['onEvent']): Promise<Json> => {
    const id = (count += 1)
    const { promise, resolve, reject } = Promise.withResolvers<Json>()
    if (socket.destroyed) reject(unreachable(path, 'it ended'))
    else {
      asked.set(id, { onEvent, resolve, reject })
      void send({ id, method, params })
    }
    if (onEvent !== undefined) return promise
    const late = (): void => {
      asked.delete(id)
      const reason = `it gave no answer within ${limits.linkAnswerMsMax} ms`
      reject(unreachable(path, reason, { isUnanswered: true }))
    }
    const timer = setTimeout(late, limits.linkAnswerMsMax)
    return promise.finally(() => clearTimeout(timer))
  }
  return {
    request: (method, params) => ask(method, params, undefined),
    stream: (method, params, onEvent) => ask(method, params, onEvent),
    closed,
    close: () => void socket.destroy(),
  }
}

/** Gives a message to whoever asked; true when it was the answer. */
function receive(waiting: Asked, message: Readonly<Record<string, Json>>): boolean {
  const { event, error, result } = message
  if (event !== undefined) {
    waiting.onEvent?.(event)
    return false
  }
  if (error !== undefined) waiting.reject(asError(error))
  else waiting.resolve(result ?? null)
  return true
}

function asError(value: Json): IonError {
  const { code, message, data } = value as unknown as Failure
  const known = Object.hasOwn(codes, code) ? (code as Code) : 'RUN_INTERNAL'
  return new IonError(known, String(message), isObject(data) ? { data } : {})
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    const refuse = (reason: string) => (): void => {
      socket.destroy()
      reject(unreachable(path, reason))
    }
    const timer = setTimeout(refuse('it did not take the call'), limits.linkConnectMsMax)
    socket.once('error', refuse('nobody listens there'))
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
    socket.once('close', () => clearTimeout(timer))
  })
}

/**
 * Prints messages to `socket`; resolves once it takes more, or is gone. What is gone, or is
 * sent far more than it takes, gets nothing.
 */
function sender(socket: Socket): (message: object) => Promise<void> {
  let room = Promise.withResolvers<void>()
  socket.on('drain', () => {
    room.resolve()
    room = Promise.withResolvers<void>()
  })
  socket.on('close', () => room.resolve())
  // An error is always followed by `close`, which is what everybody here listens to.
  socket.on('error', () => undefined)
  return (message) => {
    if (socket.destroyed) return room.promise
    const hasRoom = socket.write(JSON.stringify(message) + '\n')
    if (socket.writableLength > limits.linkMessageBytesMax) socket.destroy()
    return hasRoom ? Promise.resolve() : room.promise
  }
}

function parsed(line: string): Readonly<Record<string, Json>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function unreachable(path: string, reason: string, more: JsonObject = {}): IonError {
  const message = `The ionflux process behind "${path}" cannot be reached: ${reason}.`
  return new IonError('CLI_ENGINE_UNREACHABLE', message, { data: { path, reason, ...more } })
}
