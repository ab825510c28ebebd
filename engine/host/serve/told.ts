/**
 * What people tell a run: over the link as one kind of message, to the engine by its own verbs.
 *
 * A message may be repeated when its first receiver went away: all of them count once.
 */
import { isDigest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { isRunId, type RunId } from '#engine/core/id.ts'
import { isObject, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Engine } from '#engine/runtime/engine.ts'
import type { Answer } from '#engine/runtime/live/answer.ts'
import type { AskedFork } from '#engine/runtime/live/fork.ts'
import type { Settled } from '#engine/runtime/live/settle.ts'
import type { Signal } from '#engine/runtime/live/talk.ts'
import type { Settlement } from '#engine/runtime/record.ts'

import { isText } from './param.ts'

export type Told =
  | (Signal & { readonly kind: 'signal'; readonly id: string })
  | (Answer & { readonly kind: 'answer'; readonly id: string })
  | (Settled & { readonly kind: 'settled' })
  | { readonly kind: 'pause'; readonly by: string }
  | { readonly kind: 'resume'; readonly by: string }
  | (AskedFork & { readonly kind: 'forked' })

/** Tells `run`; resolves once that is durable. */
export async function tellRun(
  engine: Pick<Engine, 'signal' | 'settle' | 'fork' | 'answer' | 'pause' | 'resume'>,
  run: RunId,
  told: Told,
): Promise<void> {
  if (told.kind === 'signal') await engine.signal(run, told)
  else if (told.kind === 'answer') await engine.answer(run, told)
  else if (told.kind === 'pause') await engine.pause(run, told.by)
  else if (told.kind === 'resume') await engine.resume(run, told.by)
  else if (told.kind === 'settled') await engine.settle(run, told)
  else await engine.fork(run, told)
}

/** Reads a message. Throws `CLI_USAGE` that names the parameter. */
export function askedTold({ told }: JsonObject): Told {
  const asked = isObject(told) ? told : {}
  switch (asked['kind']) {
    case 'signal':
      return {
        kind: 'signal',
        name: textOf(asked, 'name'),
        id: textOf(asked, 'id'),
        data: asked['data'] ?? null,
        ...(asked['by'] === undefined ? {} : { by: textOf(asked, 'by') }),
      }
    case 'answer':
      return answerOf(asked)
    case 'pause':
    case 'resume':
      return { kind: asked['kind'], by: textOf(asked, 'by') }
    case 'settled':
      return askedSettled(asked)
    case 'forked':
      return askedFork(asked)
    default:
      throw refused('kind', 'known to this version of it')
  }
}

function answerOf(asked: JsonObject): Told {
  const { decision, of, form, digest } = asked
  if (decision !== 'approve' && decision !== 'reject') {
    throw refused('decision', '"approve" or "reject"')
  }
  const isTeam = (one: unknown): boolean => isText(one) && one.startsWith('team:')
  const isList = Array.isArray(of) && of.length <= limits.approversMax && of.every(isTeam)
  if (of !== undefined && !isList) throw refused('of', 'a list of teams')
  if (digest !== undefined && !(typeof digest === 'string' && isDigest(digest))) {
    throw refused('digest', 'a digest')
  }
  return {
    kind: 'answer',
    path: textOf(asked, 'path'),
    by: textOf(asked, 'by'),
    id: textOf(asked, 'id'),
    decision,
    ...(of === undefined ? {} : { of: of as readonly string[] }),
    ...(form === undefined ? {} : { form }),
    ...(digest === undefined ? {} : { digest }),
    ...(asked['reason'] === undefined ? {} : { reason: textOf(asked, 'reason') }),
  }
}

function textOf(asked: JsonObject, param: string): string {
  const value = asked[param]
  if (!isText(value)) throw refused(param, 'a text')
  return value
}

function askedSettled({ path, how, output, id, by }: JsonObject): Told {
  if (!isText(path)) throw refused('path', 'a text')
  if (!isSettlement(how)) throw refused('how', settlements.join(', '))
  if (!isText(id)) throw refused('id', 'a text')
  if (by !== undefined && !isText(by)) throw refused('by', 'a text')
  const rest = by === undefined ? {} : { by }
  return { kind: 'settled', path, how, id, ...rest, ...(output === undefined ? {} : { output }) }
}

function askedFork({ run, from, with: changed = {}, outputs = {} }: JsonObject): Told {
  if (!isText(run) || !isRunId(run)) throw refused('run', 'the id of a run')
  if (!isText(from)) throw refused('from', 'a text')
  if (!isObject(changed)) throw refused('with', 'a map')
  if (!isObject(outputs)) throw refused('outputs', 'a map')
  return {
    kind: 'forked',
    run,
    from,
    outputs,
    ...(Object.keys(changed).length === 0 ? {} : { with: changed }),
  }
}

const settlements = ['happened', 'did-not-happen', 'retry'] as const

function isSettlement(how: unknown): how is Settlement {
  return settlements.some((one) => one === how)
}

function refused(param: string, wanted: string): IonError {
  const message = `The running ionflux was told something with a "${param}" that is not ${wanted}.`
  return new IonError('CLI_USAGE', message, { data: { param } })
}
