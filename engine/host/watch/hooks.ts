/**
 * Requests that start flows: `POST /hooks/FLOW` and `/hooks/FLOW/TRIGGER`, signed as the flow
 * declares it.
 *
 * Until its signature was found good nothing of a request is read but its bytes, and not many
 * of them. The answer says which run it started: the same one however often it is delivered.
 */
import { toFailure } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { verifyScheme } from '#engine/connection/signing/verify.ts'
import { deliveryId, hookEvent, type HookRequest } from '#engine/trigger/webhook.ts'
import type { WebhookTrigger } from '#engine/dsl/flow.ts'

import type { Hearing } from './hear.ts'
import { type Startable, start, type StartParts } from './start.ts'

/** What is answered. */
export interface Answer {
  readonly status: number
  readonly body: Json
  /** When to send it again. */
  readonly againMs?: number
}

export interface HookParts extends StartParts {
  readonly hearing: Pick<Hearing, 'webhooks'>
  secret(name: string): Promise<string>
  readonly nowMs: () => number
}

export interface Hooks {
  /** Who listens at `path`; empty where nobody does. */
  at(path: string): readonly Startable[]
  /** Starts what the request is for. */
  take(found: readonly Startable[], request: HookRequest): Promise<Answer>
  /** Tells of active flows whose secret cannot be had, of each version once. */
  tellUnready(): Promise<void>
}

export function openHooks(parts: HookParts): Hooks {
  const told = new Set<string>()
  return {
    at: (path) => listeners(parts, path),
    tellUnready: async () => {
      for (const one of parts.hearing.webhooks()) {
        const { secret } = one.trigger.spec as WebhookTrigger
        const key = JSON.stringify([one.mirror.id, one.activation.n, one.flow.id, secret])
        if (told.has(key)) continue
        told.add(key)
        await secretOf(parts, one, secret)
      }
    },
    take: async (found, request) => {
      const { good, isUnready } = await verified(parts, found, request)
      const [meant, ...more] = good
      // Nobody can say yet whether it is signed well, so it must not be lost.
      if (meant === undefined && isUnready) return later('No request can be taken now')
      if (meant === undefined) return problem(401, 'The signature is not good.')
      if (more.length > 0)
        return problem(409, 'Flows of several mirrors have this id and this secret.')
      try {
        return await startOne(parts, meant, request)
      } catch (thrown) {
        const { code, message } = toFailure(thrown, 'RUN_INTERNAL')
        parts.emit({ event: 'problem', about: meant.flow.id, code, message })
        return later('The run could not be started now')
      }
    },
  }
}

function problem(status: number, message: string, code?: string): Answer {
  return { status, body: code === undefined ? { message } : { code, message } }
}

function later(what: string): Answer {
  return { ...problem(503, `${what}; deliver it again.`), againMs: limits.webhookAgainMs }
}

/** `/hooks/FLOW` is its only webhook, or the first of several. */
function listeners({ hearing }: HookParts, path: string): readonly Startable[] {
  const [, hooks, flow, trigger, ...more] = path.split('/')
  if (hooks !== 'hooks' || flow === undefined || more.length > 0) return []
  const mirrors = new Set<string>()
  return hearing.webhooks(flow).filter((one) => {
    if (trigger !== undefined) return one.trigger.id === trigger
    if (mirrors.has(one.mirror.id)) return false
    mirrors.add(one.mirror.id)
    return true
  })
}

interface Verified {
  readonly good: readonly Startable[]
  /** A secret that it may be signed with cannot be had. */
  readonly isUnready: boolean
}

/** Those of `found` whose secret the request was signed with. */
async function verified(
  parts: HookParts,
  found: readonly Startable[],
  request: HookRequest,
): Promise<Verified> {
  const good: Startable[] = []
  let isUnready = false
  for (const one of found.slice(0, limits.webhookTriedMax)) {
    const { scheme, secret: name } = one.trigger.spec as WebhookTrigger
    const secret = await secretOf(parts, one, name)
    if (secret === undefined) isUnready = true
    else if (verifyScheme(scheme, { ...request, secret, nowMs: parts.nowMs() }).ok) good.push(one)
  }
  return { good, isUnready }
}

/** The sender is told no name of a secret that is missing; whoever watches is. */
async function secretOf(
  { secret, emit }: HookParts,
  { mirror, flow }: Startable,
  name: string,
): Promise<string | undefined> {
  try {
    return await secret(name)
  } catch (thrown) {
    const { code, message } = toFailure(thrown, 'RUN_INTERNAL')
    const told = `The flow "${flow.id}" takes no request: ${message}`
    emit({ event: 'problem', about: mirror.name, code, message: told })
    return undefined
  }
}

async function startOne(parts: HookParts, meant: Startable, request: HookRequest): Promise<Answer> {
  const { mirror, flow, trigger } = meant
  const id = deliveryId((trigger.spec as WebhookTrigger).scheme, request)
  const cause = `${hookMark}${mirror.id} ${flow.id} ${trigger.id} ${id}`
  const at = parts.memory.firstAt(cause, parts.nowMs())
  const event = hookEvent(trigger.id, { id, at, request })
  const started = await start(parts, meant, { event, at, cause })
  if ('run' in started) return { status: 202, body: { run: started.run } }
  return problem(422, started.refused.message, started.refused.code)
}

/** What deliveries are remembered by. */
export const hookMark = 'hook '
