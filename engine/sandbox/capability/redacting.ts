/**
 * A caller that lets no value of a flow's secrets into logs, failures or outputs.
 *
 * The answers of requests are clean already; this is for what came another way: a token
 * that an API hands out again, or that somebody wrote into an input.
 */
import type { Failure } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import type { Redactor } from '#engine/connection/redact.ts'
import type { Caller, CallRequest, CallResult } from '#engine/runtime/ports.ts'

/** Finds what takes the values of secrets out of texts. */
export type FindRedactor = (names: readonly string[]) => Promise<Redactor | undefined>

/** Wraps `caller`; a flow without secrets passes through untouched. */
export function redacting(caller: Caller, find: FindRedactor): Caller {
  return {
    call: (request) => {
      const { secrets = [] } = request.permissions
      return secrets.length === 0 ? caller.call(request) : callClean(caller, find, request)
    },
  }
}

async function callClean(
  caller: Caller,
  find: FindRedactor,
  request: CallRequest,
): Promise<CallResult> {
  const { secrets: names = [] } = request.permissions
  let redactor = await find(names)
  const { run, flow, path, attempt, key, action, input, source, permissions, signal } = request
  const { secrets = [] } = request
  const result = await caller.call({
    run,
    flow,
    path,
    attempt,
    key,
    action,
    input,
    source,
    permissions,
    secrets,
    signal,
    log: (line) =>
      request.log(redactor === undefined ? line : { ...line, text: redactor.text(line.text) }),
  })
  redactor = await find(names)
  if (redactor === undefined) return result
  const { replies } = result
  const clean =
    replies === undefined
      ? result
      : { ...result, replies: redactor.json(replies as unknown as Json) as unknown as Replies }
  if (clean.ok) return { ...clean, output: redactor.json(clean.output) }
  return { ...clean, error: cleanFailure(clean.error, redactor) }
}

type Replies = NonNullable<CallResult['replies']>

function cleanFailure({ code, message, data }: Failure, redactor: Redactor): Failure {
  return {
    code: redactor.text(code) === code ? code : 'redacted',
    message: redactor.text(message),
    ...(data === undefined ? {} : { data: redactor.json(data) }),
  }
}
