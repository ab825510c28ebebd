/**
 * Reads what another process asks of the owner: nothing of a message is trusted to have
 * the shape that this version of ionflux would send.
 *
 * Everything throws `CLI_USAGE` that names the parameter.
 */
import { isDigest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { isRunId, type RunId } from '#engine/core/id.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import type { Published } from '#engine/runtime/live/talk.ts'
import type { RunSource } from '#engine/runtime/record.ts'

import type { FollowRequest } from './feed.ts'
import { isText } from './param.ts'
import type { StartRequest } from '#engine/host/owner.ts'

/** The run that is meant. */
export function askedRun({ run }: JsonObject): RunId {
  if (typeof run !== 'string' || !isRunId(run)) throw refused('run', 'the id of a run')
  return run
}

/** Why a run is cancelled; empty where nobody says. */
export function askedReason({ reason = '' }: JsonObject): string {
  if (!isText(reason)) throw refused('reason', 'a text')
  return reason
}

export function askedStart(asked: JsonObject): StartRequest {
  const { plan, input, event, blobs } = asked
  if (typeof plan !== 'string' || !isDigest(plan)) throw refused('plan', 'a digest')
  if (input === undefined) throw refused('input', 'a value')
  if (!Array.isArray(blobs) || blobs.length > limits.linkBlobsMax)
    throw refused('blobs', `a list of at most ${limits.linkBlobsMax} texts`)
  return {
    run: askedRun(asked),
    plan,
    input,
    ...(event === undefined ? {} : { event }),
    source: sourceOf(asked['source'] ?? {}),
    blobs: blobs.map(bytesOf),
    ...(asked['isFresh'] === true ? { isFresh: true } : {}),
  }
}

/** An event that somebody tells. */
export function askedEvent({ subject, data, id, key }: JsonObject): Published {
  if (!isText(subject)) throw refused('subject', 'a text')
  if (data === undefined) throw refused('data', 'a value')
  if (!isText(id)) throw refused('id', 'a text')
  if (key !== undefined && !isText(key)) throw refused('key', 'a text')
  return { subject, data, id, ...(key === undefined ? {} : { key }) }
}

export function askedFollow(asked: JsonObject): Pick<FollowRequest, 'run' | 'seen' | 'until'> {
  const { seen, until } = asked
  if (typeof seen !== 'number' || !Number.isSafeInteger(seen) || seen < 0)
    throw refused('seen', 'a number of records')
  if (until !== 'ended' && until !== 'parked') throw refused('until', '"ended" or "parked"')
  return { run: askedRun(asked), seen, until }
}

function sourceOf(source: Json): RunSource {
  if (!isObject(source)) throw refused('source', 'a map')
  const { repository, commit, mirror, isWorkingTree } = source
  if (repository !== undefined && !isText(repository)) throw refused('source.repository', 'a text')
  if (commit !== undefined && !isText(commit)) throw refused('source.commit', 'a text')
  if (mirror !== undefined && !isText(mirror)) throw refused('source.mirror', 'a text')
  if (isWorkingTree !== undefined && typeof isWorkingTree !== 'boolean')
    throw refused('source.isWorkingTree', 'true or false')
  return {
    ...(repository === undefined ? {} : { repository }),
    ...(commit === undefined ? {} : { commit }),
    ...(mirror === undefined ? {} : { mirror }),
    ...(isWorkingTree === undefined ? {} : { isWorkingTree }),
  }
}

function bytesOf(blob: Json): Uint8Array {
  const bytes = Buffer.from(typeof blob === 'string' ? blob : '', 'base64')
  // A regular expression would run out of stack on the largest ones.
  if (bytes.toString('base64') !== blob) throw refused('blobs', 'a list of texts in base64')
  return bytes
}

function refused(param: string, wanted: string): IonError {
  const message = `The running ionflux was asked with a "${param}" that is not ${wanted}.`
  return new IonError('CLI_USAGE', message, { data: { param } })
}
