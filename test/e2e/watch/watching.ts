/**
 * A watcher in a process of its own, and what it tells, line by line.
 */
import { createHmac } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'

import type { JsonObject } from '#engine/core/json.ts'
import { start } from '#test/e2e/cli.ts'

export const secrets = {
  IONFLUX_SECRET_HOOK: 'a secret of the forge',
  IONFLUX_SECRET_FORGE_TOKEN: 'a token of the forge',
}

export interface Watching extends AsyncDisposable {
  readonly events: readonly JsonObject[]
  readonly pid: number
  /** The next event that `wanted` is part of, after those that were taken before. */
  next(wanted: JsonObject): Promise<JsonObject>
  /** Delivers a push or another event about `url`, signed; the status of the answer. */
  deliver(url: string, more?: JsonObject): Promise<number>
  get(path: string): Promise<Response>
  /** A request that is signed over its body with `HOOK`. */
  post(path: string, body: string, headers?: Record<string, string>): Promise<Response>
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>
  kill(): Promise<void>
}

export interface WatchingWish {
  readonly cwd: string
  readonly args?: readonly string[]
  /** How far its clock is ahead. */
  readonly shiftMs?: number
}

export async function watching({ cwd, args = [], shiftMs }: WatchingWish): Promise<Watching> {
  const clock = pathToFileURL(join(import.meta.dirname, 'shifted-clock.ts')).href
  // The small nursery is that of `scripts/ionflux` and of the published package.
  const nursery = '--max-semi-space-size=8'
  const options = shiftMs === undefined ? nursery : `${nursery} --import=${clock}`
  const own = { NODE_OPTIONS: options, SHIFT_MS: String(shiftMs ?? 0) }
  const place = ['--listen', '127.0.0.1:0', '--webhook-secret', 'HOOK']
  const call = start(['watch', '--json', ...place, ...args], {
    cwd,
    env: { ...secrets, ...own },
  })
  const { child, ended } = call
  const events: JsonObject[] = []
  let rest = ''
  let heard = Promise.withResolvers<void>()
  let isOver = false
  child.stdout?.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    events.push(...lines.map((line) => JSON.parse(line) as JsonObject))
    heard.resolve()
    heard = Promise.withResolvers()
  })
  void ended.then(() => {
    isOver = true
    heard.resolve()
  })
  let taken = 0
  const next = async (wanted: JsonObject): Promise<JsonObject> => {
    for (;;) {
      const at = events.findIndex((event, i) => i >= taken && isPart(wanted, event))
      const found = events[at]
      if (found !== undefined) {
        taken = at + 1
        return found
      }
      if (isOver) {
        const { stderr } = await ended
        throw new Error(`it ended without ${JSON.stringify(wanted)}:\n${told(events)}\n${stderr}`)
      }
      await heard.promise
    }
  }
  const { url } = (await next({ event: 'listening' })) as { readonly url: string }
  let count = 0
  return {
    events,
    pid: child.pid ?? 0,
    next,
    deliver: async (repository, more = {}) => {
      const body = JSON.stringify({ n: count++, repository: { clone_url: repository }, ...more })
      const hmac = createHmac('sha256', secrets.IONFLUX_SECRET_HOOK).update(body).digest('hex')
      const headers = { 'x-hub-signature-256': `sha256=${hmac}` }
      return (await fetch(`${url}/hooks/git`, { method: 'POST', body, headers })).status
    },
    get: async (path) => await fetch(url + path),
    post: async (path, body, headers = {}) => {
      const hmac = createHmac('sha256', secrets.IONFLUX_SECRET_HOOK).update(body).digest('hex')
      const signed = { 'x-signature-256': `sha256=${hmac}`, ...headers }
      return await fetch(url + path, { method: 'POST', body, headers: signed })
    },
    stop: async () => {
      child.kill('SIGTERM')
      return (await ended).code
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function isPart(wanted: JsonObject, event: JsonObject): boolean {
  return Object.entries(wanted).every(([key, value]) => event[key] === value)
}

function told(events: readonly JsonObject[]): string {
  return events.map((event) => JSON.stringify(event)).join('\n')
}
